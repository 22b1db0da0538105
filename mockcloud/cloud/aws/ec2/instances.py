"""Instances: shown, started, stopped, ended, changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import ids
from mockcloud.cloud.aws.account import zone_id
from mockcloud.cloud.aws.ec2 import lookup
from mockcloud.cloud.aws.ec2.instance_view import Sight, reservations, shown_state, state_of
from mockcloud.cloud.aws.ec2.instance_view import instance as shown
from mockcloud.cloud.aws.ec2.listing import chosen, listed
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.resources import instance_id
from mockcloud.cloud.core import instances
from mockcloud.cloud.core.values import Instance, Terminated

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.service import CloudService

Row = dict[str, Any]
FIELDS: Final = {
    "architecture": "Architecture",
    "availability-zone": "Placement.AvailabilityZone",
    "client-token": "ClientToken",
    "dns-name": "PublicDnsName",
    "image-id": "ImageId",
    "instance-id": "InstanceId",
    "instance-state-code": "State.Code",
    "instance-state-name": "State.Name",
    "instance-type": "InstanceType",
    "instance.group-id": "SecurityGroups.GroupId",
    "instance.group-name": "SecurityGroups.GroupName",
    "ip-address": "PublicIpAddress",
    "network-interface.addresses.private-ip-address": "NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress",
    "network-interface.network-interface-id": "NetworkInterfaces.NetworkInterfaceId",
    "network-interface.subnet-id": "NetworkInterfaces.SubnetId",
    "network-interface.vpc-id": "NetworkInterfaces.VpcId",
    "private-dns-name": "PrivateDnsName",
    "private-ip-address": "PrivateIpAddress",
    "reservation-id": "ReservationId",
    "source-dest-check": "SourceDestCheck",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}
_STATUS_FIELDS: Final = {
    "availability-zone": "AvailabilityZone",
    "instance-state-code": "InstanceState.Code",
    "instance-state-name": "InstanceState.Name",
    "instance-status.status": "InstanceStatus.Status",
    "system-status.status": "SystemStatus.Status",
}
_TOPOLOGY_FIELDS: Final = {
    "availability-zone": "AvailabilityZone",
    "instance-type": "InstanceType",
    "zone-id": "ZoneId",
}


def _asked_for(cloud: CloudService, wanted: Row) -> list[Instance | Terminated]:
    """Those that are named, or all; ids and pages do not go together."""
    if "InstanceIds" not in wanted:
        return [*lookup.present(cloud), *lookup.remembered(cloud)]
    if "MaxResults" in wanted:
        said = "The parameter instancesSet cannot be used with the parameter maxResults"
        raise AwsError("InvalidParameterCombination", said)
    return lookup.instances(cloud, wanted["InstanceIds"])


def describe(cloud: CloudService, wanted: Row) -> Row:
    """DescribeInstances."""
    sight = Sight(cloud)
    rows = [shown(sight, each) for each in _asked_for(cloud, wanted)]
    return listed(wanted, "Reservations", reservations(chosen(wanted, rows, FIELDS)))


def describe_status(cloud: CloudService, wanted: Row) -> Row:
    """DescribeInstanceStatus: of those that run, or of all."""
    sight = Sight(cloud)
    rows = [_status(sight, each) for each in _asked_for(cloud, wanted)]
    if not wanted.get("IncludeAllInstances"):
        rows = [each for each in rows if each["InstanceState"]["Name"] == "running"]
    return listed(wanted, "InstanceStatuses", chosen(wanted, rows, _STATUS_FIELDS))


def _status(sight: Sight, each: Instance | Terminated) -> Row:
    row = shown(sight, each)
    runs = row["State"]["Name"] == "running"
    status: Row = {"Status": "ok" if runs else "not-applicable", "Details": []}
    if runs:
        status["Details"] = [{"Name": "reachability", "Status": "passed"}]
    return {
        "InstanceId": row["InstanceId"],
        "AvailabilityZone": row["Placement"]["AvailabilityZone"],
        "InstanceState": row["State"],
        "InstanceStatus": status,
        "SystemStatus": status,
        "Events": [],
    }


def describe_topology(cloud: CloudService, wanted: Row) -> Row:
    """DescribeInstanceTopology: of those that run. Made up: a region, its zones, two nodes in each."""
    there = [
        each
        for each in _asked_for(cloud, wanted)
        if isinstance(each, Instance) and state_of(cloud, each) == "running"
    ]
    sight = Sight(cloud)
    rows = [_topology(sight, each) for each in there]
    return listed(wanted, "Instances", chosen(wanted, rows, _TOPOLOGY_FIELDS))


def _topology(sight: Sight, each: Instance) -> Row:
    row = shown(sight, each)
    zone = row["Placement"]["AvailabilityZone"]
    nodes = [ids.derived("nn", zone[:-1]), ids.derived("nn", zone), ids.derived("nn", zone, each.id % 2)]
    return {
        "InstanceId": row["InstanceId"],
        "InstanceType": row["InstanceType"],
        "AvailabilityZone": zone,
        "ZoneId": zone_id(zone),
        "NetworkNodes": nodes,
    }


def _order(
    cloud: CloudService, wanted: Row, does: Callable[[Draft, Instance], object], leads: tuple[str, str]
) -> list[Row]:
    """An order to each of some, or to none. `leads`: the states that they are in then, and after it."""
    found = lookup.instances(cloud, wanted["InstanceIds"])
    before = {each.id: state_of(cloud, each) for each in found}
    to_do = [each for each in found if isinstance(each, Instance) and before[each.id] not in leads]

    def command(draft: Draft) -> None:
        for each in to_do:
            does(draft, each)

    cloud.run(command)
    ordered = {each.id for each in to_do}
    return [
        {
            "InstanceId": instance_id(each.id),
            "CurrentState": shown_state(leads[0] if each.id in ordered else before[each.id]),
            "PreviousState": shown_state(before[each.id]),
        }
        for each in found
    ]


def _refuse_the_gone(cloud: CloudService, wanted: Row, verb: str) -> None:
    for each in lookup.instances(cloud, wanted["InstanceIds"]):
        if isinstance(each, Terminated):
            said = f"is not in a state from which it can be {verb}"
            raise AwsError("IncorrectInstanceState", f"The instance '{instance_id(each.id)}' {said}.")


def start(cloud: CloudService, wanted: Row) -> Row:
    """StartInstances."""
    _refuse_the_gone(cloud, wanted, "started")
    leads = ("pending", "running")
    return {"StartingInstances": _order(cloud, wanted, _ordering("start_server"), leads)}


def stop(cloud: CloudService, wanted: Row) -> Row:
    """StopInstances."""
    _refuse_the_gone(cloud, wanted, "stopped")
    command = "stop_server" if wanted.get("Force") else "shutdown_server"
    return {"StoppingInstances": _order(cloud, wanted, _ordering(command), ("stopping", "stopped"))}


def reboot(cloud: CloudService, wanted: Row) -> Row:
    """RebootInstances; it runs all the time, as EC2 shows it."""
    _refuse_the_gone(cloud, wanted, "rebooted")
    for each in lookup.instances(cloud, wanted["InstanceIds"]):
        if state_of(cloud, each) != "running":
            said = "is not in a state from which it can be rebooted"
            raise AwsError("IncorrectInstanceState", f"The instance '{instance_id(each.id)}' {said}.")
    _order(cloud, wanted, _ordering("reboot_server"), ("pending", ""))
    return {}


def terminate(cloud: CloudService, wanted: Row) -> Row:
    """TerminateInstances. Of what has ended already nothing is said but that."""
    for each in lookup.instances(cloud, wanted["InstanceIds"]):
        if isinstance(each, Instance) and each.protected:
            said = (
                f"The instance '{instance_id(each.id)}' may not be terminated. Modify its "
                "'disableApiTermination' instance attribute and try again."
            )
            raise AwsError("OperationNotPermitted", said)
    leads = ("shutting-down", "terminated")
    return {"TerminatingInstances": _order(cloud, wanted, instances.delete, leads)}


def _ordering(command: str) -> Callable[[Draft, Instance], object]:
    return lambda draft, each: instances.order(draft, each, command)


def modify_attribute(cloud: CloudService, wanted: Row) -> Row:
    """ModifyInstanceAttribute: whether it checks addresses, its groups, whether it may be ended."""
    each = lookup.instance(cloud, wanted["InstanceId"])
    changes: Row = {}
    for name, field in (("SourceDestCheck", "checks_source"), ("DisableApiTermination", "protected")):
        if "Value" in wanted.get(name, {}):
            changes[field] = wanted[name]["Value"]
        elif wanted.get("Attribute", "").lower() == name.lower():
            changes[field] = wanted.get("Value") == "true"
    if "Groups" in wanted:
        found = [lookup.security_group(cloud.state, text) for text in wanted["Groups"]]
        changes["security_groups"] = tuple(group.id for group in found)
    if not changes:
        said = "this cloud changes sourceDestCheck, disableApiTermination and groups of an instance only"
        raise AwsError("UnsupportedOperation", said)
    cloud.run(lambda draft: draft.put(replace(each, **changes)))
    return {}
