"""Network interfaces: of instances, and those by which balancers are in their subnets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import ids, resources
from mockcloud.cloud.aws.account import ACCOUNT
from mockcloud.cloud.aws.ec2 import lookup
from mockcloud.cloud.aws.ec2.instance_view import Sight, association, mac, private_name, shown_groups
from mockcloud.cloud.aws.ec2.instance_view import interface as instance_interface
from mockcloud.cloud.aws.ec2.listing import chosen, listed
from mockcloud.cloud.aws.wire.writing import moment
from mockcloud.cloud.core.elastic.names import hexadecimal
from mockcloud.cloud.core.elastic_values import BalancerKind
from mockcloud.cloud.core.values import Address, Balancer

if TYPE_CHECKING:
    from mockcloud.cloud.core.elastic_values import Place
    from mockcloud.cloud.core.values import Instance
    from mockcloud.cloud.service import CloudService

Row = dict[str, Any]
FIELDS: Final = {
    "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
    "association.public-ip": "Association.PublicIp",
    "attachment.attachment-id": "Attachment.AttachmentId",
    "attachment.device-index": "Attachment.DeviceIndex",
    "attachment.instance-id": "Attachment.InstanceId",
    "attachment.status": "Attachment.Status",
    "availability-zone": "AvailabilityZone",
    "description": "Description",
    "group-id": "Groups.GroupId",
    "group-name": "Groups.GroupName",
    "interface-type": "InterfaceType",
    "mac-address": "MacAddress",
    "network-interface-id": "NetworkInterfaceId",
    "owner-id": "OwnerId",
    "private-dns-name": "PrivateDnsName",
    "private-ip-address": "PrivateIpAddress",
    "requester-id": "RequesterId",
    "requester-managed": "RequesterManaged",
    "source-dest-check": "SourceDestCheck",
    "status": "Status",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}
_OF_BALANCERS: Final = 1 << 31  # instances' ids do not get so far
_TYPES: Final = {BalancerKind.NETWORK: "network_load_balancer"}
_NAMES: Final = {BalancerKind.NETWORK: "net", BalancerKind.APPLICATION: "app"}


def describe(cloud: CloudService, wanted: Row) -> Row:
    """DescribeNetworkInterfaces."""
    sight = Sight(cloud)
    rows = [
        _of_instance(sight, each, index)
        for each in lookup.present(cloud)
        for index in range(len(each.private))
    ]
    rows += [_of_balancer(sight, each, place) for each in cloud.state.all(Balancer) for place in each.places]
    if "NetworkInterfaceIds" in wanted:
        by_id = {each["NetworkInterfaceId"]: each for each in rows}
        rows = [lookup.interface_of(by_id, text) for text in wanted["NetworkInterfaceIds"]]
    return listed(wanted, "NetworkInterfaces", chosen(wanted, rows, FIELDS))


def _of_instance(sight: Sight, each: Instance, index: int) -> Row:
    row = instance_interface(sight, each, index)
    attachment = {
        **row["Attachment"],
        "InstanceId": resources.instance_id(each.id),
        "InstanceOwnerId": ACCOUNT,
    }
    zone = sight.zones.get(each.zone, each.zone)
    return {
        **row,
        "Attachment": attachment,
        "AvailabilityZone": zone,
        "RequesterManaged": False,
        "TagSet": [],
    }


def _of_balancer(sight: Sight, each: Balancer, place: Place) -> Row:
    number = ids.pair(_OF_BALANCERS | each.id, int(place.subnet.network_address))
    public = None if place.address is None else sight.state.find(Address, place.address)
    shown = association(public)
    name = _NAMES.get(each.kind)
    described = each.name if name is None else f"{name}/{each.name}/{hexadecimal(each.id)}"
    return {
        "NetworkInterfaceId": ids.make("eni", number),
        "VpcId": resources.vpc_id(place.network),
        "SubnetId": resources.subnet_id(place.network, place.subnet),
        "AvailabilityZone": sight.zones.get(place.zone, place.zone),
        "OwnerId": ACCOUNT,
        "RequesterId": "amazon-elb",
        "RequesterManaged": True,
        "Status": "in-use",
        "Description": f"ELB {described}",
        "InterfaceType": _TYPES.get(each.kind, "interface"),
        "MacAddress": mac(place.ip),
        "PrivateIpAddress": str(place.ip),
        "PrivateDnsName": private_name(place.ip),
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": str(place.ip), "Association": shown}],
        "Ipv6Addresses": [],
        "SourceDestCheck": each.kind is not BalancerKind.NETWORK,
        "Groups": shown_groups(sight, each.security_groups),
        "Association": shown,
        "Attachment": {
            "AttachmentId": ids.make("ela-attach", number),
            "AttachTime": moment(each.created),
            "DeleteOnTermination": False,
            "DeviceIndex": 1,
            "InstanceOwnerId": "amazon-aws",
            "Status": "attached",
        },
        "TagSet": [],
    }
