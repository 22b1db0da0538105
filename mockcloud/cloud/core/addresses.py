"""Public addresses: which is given next, who holds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.resources import check_room, unique_name
from mockcloud.cloud.core.values import (
    Address,
    Balancer,
    Family,
    Holder,
    HolderKind,
    Instance,
    Labels,
    ResourceKind,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.core.values import Operation

# RFC 2544 keeps the first for benchmarks, RFC 3849 the second for documents: nobody's networks have them.
PUBLIC_V4: Final = IPv4Network("198.18.0.0/16")
PUBLIC_V6: Final = IPv6Network("2001:db8::/48")


@dataclass(frozen=True, slots=True)
class NewAddress:
    """What somebody asks for."""

    use: Use
    family: Family
    zone: str
    name: str = ""
    labels: Labels | None = None
    description: str = ""
    auto_delete: bool = False


def allocate(draft: Draft, wanted: NewAddress, catalogue: Catalogue) -> Address:
    """Another address that nobody has; Refusal QUOTA, NOT_UNIQUE, NO_SPACE."""
    check_room(draft.state, catalogue, ResourceKind.ADDRESS)
    number = draft.new_id(ResourceKind.ADDRESS)
    name = wanted.name or f"{wanted.use}-ip-{number}"
    unique_name(draft.state, Address, name)
    taken = {each.ip for each in draft.state.all(Address)}
    ip = next((each for each in _offered(wanted.family) if each not in taken), None)
    if ip is None:
        raise Refusal(Why.NO_SPACE, f"no public {wanted.family} address is left")
    made = Address(
        number,
        name,
        draft.now,
        wanted.use,
        wanted.family,
        ip,
        catalogue.zone(wanted.zone).name,
        wanted.labels or {},
        wanted.description,
        auto_delete=wanted.auto_delete,
    )
    return draft.put(made)


def give(draft: Draft, address: Address, holder: Instance | Balancer) -> None:
    """An address becomes somebody's; Refusal ADDRESS_HELD, CONFLICT where he has one of that family."""
    if address.holder is not None:
        raise Refusal(Why.ADDRESS_HELD, f"address {address.ip} is assigned already", "assignee_id")
    kind = HolderKind.INSTANCE if isinstance(holder, Instance) else HolderKind.BALANCER
    draft.put(replace(address, holder=Holder(kind, holder.id)))
    if address.use is not Use.PRIMARY:
        return
    one_of_each = isinstance(holder, Instance) or not holder.kind.is_elastic  # AWS': one in each zone
    if one_of_each and address.family in draft.state.addresses_of(holder):
        raise Refusal(Why.CONFLICT, f"{kind} {holder.name} has an {address.family} address already")
    current = draft.state.get(type(holder), holder.id)
    draft.put(replace(current, addresses=(*current.addresses, address.id)))


def take_back(draft: Draft, address: Address) -> None:
    """An address is nobody's any more."""
    held = address.holder
    if held is None:
        return
    draft.put(replace(address, holder=None))
    if held.kind is HolderKind.INSTANCE:
        _let_go(draft, draft.state.find(Instance, held.id), address)
    else:
        _let_go(draft, draft.state.find(Balancer, held.id), address)


def _let_go(draft: Draft, holder: Instance | Balancer | None, address: Address) -> None:
    if holder is not None and address.id in holder.addresses:
        draft.put(replace(holder, addresses=tuple(each for each in holder.addresses if each != address.id)))


def unassign(draft: Draft, address: Address) -> None:
    """Somebody gives it back; Refusal IN_USE: a balancer keeps its addresses for as long as it is there."""
    _check_not_a_balancers(address)
    take_back(draft, address)


def _check_not_a_balancers(address: Address) -> None:
    if address.holder is not None and address.holder.kind is HolderKind.BALANCER:
        raise Refusal(Why.IN_USE, f"address {address.name} belongs to load balancer {address.holder.id}")


def release_all_of(draft: Draft, holder: Instance | Balancer) -> None:
    """Its holder goes: what was made for it goes, too, the rest stays."""
    kind = HolderKind.INSTANCE if isinstance(holder, Instance) else HolderKind.BALANCER
    for address in draft.state.all(Address):
        if address.holder == Holder(kind, holder.id):
            take_back(draft, address)
            if address.auto_delete:
                draft.drop(address)


def release(draft: Draft, address: Address) -> None:
    """It is gone; Refusal PROTECTED, ADDRESS_HELD, IN_USE by a balancer."""
    if address.protected:
        raise Refusal(Why.PROTECTED, f"address {address.name} is protected against deletion")
    if address.holder is not None and address.use is Use.PRIMARY:
        raise Refusal(Why.ADDRESS_HELD, f"address {address.name} is assigned: unassign it first")
    _check_not_a_balancers(address)
    take_back(draft, address)
    draft.drop(address)


def name_it(draft: Draft, address: Address, ip: str, name: str | None) -> Operation:
    """Reverse DNS for one address; None: the cloud's own name again."""
    try:
        wanted = ip_address(ip)
    except ValueError as error:
        raise Refusal(Why.INVALID, f"'{ip}' is not an IP address", "ip") from error
    if wanted not in (ip_network(address.ip) if isinstance(address.ip, IPv6Network) else [address.ip]):
        raise Refusal(Why.INVALID, f"{ip} is not an address of this resource", "ip")
    names = (
        {**address.names, str(wanted): name}
        if name
        else {each: text for each, text in address.names.items() if each != str(wanted)}
    )
    return draft.begin("change_dns_ptr", draft.put(replace(address, names=names)))


def reverse_name(address: Address) -> str:
    """What an IPv4 address is called, unless somebody named it."""
    own = address.names.get(str(address.ip))
    return own or f"static.{'.'.join(reversed(str(address.ip).split('.')))}.clients.mockcloud.test"


def _offered(family: Family) -> Iterator[IPv4Address | IPv6Network]:
    return PUBLIC_V4.hosts() if family is Family.V4 else PUBLIC_V6.subnets(new_prefix=64)
