"""Regions, zones, VPCs and subnets."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import ids, resources
from mockcloud.cloud.aws.account import ACCOUNT, AREA, arn, zone_id, zones
from mockcloud.cloud.aws.ec2 import lookup
from mockcloud.cloud.aws.ec2.listing import chosen, listed, tags
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core import networks
from mockcloud.cloud.core.values import Network
from mockcloud.cloud.environment import REGION

if TYPE_CHECKING:
    from mockcloud.cloud.core.values import Subnet
    from mockcloud.cloud.service import CloudService

Row = dict[str, Any]
_REGION_FIELDS: Final = {
    "endpoint": "Endpoint",
    "opt-in-status": "OptInStatus",
    "region-name": "RegionName",
}
_ZONE_FIELDS: Final = {
    "group-name": "GroupName",
    "opt-in-status": "OptInStatus",
    "region-name": "RegionName",
    "state": "State",
    "zone-id": "ZoneId",
    "zone-name": "ZoneName",
    "zone-type": "ZoneType",
}
_VPC_FIELDS: Final = {
    "cidr": "CidrBlock",
    "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock",
    "dhcp-options-id": "DhcpOptionsId",
    "is-default": "IsDefault",
    "isDefault": "IsDefault",
    "owner-id": "OwnerId",
    "state": "State",
    "vpc-id": "VpcId",
}
_SUBNET_FIELDS: Final = {
    "availability-zone": "AvailabilityZone",
    "availability-zone-id": "AvailabilityZoneId",
    "available-ip-address-count": "AvailableIpAddressCount",
    "cidr": "CidrBlock",
    "cidr-block": "CidrBlock",
    "default-for-az": "DefaultForAz",
    "map-public-ip-on-launch": "MapPublicIpOnLaunch",
    "owner-id": "OwnerId",
    "state": "State",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}


def describe_regions(_cloud: CloudService, wanted: Row) -> Row:
    """DescribeRegions: the one."""
    row = {
        "RegionName": REGION,
        "Endpoint": f"ec2.{REGION}.amazonaws.com",
        "OptInStatus": "opt-in-not-required",
    }
    for name in wanted.get("RegionNames", ()):
        if name != REGION:
            raise AwsError(
                "InvalidParameterValue", f"Invalid region provided: {name}. This cloud has {REGION}"
            )
    return {"Regions": chosen(wanted, [row], _REGION_FIELDS)}


def describe_zones(cloud: CloudService, wanted: Row) -> Row:
    """DescribeAvailabilityZones."""
    rows = {
        name: {
            "State": "available",
            "OptInStatus": "opt-in-not-required",
            "Messages": [],
            "RegionName": REGION,
            "ZoneName": name,
            "ZoneId": zone_id(name),
            "GroupName": f"{REGION}-zg-1",
            "NetworkBorderGroup": REGION,
            "ZoneType": "availability-zone",
        }
        for name in zones(cloud.catalogue)
    }
    by_id = {row["ZoneId"]: row for row in rows.values()}
    for known, asked in ((rows, "ZoneNames"), (by_id, "ZoneIds")):
        for name in wanted.get(asked, ()):
            if name not in known:
                said = f"Invalid availability zone: [{name}]. This cloud has {', '.join(map(str, known))}"
                raise AwsError("InvalidParameterValue", said)
    names, numbers = wanted.get("ZoneNames", rows), wanted.get("ZoneIds", by_id)
    found = [row for name, row in rows.items() if name in names and row["ZoneId"] in numbers]
    return {"AvailabilityZones": chosen(wanted, found, _ZONE_FIELDS)}


def here(cloud: CloudService) -> list[Network]:
    """The networks of this region: those without subnets, or with one that is here."""
    return [
        each
        for each in cloud.state.all(Network)
        if not each.subnets or any(part.area == AREA for part in each.subnets)
    ]


def describe_vpcs(cloud: CloudService, wanted: Row) -> Row:
    """DescribeVpcs."""
    found = here(cloud)
    if "VpcIds" in wanted:
        found = [lookup.vpc(cloud.state, text) for text in wanted["VpcIds"]]
    return listed(wanted, "Vpcs", chosen(wanted, [_vpc(each) for each in found], _VPC_FIELDS))


def _vpc(each: Network) -> Row:
    block = {
        "AssociationId": ids.make("vpc-cidr-assoc", each.id),
        "CidrBlock": str(each.range),
        "CidrBlockState": {"State": "associated"},
    }
    return {
        "VpcId": resources.vpc_id(each.id),
        "OwnerId": ACCOUNT,
        "State": "available",
        "CidrBlock": str(each.range),
        "CidrBlockAssociationSet": [block],
        "Ipv6CidrBlockAssociationSet": [],
        "DhcpOptionsId": ids.make("dopt", 1),
        "InstanceTenancy": "default",
        "IsDefault": each.is_default,
        "Tags": tags(each.labels),
    }


def describe_subnets(cloud: CloudService, wanted: Row) -> Row:
    """DescribeSubnets."""
    found = [(network, part) for network in here(cloud) for part in network.subnets if part.area == AREA]
    if "SubnetIds" in wanted:
        found = [lookup.subnet(cloud.state, text) for text in wanted["SubnetIds"]]
    owners = {network.id for network, _ in found}
    taken = {number: sorted(map(int, networks.used(cloud.state, number))) for number in owners}
    rows = [_subnet(cloud, network, part, taken[network.id]) for network, part in found]
    return listed(wanted, "Subnets", chosen(wanted, rows, _SUBNET_FIELDS))


def _subnet(cloud: CloudService, network: Network, part: Subnet, used: list[int]) -> Row:
    number = resources.subnet_id(network.id, part.range)
    known = zones(cloud.catalogue)
    zone = next((name for name, each in known.items() if each.name == part.zone), next(iter(known)))
    first, last = int(part.range.network_address), int(part.range.broadcast_address)
    taken = bisect_right(used, last) - bisect_left(used, first)
    return {
        "SubnetId": number,
        "SubnetArn": arn("ec2", f"subnet/{number}"),
        "VpcId": resources.vpc_id(network.id),
        "OwnerId": ACCOUNT,
        "State": "available",
        "CidrBlock": str(part.range),
        "AvailabilityZone": zone,
        "AvailabilityZoneId": zone_id(zone),
        "AvailableIpAddressCount": part.range.num_addresses - 2 - len(networks.reserved(part)) - taken,
        "DefaultForAz": network.is_default,
        "MapPublicIpOnLaunch": network.is_default,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": [],
        "EnableDns64": False,
        "Ipv6Native": False,
        "Tags": tags(part.labels),
    }
