"""What a Service asks for, read from its spec and annotations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baremetal_lb.decide.ipam.usage.sharing import SharingTerms
from baremetal_lb.decide.pools.entries import parse_address
from baremetal_lb.model.addresses import Family, IPAddress, family_of
from baremetal_lb.model.api_names import (
    ADDRESSES,
    CONSENT,
    OURS,
    POOL,
    PREFIXES,
    SHARING_KEY,
    Reason,
)
from baremetal_lb.model.quoting import cut
from baremetal_lb.model.reasons import (
    Refusal,
)
from baremetal_lb.model.services import FamilyPolicy, TrafficPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.services import ServiceView


@dataclass(frozen=True, slots=True)
class Request:
    """What one Service wants: families, addresses or pool by name, and on what terms it would share."""

    families: tuple[Family, ...]  # wanted, IPv4 first
    primary: Family
    all_required: bool  # whether one address alone, where two are wanted, is no answer
    addresses: tuple[IPAddress, ...]  # requested by name, IPv4 first
    pool: str | None
    terms: SharingTerms


def read(view: ServiceView) -> Request | Refusal:
    """What a LoadBalancer Service asks for, or what is wrong with its request."""
    families = _families(view)
    if isinstance(families, Refusal):
        return families
    addresses = _addresses(view, families)
    if isinstance(addresses, Refusal):
        return addresses
    pool = annotation(view, POOL)
    return Request(
        families=tuple(sorted(families)),
        primary=families[0],
        all_required=view.family_policy is FamilyPolicy.REQUIRE,
        addresses=addresses,
        pool=pool[1].strip() if pool else None,
        terms=terms_of(view),
    )


def without_requests(view: ServiceView) -> Request:
    """What a Service whose request makes no sense would want without it: of any family."""
    families = tuple(Family)
    return Request(families, Family.V4, all_required=False, addresses=(), pool=None, terms=terms_of(view))


def annotation(view: ServiceView, name: str) -> tuple[str, str] | None:
    """Key and value of the first prefix that has `name`; empty values count as absent."""
    for prefix in PREFIXES:
        if value := view.annotations.get(prefix + name):
            return prefix + name, value
    return None


def _families(view: ServiceView) -> tuple[Family, ...] | Refusal:
    found = tuple(dict.fromkeys(family_of(address) for address in view.cluster_ips))
    if not found:
        return Refusal(
            Reason.NO_CLUSTER_IP, "", "the Service has no cluster IP (yet), so its family is not known"
        )
    if view.family_policy is FamilyPolicy.REQUIRE and len(found) < 2:
        detail = f"ipFamilyPolicy RequireDualStack, but the only cluster IP is {view.cluster_ips[0]}"
        return Refusal(Reason.NOT_DUAL_STACK, "", detail)
    return found[:1] if view.family_policy is FamilyPolicy.SINGLE else found


def _addresses(view: ServiceView, families: tuple[Family, ...]) -> tuple[IPAddress, ...] | Refusal:
    found: dict[Family, IPAddress] = {}
    for key, text in _requested(view):
        address = parse_address(text)
        if address is None:
            return Refusal(Reason.INVALID_REQUEST, key, f"{cut(text)!r} is not an IP address")
        family = family_of(address)
        if family not in families:
            wanted = " and ".join(map(str, sorted(families)))
            return Refusal(Reason.WRONG_FAMILY, key, f"{text} is {family}, the Service is {wanted}")
        if found.setdefault(family, address) != address:
            detail = f"{found[family]} and {text} are both {family}; ask for one address a family"
            return Refusal(Reason.INVALID_REQUEST, key, detail)
    return tuple(found[family] for family in sorted(found))


def _requested(view: ServiceView) -> Iterator[tuple[str, str]]:
    """Field or annotation, and each address text in it. Both at once are fine as long as they agree."""
    if view.load_balancer_ip:
        yield "spec.loadBalancerIP", view.load_balancer_ip.strip()
    if named := annotation(view, ADDRESSES):
        for text in named[1].split(","):
            yield named[0], text.strip()


def terms_of(view: ServiceView) -> SharingTerms:
    """On what terms it would share, which even a Service with a senseless request has."""
    key = annotation(view, SHARING_KEY)
    local = view.traffic_policy is TrafficPolicy.LOCAL
    guests: frozenset[str] | None = None
    if key and key[0].startswith(OURS):
        listed = view.annotations.get(CONSENT, "").split(",")
        guests = frozenset(name.strip() for name in listed if name.strip())
    return SharingTerms(
        service=view.key,
        age=view.created,
        key=key[1] if key else None,
        guests=guests,
        ports=frozenset(view.ports),
        backend=view.selector if local else None,
    )
