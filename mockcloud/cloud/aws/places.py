"""Where balancers go: subnets, their zones, and security groups, by AWS' ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.cloud.aws import account, ids, resources
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.elastic.balancers import PlaceWish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.elastic_values import Place
    from mockcloud.cloud.service import CloudService


def place_in(cloud: CloudService, subnet: str) -> PlaceWish:
    """A subnet by its id; AwsError SubnetNotFound."""
    found = resources.find_subnet(cloud.state, subnet)
    if found is None:
        raise AwsError("SubnetNotFound", f"The subnet ID '{subnet}' does not exist")
    network, part = found
    zone = part.zone or cloud.catalogue.first_zone_in(part.area).name
    return PlaceWish(zone, network.id, part.range)


def security_groups(cloud: CloudService, wanted: Sequence[str]) -> list[int]:
    """By their ids; AwsError InvalidSecurityGroup."""
    found = []
    for text in wanted:
        group = resources.find_group(cloud.state, text)
        if group is None:
            raise AwsError("InvalidSecurityGroup", f"The security group ID '{text}' does not exist")
        found.append(group.id)
    return found


def zone_name(cloud: CloudService, place: Place) -> str:
    """AWS' name of a zone, the core's where it is another region's."""
    return account.zone_name(cloud.catalogue, place.zone) or place.zone


def subnet_id(place: Place) -> str:
    """Of the subnet in which a balancer is."""
    return resources.subnet_id(place.network, place.subnet)


def core_name(catalogue: Catalogue, text: str) -> str:
    """The core's name of a zone that AWS calls so, or its number of an instance; all else as it is."""
    zone, number = account.zones(catalogue).get(text), ids.number("i", text)
    if zone is not None:
        return zone.name
    return text if number is None else str(number)
