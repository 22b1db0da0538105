"""AWS' balancers as a whole: in which zones they are, for whom, by which rules; all kinds of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core import addresses, networks
from mockcloud.cloud.core.addresses import NewAddress
from mockcloud.cloud.core.balancers import check_kind
from mockcloud.cloud.core.elastic import attributes
from mockcloud.cloud.core.elastic.tags import check_name, check_tags
from mockcloud.cloud.core.elastic_values import BalancerKind, Place
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.resources import check_room
from mockcloud.cloud.core.values import (
    Address,
    Balancer,
    Family,
    Labels,
    Network,
    ResourceKind,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Address, IPv4Network

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft, State
    from mockcloud.cloud.core.values import Operation

MOST_TAGS: Final = {BalancerKind.NETWORK: 50, BalancerKind.APPLICATION: 50, BalancerKind.CLASSIC: 10}
ELASTIC: Final = tuple(MOST_TAGS)
_FEWEST_ZONES: Final = {BalancerKind.APPLICATION: 2}


@dataclass(frozen=True, slots=True)
class PlaceWish:
    """A zone, by a subnet in it; `ip`: its address there, `address`: the public one (an id); None: any."""

    zone: str
    network: int
    subnet: IPv4Network
    ip: IPv4Address | None = None
    address: int | None = None


@dataclass(frozen=True, slots=True)
class NewElastic:
    """What somebody asks for. `public`: reached from the internet, else from its network only."""

    name: str
    kind: BalancerKind
    places: Sequence[PlaceWish]
    public: bool = True
    security_groups: Sequence[int] = ()
    labels: Labels = field(default_factory=dict)


def create(draft: Draft, wanted: NewElastic, catalogue: Catalogue) -> tuple[Balancer, Operation | None]:
    """A balancer, and the operation that makes it; the one that is like it, and None, where there is one.

    Refusal NOT_UNIQUE (another of this name), QUOTA, INVALID, CONFIGURATION, and those of a place.
    """
    check_name(wanted.name, "Load balancer")
    labels = check_tags(wanted.labels, MOST_TAGS[wanted.kind])
    _check_places(wanted.kind, wanted.places)
    other = of_name(draft.state, wanted.name, wanted.kind)
    if other is not None:
        return _same_as(other, wanted), None
    check_room(draft.state, catalogue, ResourceKind.BALANCER)
    made = draft.put(
        Balancer(
            draft.new_id(ResourceKind.BALANCER),
            wanted.name,
            draft.now,
            catalogue.zone(wanted.places[0].zone).name,
            catalogue.any_balancer_size(wanted.kind).name,
            labels=labels,
            public=wanted.public,
            kind=wanted.kind,
            security_groups=tuple(wanted.security_groups),
        )
    )
    for wish in wanted.places:
        made = _enter(draft, made, wish, catalogue)
    return made, draft.begin("create_load_balancer", made)


def of_name(state: State, name: str, kind: BalancerKind) -> Balancer | None:
    """The one of this name; those with groups have names of their own, as AWS' two services do."""
    for each in state.all(Balancer):
        if each.name == name and each.kind.has_groups is kind.has_groups:
            return each
    return None


def set_places(
    draft: Draft, balancer: Balancer, wanted: Sequence[PlaceWish], catalogue: Catalogue
) -> Balancer:
    """In these zones and no others; where it is already it keeps its addresses. Refusal CONFIGURATION."""
    check_kind(balancer, *ELASTIC)
    _check_places(balancer.kind, wanted)
    kept = {(each.network, each.subnet) for each in wanted}
    made = balancer
    for place in balancer.places:
        if (place.network, place.subnet) not in kept:
            made = _leave(draft, made, place)
    there = {(each.network, each.subnet) for each in made.places}
    for wish in wanted:
        if (wish.network, wish.subnet) not in there:
            made = _enter(draft, made, wish, catalogue)
    return made


def set_security_groups(draft: Draft, balancer: Balancer, wanted: Sequence[int]) -> Balancer:
    """Refusal CONFIGURATION: a network one that was made without any cannot get some, nor lose the last."""
    check_kind(balancer, *ELASTIC)
    if balancer.kind is BalancerKind.NETWORK and not balancer.security_groups:
        message = (
            f"Security groups cannot be set on the Network Load Balancer '{balancer.name}', "
            "which was created without any"
        )
        raise Refusal(Why.CONFIGURATION, message, "security_groups")
    if not wanted:
        raise Refusal(Why.CONFIGURATION, "At least one security group must be specified", "security_groups")
    return draft.put(replace(balancer, security_groups=tuple(wanted)))


def change_attributes(draft: Draft, balancer: Balancer, given: Mapping[str, str]) -> Balancer:
    """Refusal UNKNOWN_ATTRIBUTE, INVALID."""
    table = attributes.BALANCER_ATTRIBUTES[balancer.kind]
    after = attributes.changed(table, balancer.attributes, given, "Load balancer")
    protected = given.get(attributes.PROTECTION, "true" if balancer.protected else "false") == "true"
    after.pop(attributes.PROTECTION, None)
    return draft.put(replace(balancer, attributes=after, protected=protected))


def _check_places(kind: BalancerKind, places: Sequence[PlaceWish]) -> None:
    least = _FEWEST_ZONES.get(kind, 1)
    zones = [each.zone for each in places]
    if len(set(zones)) < least:
        said = "two subnets in two different Availability Zones" if least > 1 else "one subnet"
        raise Refusal(Why.INVALID, f"At least {said} must be specified", "subnets")
    if len(set(zones)) < len(zones):
        message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        raise Refusal(Why.CONFIGURATION, message, "subnets")
    if len({each.network for each in places}) > 1:
        raise Refusal(Why.CONFIGURATION, "All subnets must belong to the same VPC", "subnets")


def _same_as(other: Balancer, wanted: NewElastic) -> Balancer:
    had = (other.kind, other.public, _subnets(other.places), set(other.security_groups), other.labels)
    asks = (wanted.kind, wanted.public, _subnets(wanted.places), set(wanted.security_groups), wanted.labels)
    if had != asks:
        message = f"A load balancer with the same name '{wanted.name}' exists, but with different settings"
        raise Refusal(Why.NOT_UNIQUE, message, ResourceKind.BALANCER)
    return other


def _subnets(places: Sequence[Place | PlaceWish]) -> set[tuple[int, IPv4Network]]:
    return {(each.network, each.subnet) for each in places}


def _enter(draft: Draft, balancer: Balancer, wish: PlaceWish, catalogue: Catalogue) -> Balancer:
    network = draft.state.get(Network, wish.network)
    found = networks.place(draft, network, wish.ip, wish.subnet)
    number = _public(draft, balancer, wish, catalogue) if balancer.public else None
    current = draft.state.get(Balancer, balancer.id)
    place = Place(catalogue.zone(wish.zone).name, found.network, wish.subnet, found.ip, number)
    return draft.put(replace(current, places=(*current.places, place)))


def _public(draft: Draft, balancer: Balancer, wish: PlaceWish, catalogue: Catalogue) -> int:
    if wish.address is None:
        fresh = NewAddress(Use.PRIMARY, Family.V4, wish.zone, auto_delete=True)
        address = addresses.allocate(draft, fresh, catalogue)
    else:
        address = draft.state.get(Address, wish.address)
    addresses.give(draft, address, balancer)
    return address.id


def _leave(draft: Draft, balancer: Balancer, place: Place) -> Balancer:
    current = draft.state.get(Balancer, balancer.id)
    left = tuple(each for each in current.places if each != place)
    draft.put(replace(current, places=left))
    address = draft.state.find(Address, place.address) if place.address is not None else None
    if address is not None:
        addresses.take_back(draft, address)
        if address.auto_delete:
            draft.drop(draft.state.get(Address, address.id))
    return draft.state.get(Balancer, balancer.id)
