"""elbv2: target groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import resources
from mockcloud.cloud.aws.elbv2 import arns, rendering
from mockcloud.cloud.aws.elbv2.balancers import BAD_MARKER, PAGE, read_attributes
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.paging import PageWish, by_number, page
from mockcloud.cloud.aws.tagging import read_tags
from mockcloud.cloud.core.elastic import groups
from mockcloud.cloud.core.elastic.attributes import group_attributes
from mockcloud.cloud.core.elastic.groups import CheckWish, NewGroup
from mockcloud.cloud.core.elastic.lookup import groups_of, users_by_group
from mockcloud.cloud.core.elastic_values import TRAFFIC_PORT, Protocol, TargetGroup, TargetType
from mockcloud.cloud.core.numbers import number_within
from mockcloud.cloud.core.values import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]
_PROTOCOLS: Final = {each.upper(): each for each in Protocol}
_TYPES: Final = tuple(TargetType)


def create(cloud: CloudService, wanted: Shape) -> Shape:
    """CreateTargetGroup."""
    for name, what in (("Protocol", "A protocol"), ("Port", "A port"), ("VpcId", "A VPC ID")):
        if wanted.get(name) is None:
            raise AwsError("ValidationError", f"{what} must be specified")
    kind = wanted.get("TargetType", TargetType.INSTANCE)
    if kind not in _TYPES:
        raise AwsError("InvalidConfigurationRequest", f"this cloud has no target groups of type '{kind}'")
    vpc = resources.find_vpc(cloud.state, wanted["VpcId"])
    if vpc is None:
        raise AwsError("ValidationError", f"The VPC ID '{wanted['VpcId']}' is not found")
    made = NewGroup(
        wanted["Name"],
        read_protocol(wanted["Protocol"]),
        wanted["Port"],
        vpc.id,
        TargetType(kind),
        _check(wanted),
        wanted.get("ProtocolVersion", ""),
        read_tags(wanted.get("Tags", [])),
    )
    found = cloud.run(lambda draft: groups.create(draft, made, cloud.catalogue))
    return {"TargetGroups": _rendered(cloud, [found])}


def describe(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeTargetGroups."""
    found = _chosen(cloud, wanted)
    wish = PageWish(wanted.get("PageSize", PAGE), wanted.get("Marker"), BAD_MARKER)
    rows, marker = page(found, lambda each: by_number(each.id), wish)
    return {"TargetGroups": _rendered(cloud, rows), "NextMarker": marker}


def modify(cloud: CloudService, wanted: Shape) -> Shape:
    """ModifyTargetGroup."""
    found = arns.group_of(cloud.state, wanted["TargetGroupArn"])
    wish = _check(wanted)
    changed = cloud.run(lambda draft: groups.modify_check(draft, found, wish))
    return {"TargetGroups": _rendered(cloud, [changed])}


def delete(cloud: CloudService, wanted: Shape) -> Shape:
    """DeleteTargetGroup; one that is not there is gone already."""
    text = wanted["TargetGroupArn"]
    try:
        found = arns.group_of(cloud.state, text)
    except AwsError as error:
        if error.code == "TargetGroupNotFound":
            return {}
        raise
    if found.id in users_by_group(cloud.state):
        message = f"Target group '{text}' is currently in use by a listener or a rule"
        raise AwsError("ResourceInUse", message)
    cloud.run(lambda draft: groups.delete(draft, found))
    return {}


def describe_attributes(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeTargetGroupAttributes."""
    found = arns.group_of(cloud.state, wanted["TargetGroupArn"])
    return rendering.attributes(group_attributes(found))


def modify_attributes(cloud: CloudService, wanted: Shape) -> Shape:
    """ModifyTargetGroupAttributes."""
    found = arns.group_of(cloud.state, wanted["TargetGroupArn"])
    given = read_attributes(wanted)
    changed = cloud.run(lambda draft: groups.change_attributes(draft, found, given))
    return rendering.attributes(group_attributes(changed))


def read_protocol(text: str) -> Protocol:
    """AwsError UnsupportedProtocol for those that only other balancers have (GENEVE, QUIC)."""
    found = _PROTOCOLS.get(text)
    if found is None:
        known = ", ".join(_PROTOCOLS)
        raise AwsError("UnsupportedProtocol", f"this cloud has no protocol '{text}': there are {known}")
    return found


def _chosen(cloud: CloudService, wanted: Shape) -> Sequence[TargetGroup]:
    owner, texts, names = (wanted.get(each) for each in ("LoadBalancerArn", "TargetGroupArns", "Names"))
    if sum(map(bool, (owner, texts, names))) > 1:
        message = "Target group names, target group ARNs and a load balancer ARN exclude each other"
        raise AwsError("ValidationError", message)
    if owner:
        return groups_of(cloud.state, arns.balancer_of(cloud.state, owner).id)
    found = cloud.state.all(TargetGroup)
    if texts:
        try:
            chosen = {arns.group_of(cloud.state, text).id for text in texts}
        except AwsError as error:
            if error.code == "TargetGroupNotFound":
                raise _some_not_found() from error
            raise
        return [each for each in found if each.id in chosen]
    if names:
        if set(names) - {each.name for each in found}:
            raise _some_not_found()
        return [each for each in found if each.name in names]
    return found


def _some_not_found() -> AwsError:
    return AwsError("TargetGroupNotFound", "One or more target groups not found")


def _rendered(cloud: CloudService, found: Sequence[TargetGroup]) -> list[Shape]:
    users = users_by_group(cloud.state)
    return [
        rendering.group(each, [cloud.state.get(Balancer, number) for number in users.get(each.id, ())])
        for each in found
    ]


def _check(wanted: Shape) -> CheckWish:
    if wanted.get("HealthCheckEnabled") is False:
        message = "Health check enabled must be true for target groups with target type 'instance' or 'ip'"
        raise AwsError("InvalidConfigurationRequest", message)
    protocol = wanted.get("HealthCheckProtocol")
    matcher = wanted.get("Matcher", {})
    if "GrpcCode" in matcher:
        raise AwsError("InvalidConfigurationRequest", "this cloud's target groups do not speak gRPC")
    return CheckWish(
        read_protocol(protocol) if protocol is not None else None,
        _port(wanted.get("HealthCheckPort")),
        wanted.get("HealthCheckIntervalSeconds"),
        wanted.get("HealthCheckTimeoutSeconds"),
        wanted.get("HealthyThresholdCount"),
        wanted.get("UnhealthyThresholdCount"),
        wanted.get("HealthCheckPath"),
        matcher.get("HttpCode"),
    )


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if text == "traffic-port":
        return TRAFFIC_PORT
    number = number_within(text, 1, 65_535)
    if number is None:
        message = f"Health check port '{text}' must be 'traffic-port' or a number from 1 to 65535"
        raise AwsError("ValidationError", message)
    return number
