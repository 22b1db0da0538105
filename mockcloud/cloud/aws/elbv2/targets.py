"""elbv2: targets, and their health."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from mockcloud.cloud.aws import account, resources
from mockcloud.cloud.aws.elbv2 import arns
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.elastic import members
from mockcloud.cloud.core.elastic.groups import check_port
from mockcloud.cloud.core.elastic.health import NOT_REGISTERED, address_of, target_health
from mockcloud.cloud.core.elastic.members import MemberWish
from mockcloud.cloud.core.elastic_values import Member, TargetGroup, TargetType
from mockcloud.cloud.core.health import Health
from mockcloud.cloud.core.values import Network

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from mockcloud.cloud.core.elastic.health import TargetHealth
    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]
_NO_OVERRIDE = {
    "State": "no_override",
    "Reason": "AdministrativeOverride.NoOverride",
    "Description": "No override is currently active on target",
}


def register(cloud: CloudService, wanted: Shape) -> Shape:
    """RegisterTargets."""
    group = arns.group_of(cloud.state, wanted["TargetGroupArn"])
    wishes = [_wish(cloud, group, each) for each in wanted["Targets"]]
    cloud.run(lambda draft: members.register(draft, group, wishes, cloud.catalogue))
    return {}


def deregister(cloud: CloudService, wanted: Shape) -> Shape:
    """DeregisterTargets; instances that are gone are in no group any more."""
    group = arns.group_of(cloud.state, wanted["TargetGroupArn"])
    wishes = []
    for each in wanted["Targets"]:
        who = _who(cloud, group, each["Id"])
        if who is not None:
            wishes.append(MemberWish(who, each.get("Port")))
    cloud.run(lambda draft: members.deregister(draft, group, wishes))
    return {}


def describe_health(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeTargetHealth: of all, or of some, who may not be registered."""
    group = arns.group_of(cloud.state, wanted["TargetGroupArn"])
    there = {each.gist: each for each in group.present(cloud.clock.now())}
    asked = wanted.get("Targets")
    if not asked:
        shown = [_described(cloud, group, each) for each in there.values()]
        return {"TargetHealthDescriptions": shown}
    shown = []
    for each in asked:
        who = _who(cloud, group, each["Id"])
        if who is None:
            raise _invalid_instance(each["Id"])
        member = Member(
            who if isinstance(who, int) else None,
            None if isinstance(who, int) else who,
            each.get("Port") or group.port,
            0.0,
        )
        found = there.get(member.gist)
        shown.append(
            _described(cloud, group, found)
            if found is not None
            else _shape(cloud, group, member, NOT_REGISTERED)
        )
    return {"TargetHealthDescriptions": shown}


def _described(cloud: CloudService, group: TargetGroup, member: Member) -> Shape:
    ip = address_of(cloud.state, group, member)
    known = cloud.group_health(group.id, ip, member.port) if ip is not None else Health()
    return _shape(cloud, group, member, target_health(cloud.state, group, member, known, cloud.clock.now()))


def _shape(cloud: CloudService, group: TargetGroup, member: Member, health: TargetHealth) -> Shape:
    named = resources.instance_id(member.instance) if member.instance is not None else str(member.ip)
    zone = None
    if member.instance is None:
        zone = (account.zone_name(cloud.catalogue, member.zone) or member.zone) if member.zone else "all"
    return {
        "Target": {"Id": named, "Port": member.port, "AvailabilityZone": zone},
        "HealthCheckPort": str(check_port(group, member.port)),
        "TargetHealth": {
            "State": health.state.value,
            "Reason": health.reason.value if health.reason is not None else None,
            "Description": health.description or None,
        },
        "AdministrativeOverride": _NO_OVERRIDE,
    }


def _wish(cloud: CloudService, group: TargetGroup, target: Shape) -> MemberWish:
    who = _who(cloud, group, target["Id"])
    if who is None:
        raise _invalid_instance(target["Id"])
    if isinstance(who, int):
        return MemberWish(who, target.get("Port"))
    return MemberWish(who, target.get("Port"), _zone(cloud, group, who, target.get("AvailabilityZone")))


def _who(cloud: CloudService, group: TargetGroup, text: str) -> int | IPv4Address | IPv6Address | None:
    """An instance's id in the core, or an address; None: no such instance."""
    if group.target_type is TargetType.INSTANCE:
        found = resources.find_instance(cloud.state, text)
        return found.id if found is not None else None
    try:
        return ip_address(text)
    except ValueError as error:
        raise AwsError("ValidationError", f"The IP address '{text}' is not a valid IP address") from error


def _zone(cloud: CloudService, group: TargetGroup, ip: IPv4Address | IPv6Address, asked: str | None) -> str:
    """The core's; empty: all. In the VPC it is the subnet's; outside somebody has to say."""
    network = cloud.state.get(Network, group.network)
    if ip.version == 4 and ip in network.range:
        part = resources.subnet_at(network, ip)
        return part.zone if part is not None else ""
    if asked is None:
        message = f"The IP address '{ip}' is outside of the VPC: an Availability Zone must be specified"
        raise AwsError("ValidationError", message)
    if asked == "all":
        return ""
    zone = account.zones(cloud.catalogue).get(asked)
    if zone is None:
        raise AwsError("ValidationError", f"The Availability Zone '{asked}' is not valid")
    return zone.name


def _invalid_instance(text: str) -> AwsError:
    return AwsError("InvalidTarget", f"The following targets are not valid instances: '{text}'")
