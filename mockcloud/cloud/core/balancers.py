"""Balancers: what they listen on, where they send it, and what stands in the way of a change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mockcloud.cloud.core import addresses, networks
from mockcloud.cloud.core.addresses import NewAddress
from mockcloud.cloud.core.elastic_values import BalancerKind, Frontend, Protocol
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.resources import check_labels, check_room, check_unlocked, unique_name
from mockcloud.cloud.core.values import (
    Address,
    Algorithm,
    Balancer,
    Certificate,
    Family,
    Instance,
    InstanceTarget,
    IPTarget,
    Labels,
    Listener,
    Network,
    ResourceKind,
    SelectorTarget,
    Target,
    Use,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Address, IPv4Network

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft, State
    from mockcloud.cloud.core.values import Operation


@dataclass(frozen=True, slots=True)
class NewBalancer:
    """What somebody asks for. `addresses`: those that it is to have; others are made."""

    name: str
    size: str
    zone: str
    algorithm: Algorithm = Algorithm.ROUND_ROBIN
    listeners: Sequence[Listener] = ()
    targets: Sequence[Target] = ()
    labels: Labels = field(default_factory=dict)
    network: int | None = None
    public: bool = True
    addresses: Sequence[int] = ()


def create(draft: Draft, wanted: NewBalancer, catalogue: Catalogue) -> tuple[Balancer, Operation]:
    """A balancer, and the operation that makes it; nothing of it where any part is refused."""
    check_room(draft.state, catalogue, ResourceKind.BALANCER)
    unique_name(draft.state, Balancer, wanted.name)
    size, zone = catalogue.balancer_size(wanted.size).name, catalogue.zone(wanted.zone).name
    made = draft.put(
        Balancer(
            draft.new_id(ResourceKind.BALANCER),
            wanted.name,
            draft.now,
            zone,
            size,
            wanted.algorithm,
            labels=check_labels(wanted.labels),
            public=wanted.public,
        )
    )
    for number in wanted.addresses:
        addresses.give(draft, draft.state.get(Address, number), made)
    for family in Family:
        if family not in draft.state.addresses_of(draft.state.get(Balancer, made.id)):
            fresh = NewAddress(Use.PRIMARY, family, zone, auto_delete=True)
            addresses.give(draft, addresses.allocate(draft, fresh, catalogue), made)
    made = draft.state.get(Balancer, made.id)
    if wanted.network is not None:
        found = networks.place(draft, draft.state.get(Network, wanted.network), None, None)
        made = draft.put(replace(made, private=found))
    for listener in wanted.listeners:
        made = draft.put(with_listener(draft.state, made, listener, catalogue))
    for target in wanted.targets:
        made = draft.put(with_target(draft.state, made, target, catalogue))
    return made, draft.begin("create_load_balancer", made)


def add_listener(draft: Draft, balancer: Balancer, listener: Listener, catalogue: Catalogue) -> Operation:
    """Another port; Refusal PORT_TAKEN, QUOTA, NOT_FOUND (a certificate), LOCKED."""
    return _change(draft, "add_service", balancer, with_listener(draft.state, balancer, listener, catalogue))


def update_listener(draft: Draft, balancer: Balancer, listener: Listener, catalogue: Catalogue) -> Operation:
    """The one on this port becomes this; Refusal NOT_FOUND."""
    listener_on(balancer, listener.port)
    left = replace(
        balancer, listeners=tuple(each for each in balancer.listeners if each.port != listener.port)
    )
    return _change(draft, "update_service", balancer, with_listener(draft.state, left, listener, catalogue))


def delete_listener(draft: Draft, balancer: Balancer, port: int) -> Operation:
    """A port goes; Refusal NOT_FOUND."""
    gone = listener_on(balancer, port)
    left = tuple(each for each in balancer.listeners if each != gone)
    return _change(draft, "delete_service", balancer, replace(balancer, listeners=left))


def add_target(draft: Draft, balancer: Balancer, target: Target, catalogue: Catalogue) -> Operation:
    """Another target; Refusal TARGET_EXISTS, NOT_IN_NETWORK, NO_NETWORK, NO_PUBLIC_ADDRESS, CLOUD_ADDRESS."""
    return _change(draft, "add_target", balancer, with_target(draft.state, balancer, target, catalogue))


def remove_target(draft: Draft, balancer: Balancer, target: Target) -> Operation:
    """A target goes, by whichever address it was reached; Refusal NOT_FOUND."""
    left = tuple(each for each in balancer.targets if _gist(each) != _gist(target))
    if len(left) == len(balancer.targets):
        raise Refusal(Why.NOT_FOUND, "load balancer target not found", "target")
    return _change(draft, "remove_target", balancer, replace(balancer, targets=left))


def change_algorithm(draft: Draft, balancer: Balancer, algorithm: Algorithm) -> Operation:
    """Another way to choose; Refusal WRONG_KIND."""
    check_kind(balancer, BalancerKind.PROXY)
    return _change(draft, "change_algorithm", balancer, replace(balancer, algorithm=algorithm))


def change_size(draft: Draft, balancer: Balancer, name: str, catalogue: Catalogue) -> Operation:
    """More or less room; Refusal TYPE_TOO_SMALL for what it has, WRONG_KIND."""
    check_kind(balancer, BalancerKind.PROXY)
    changed = replace(balancer, size=catalogue.balancer_size(name).name)
    _check_size(changed, catalogue, Why.TYPE_TOO_SMALL)
    return _change(draft, "change_load_balancer_type", balancer, changed)


def change_protection(draft: Draft, balancer: Balancer, *, protected: bool) -> Operation:
    """Against deletion."""
    return _change(draft, "change_protection", balancer, replace(balancer, protected=protected))


def attach(
    draft: Draft,
    balancer: Balancer,
    network: Network,
    wanted: IPv4Address | None = None,
    within: IPv4Network | None = None,
) -> Operation:
    """Into its one network; Refusal HAS_NETWORK, WRONG_KIND, and those of a place."""
    check_kind(balancer, BalancerKind.PROXY)
    if balancer.private is not None:
        raise Refusal(Why.HAS_NETWORK, f"load balancer {balancer.name} is attached to a network already")
    found = networks.place(draft, network, wanted, within)
    check_unlocked(draft.state, balancer, draft.now)
    return draft.begin("attach_to_network", draft.put(replace(balancer, private=found)), network)


def detach(draft: Draft, balancer: Balancer, network: Network) -> Operation:
    """Out of its network; Refusal NO_NETWORK, WRONG_KIND, IN_USE while targets are reached there."""
    check_kind(balancer, BalancerKind.PROXY)
    if balancer.private is None or balancer.private.network != network.id:
        raise Refusal(
            Why.NO_NETWORK, f"load balancer {balancer.name} is not attached to network {network.name}"
        )
    if any(not isinstance(each, IPTarget) and each.private for each in balancer.targets):
        raise Refusal(Why.IN_USE, f"targets of load balancer {balancer.name} use private addresses")
    check_unlocked(draft.state, balancer, draft.now)
    return draft.begin("detach_from_network", draft.put(replace(balancer, private=None)), network)


def open_to_public(draft: Draft, balancer: Balancer, *, public: bool) -> Operation:
    """Whether its public addresses answer; Refusal WRONG_KIND, PUBLIC_TARGETS where targets need them."""
    check_kind(balancer, BalancerKind.PROXY)
    if not public and any(not isinstance(each, IPTarget) and not each.private for each in balancer.targets):
        raise Refusal(Why.PUBLIC_TARGETS, f"targets of load balancer {balancer.name} use public addresses")
    command = "enable_public_interface" if public else "disable_public_interface"
    return _change(draft, command, balancer, replace(balancer, public=public))


def delete(draft: Draft, balancer: Balancer) -> Operation:
    """It is gone, with its listeners; the groups to which they forwarded stay. Refusal PROTECTED, LOCKED."""
    if balancer.protected:
        raise Refusal(Why.PROTECTED, f"load balancer {balancer.name} is protected against deletion")
    if not balancer.kind.is_elastic:  # AWS lets go of what is still made, too
        check_unlocked(draft.state, balancer, draft.now)
    for frontend in draft.state.all(Frontend):
        if frontend.balancer == balancer.id:
            draft.drop(frontend)
    addresses.release_all_of(draft, balancer)
    draft.drop(draft.state.get(Balancer, balancer.id))
    return draft.begin("delete_load_balancer", balancer)


def _change(draft: Draft, command: str, before: Balancer, after: Balancer) -> Operation:
    check_unlocked(draft.state, before, draft.now)
    return draft.begin(command, draft.put(after))


def listener_on(balancer: Balancer, port: int) -> Listener:
    """The one on this port; Refusal NOT_FOUND."""
    found = balancer.listener(port)
    if found is None:
        raise Refusal(
            Why.NOT_FOUND, f"load balancer {balancer.name} has no service on port {port}", "listen_port"
        )
    return found


def check_kind(balancer: Balancer, *kinds: BalancerKind) -> None:
    """Refusal WRONG_KIND: what another cloud's balancers cannot, or do otherwise."""
    if balancer.kind not in kinds:
        message = f"load balancer {balancer.name} is a {balancer.kind} one, which cannot be changed so"
        raise Refusal(Why.WRONG_KIND, message, "load_balancer")


def with_listener(state: State, balancer: Balancer, listener: Listener, catalogue: Catalogue) -> Balancer:
    """With another port; Refusal PORT_TAKEN, QUOTA, NOT_FOUND (a certificate), INVALID, WRONG_KIND."""
    check_kind(balancer, BalancerKind.PROXY, BalancerKind.CLASSIC)
    if balancer.listener(listener.port) is not None:
        raise Refusal(Why.PORT_TAKEN, f"port {listener.port} is in use already", "listen_port")
    for number in listener.http.certificates if listener.http else ():
        state.get(Certificate, number)
    secure = listener.protocol in (Protocol.HTTPS, Protocol.TLS)
    if secure and not (listener.http and listener.http.certificates):
        message = f"a service with protocol {listener.protocol} needs a certificate"
        raise Refusal(Why.INVALID, message, "http.certificates")
    changed = replace(balancer, listeners=(*balancer.listeners, listener))
    _check_size(changed, catalogue)
    return changed


def with_target(state: State, balancer: Balancer, target: Target, catalogue: Catalogue) -> Balancer:
    """With another target; Refusal as of add_target, WRONG_KIND."""
    check_kind(balancer, BalancerKind.PROXY, BalancerKind.CLASSIC)
    if any(_gist(each) == _gist(target) for each in balancer.targets):
        raise Refusal(Why.TARGET_EXISTS, "target already defined", "target")
    _check_target(state, balancer, target)
    changed = replace(balancer, targets=(*balancer.targets, target))
    _check_size(changed, catalogue)
    return changed


def _check_target(state: State, balancer: Balancer, target: Target) -> None:
    match target:
        case IPTarget(ip):
            if ip in {each.ip for each in state.all(Address)}:
                raise Refusal(Why.CLOUD_ADDRESS, f"{ip} belongs to the cloud: name its server instead", "ip")
        case InstanceTarget() | SelectorTarget() if target.private and balancer.network is None:
            raise Refusal(Why.NO_NETWORK, f"load balancer {balancer.name} is not attached to a network")
        case InstanceTarget(number, private):
            instance = state.get(Instance, number)
            if private and balancer.network is not None and instance.at(balancer.network) is None:
                message = f"server {instance.name} is not attached to the load balancer's network"
                raise Refusal(Why.NOT_IN_NETWORK, message, "server")
            if not private and Family.V4 not in state.addresses_of(instance):
                raise Refusal(Why.NO_PUBLIC_ADDRESS, f"server {instance.name} has no public IPv4", "server")


def _check_size(balancer: Balancer, catalogue: Catalogue, why: Why = Why.QUOTA) -> None:
    size = catalogue.any_balancer_size(balancer.size)
    certificates = _certificates(balancer.listeners)
    for many, most, what in (
        (len(balancer.listeners), size.listeners, "services"),
        (len(balancer.targets), size.targets, "targets"),
        (len(certificates), size.certificates, "certificates"),
    ):
        if many > most:
            raise Refusal(why, f"{size.name} has at most {most} {what}", "load_balancer_type")


def _certificates(listeners: Iterable[Listener]) -> set[int]:
    return {number for each in listeners if each.http for number in each.http.certificates}


def _gist(target: Target) -> tuple[str, object]:
    """What makes two targets the same."""
    match target:
        case InstanceTarget(number, _):
            return "server", number
        case SelectorTarget(selector, _):
            return "label_selector", selector
        case IPTarget(ip):
            return "ip", ip


def certificates_in_use(state: State) -> dict[int, list[int]]:
    """Certificate -> the balancers that have it."""
    found: dict[int, list[int]] = {}
    for frontend in state.all(Frontend):
        if frontend.certificate is not None:
            users = found.setdefault(frontend.certificate, [])
            if frontend.balancer not in users:
                users.append(frontend.balancer)
    for balancer in state.all(Balancer):
        for number in sorted(_certificates(balancer.listeners)):
            found.setdefault(number, []).append(balancer.id)
    return found
