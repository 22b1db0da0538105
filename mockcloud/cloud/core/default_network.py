"""The network where instances go whose network nobody names: a subnet in each zone, and a default group."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core import networks, security_groups
from mockcloud.cloud.core.networks import NewNetwork
from mockcloud.cloud.core.values import Network, Subnet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft, State

NAME: Final = "default"
RANGE: Final = IPv4Network("172.31.0.0/16")  # as AWS has it: a /20 for each zone


def find(state: State) -> Network | None:
    """The one that there is."""
    return next((each for each in state.all(Network) if each.is_default), None)


def ensure(draft: Draft, catalogue: Catalogue, area: str) -> Network:
    """The one that there is, or a new one for the zones of an area."""
    found = find(draft.state)
    if found is not None:
        return found
    ranges = RANGE.subnets(new_prefix=20)
    zones = [each.name for each in catalogue.zones if each.area == area]
    name = NAME if draft.state.named(Network, NAME) is None else f"{NAME}-vpc"
    return create(draft, NewNetwork(name, RANGE), dict(zip(zones, ranges, strict=False)), catalogue)


def create(
    draft: Draft, wanted: NewNetwork, zones: Mapping[str, IPv4Network], catalogue: Catalogue
) -> Network:
    """It, with a subnet in each zone and its default group; Refusal as of any network."""
    subnets = tuple(
        Subnet(whole, catalogue.zone(zone).area, zone=catalogue.zone(zone).name)
        for zone, whole in zones.items()
    )
    made = networks.create(draft, replace(wanted, subnets=(*wanted.subnets, *subnets)), catalogue)
    security_groups.create_default(draft, made.id, catalogue)
    return draft.put(replace(made, is_default=True))
