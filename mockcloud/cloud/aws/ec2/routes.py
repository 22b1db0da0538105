"""Route tables: each VPC has its main one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import ids, resources
from mockcloud.cloud.aws.account import ACCOUNT
from mockcloud.cloud.aws.ec2 import lookup
from mockcloud.cloud.aws.ec2.instance_view import state_of
from mockcloud.cloud.aws.ec2.listing import chosen, listed, tags
from mockcloud.cloud.aws.ec2.networks import here
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core import networks
from mockcloud.cloud.core.values import Instance, Network, Route

if TYPE_CHECKING:
    from mockcloud.cloud.service import CloudService

Row = dict[str, Any]
ELSEWHERE: Final = IPv4Network("0.0.0.0/0")
FIELDS: Final = {
    "association.main": "Associations.Main",
    "association.route-table-association-id": "Associations.RouteTableAssociationId",
    "association.route-table-id": "Associations.RouteTableId",
    "association.subnet-id": "Associations.SubnetId",
    "owner-id": "OwnerId",
    "route-table-id": "RouteTableId",
    "route.destination-cidr-block": "Routes.DestinationCidrBlock",
    "route.gateway-id": "Routes.GatewayId",
    "route.instance-id": "Routes.InstanceId",
    "route.origin": "Routes.Origin",
    "route.state": "Routes.State",
    "vpc-id": "VpcId",
}


def table_id(network: int) -> str:
    """Of the main table of a network."""
    return ids.make("rtb", network)


def describe(cloud: CloudService, wanted: Row) -> Row:
    """DescribeRouteTables."""
    found = here(cloud)
    if "RouteTableIds" in wanted:
        found = [lookup.route_table(cloud.state, text) for text in wanted["RouteTableIds"]]
    return listed(wanted, "RouteTables", chosen(wanted, [_table(cloud, each) for each in found], FIELDS))


def _table(cloud: CloudService, network: Network) -> Row:
    number = table_id(network.id)
    association = {
        "Main": True,
        "RouteTableAssociationId": ids.make("rtbassoc", network.id),
        "RouteTableId": number,
        "AssociationState": {"State": "associated"},
    }
    own = {"State": "active", "Origin": "CreateRouteTable"}
    return {
        "RouteTableId": number,
        "VpcId": resources.vpc_id(network.id),
        "OwnerId": ACCOUNT,
        "Associations": [association],
        "PropagatingVgws": [],
        "Routes": [
            {"DestinationCidrBlock": str(network.range), "GatewayId": "local", **own},
            *(_route(cloud, network, each) for each in network.routes),
            {"DestinationCidrBlock": str(ELSEWHERE), "GatewayId": ids.make("igw", network.id), **own},
        ],
        "Tags": tags(network.route_table_labels),
    }


def _route(cloud: CloudService, network: Network, route: Route) -> Row:
    """To an instance; to nobody any more: a black hole."""
    row = {"DestinationCidrBlock": str(route.destination), "Origin": "CreateRoute", "State": "blackhole"}
    holder = _at(cloud, network, route.gateway)
    if holder is None:
        return row
    runs = state_of(cloud, holder) == "running"
    return {
        **row,
        "State": "active" if runs else "blackhole",
        "InstanceId": resources.instance_id(holder.id),
        "InstanceOwnerId": ACCOUNT,
        "NetworkInterfaceId": resources.interface_id(holder.id, network.id),
    }


def _at(cloud: CloudService, network: Network, ip: IPv4Address) -> Instance | None:
    return next((each for each in cloud.state.all(Instance) if each.at(network.id) == ip), None)


def create(cloud: CloudService, wanted: Row) -> Row:
    """CreateRoute: to an instance, or to its interface."""
    network = lookup.route_table(cloud.state, wanted["RouteTableId"])
    destination = _destination(wanted)
    taken = {network.range, ELSEWHERE, *(each.destination for each in network.routes)}
    if destination in taken:
        raise AwsError("RouteAlreadyExists", f"The route identified by {destination} already exists.")
    gateway = _gateway(cloud, network, wanted)
    cloud.run(lambda draft: networks.add_route(draft, network, Route(destination, gateway)))
    return {"Return": True}


def delete(cloud: CloudService, wanted: Row) -> Row:
    """DeleteRoute."""
    network = lookup.route_table(cloud.state, wanted["RouteTableId"])
    destination = _destination(wanted)
    if destination in (network.range, ELSEWHERE):
        said = f"cannot remove route {destination} in route table {table_id(network.id)}"
        raise AwsError("InvalidParameterValue", said)
    found = next((each for each in network.routes if each.destination == destination), None)
    if found is None:
        said = f"no route with destination-cidr-block {destination} in route table {table_id(network.id)}"
        raise AwsError("InvalidRoute.NotFound", said)
    cloud.run(lambda draft: networks.delete_route(draft, network, found))
    return {}


def _destination(wanted: Row) -> IPv4Network:
    text = wanted.get("DestinationCidrBlock")
    if text is None:
        if "DestinationIpv6CidrBlock" in wanted or "DestinationPrefixListId" in wanted:
            raise AwsError(
                "UnsupportedOperation", "this cloud routes to IPv4 ranges only: destinationCidrBlock"
            )
        raise AwsError("MissingParameter", "The request must contain the parameter destinationCidrBlock")
    try:
        return IPv4Network(text)
    except ValueError as error:
        said = (
            f"Value ({text}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block."
        )
        raise AwsError("InvalidParameterValue", said) from error


def _gateway(cloud: CloudService, network: Network, wanted: Row) -> IPv4Address:
    if "NetworkInterfaceId" in wanted:
        instance, place = lookup.interface(cloud, wanted["NetworkInterfaceId"])
    elif "InstanceId" in wanted:
        instance, place = lookup.instance(cloud, wanted["InstanceId"]), network
    else:
        said = "this cloud routes to instances and their interfaces only: instanceId or networkInterfaceId"
        raise AwsError("UnsupportedOperation", said)
    ip = instance.at(network.id)
    if ip is None or place.id != network.id:
        said = f"route table {table_id(network.id)} and interface of {resources.instance_id(instance.id)}"
        raise AwsError("InvalidParameterValue", f"{said} belong to different networks")
    return ip
