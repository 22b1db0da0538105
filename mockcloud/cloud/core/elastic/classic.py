"""Classic balancers: ports and instances of their own, one health check for all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.balancers import with_listener, with_target
from mockcloud.cloud.core.elastic import balancers
from mockcloud.cloud.core.elastic.attributes import DRAINING, DRAINING_SECONDS, balancer_attributes
from mockcloud.cloud.core.elastic.policies import DEFAULT_TLS, by_port_policies
from mockcloud.cloud.core.elastic_values import BalancerKind, Leaver, Protocol
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import (
    Balancer,
    HealthCheck,
    HttpOptions,
    InstanceTarget,
    Listener,
    ResourceKind,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.elastic.balancers import NewElastic, PlaceWish
    from mockcloud.cloud.core.elastic_values import Place
    from mockcloud.cloud.core.state import Draft, State

_SECURE: Final = (Protocol.TLS, Protocol.HTTPS)
_SPOKEN: Final = (Protocol.TCP, Protocol.TLS, Protocol.HTTP, Protocol.HTTPS)
_PORT: Final = 80  # of the check of a balancer that never had a listener


@dataclass(frozen=True, slots=True)
class ListenerWish:
    """A port, and where it sends what comes. `certificate`: the id of the one that it shows."""

    protocol: Protocol
    port: int
    target_port: int
    target_protocol: Protocol
    certificate: int | None = None


def create(
    draft: Draft, wanted: NewElastic, listeners: Sequence[ListenerWish], catalogue: Catalogue
) -> Balancer:
    """A balancer, or the one that is like it; Refusal as of any of AWS', and of its listeners."""
    if not listeners:
        raise Refusal(Why.INVALID, "At least one listener must be specified", "listeners")
    made, operation = balancers.create(draft, wanted, catalogue)
    if operation is None:
        if {_wish(each) for each in made.listeners} != set(listeners):
            message = f"A load balancer with the same name '{made.name}' exists, but with different settings"
            raise Refusal(Why.NOT_UNIQUE, message, ResourceKind.BALANCER)
        return made
    made = draft.put(replace(made, check=first_check(listeners[0].target_port)))
    return add_listeners(draft, made, listeners, catalogue)


def first_check(port: int) -> HealthCheck:
    """As AWS has it for a new balancer."""
    return HealthCheck(Protocol.TCP, port, interval=30, timeout=5, retries=2, successes=10)


def check_of(balancer: Balancer) -> HealthCheck:
    """The one check: that of its listeners; where there is none, the last that there was."""
    if balancer.listeners:
        return balancer.listeners[0].check
    return balancer.check or first_check(_PORT)


def add_listeners(
    draft: Draft, balancer: Balancer, wanted: Sequence[ListenerWish], catalogue: Catalogue
) -> Balancer:
    """Those that are there are passed over; Refusal PORT_TAKEN for another on a port, CONFIGURATION."""
    made = balancer
    for wish in wanted:
        there = made.listener(wish.port)
        if there is not None and _wish(there) == wish:
            continue
        _check_protocols(wish)
        made = with_listener(draft.state, made, _listener(made, wish), catalogue)
    named = {name for each in made.listeners for name in each.policies}
    if DEFAULT_TLS.name in named - {each.name for each in made.policies}:
        made = replace(made, policies=(*made.policies, DEFAULT_TLS))
    return draft.put(made)


def delete_listeners(draft: Draft, balancer: Balancer, ports: Sequence[int]) -> Balancer:
    """Ports that it has not are passed over; the health check outlives the last of them."""
    left = tuple(each for each in balancer.listeners if each.port not in ports)
    return draft.put(replace(balancer, listeners=left, check=check_of(balancer)))


def configure_check(draft: Draft, balancer: Balancer, check: HealthCheck) -> Balancer:
    """For all its listeners; Refusal INVALID."""
    if check.timeout >= check.interval:
        message = f"HealthCheck timeout {check.timeout} must be less than interval {check.interval}"
        raise Refusal(Why.INVALID, message, "timeout")
    listeners = tuple(replace(each, check=check) for each in balancer.listeners)
    return draft.put(replace(balancer, listeners=listeners, check=check))


def instances_of(balancer: Balancer) -> list[int]:
    """Those that are registered, by id in the core."""
    return [each.instance for each in balancer.targets if isinstance(each, InstanceTarget)]


def register(draft: Draft, balancer: Balancer, numbers: Sequence[int], catalogue: Catalogue) -> Balancer:
    """Further instances, those that drain too; Refusal BAD_TARGET, QUOTA."""
    made = replace(balancer, leavers=_leavers(balancer, draft.now, but=numbers))
    for number in numbers:
        if number not in instances_of(made):
            target = InstanceTarget(number, private=balancer.network is not None)
            try:
                made = with_target(draft.state, made, target, catalogue)
            except Refusal as refusal:
                if refusal.why is Why.NOT_IN_NETWORK:
                    message = f"{refusal.message}: it has to be in the load balancer's VPC"
                    raise Refusal(Why.BAD_TARGET, message, "instances") from refusal
                raise
    return draft.put(made)


def deregister(draft: Draft, balancer: Balancer, numbers: Sequence[int]) -> Balancer:
    """They drain for as long as the balancer says, where it says so; strangers are passed over."""
    found = balancer_attributes(balancer)
    seconds = int(found[DRAINING_SECONDS]) if found.get(DRAINING) == "true" else 0
    gone = set(instances_of(balancer)) & set(numbers)
    leavers = _leavers(balancer, draft.now)
    if seconds:
        leavers += tuple(Leaver(each, draft.now + seconds) for each in sorted(gone))
    left = tuple(
        each for each in balancer.targets if not isinstance(each, InstanceTarget) or each.instance not in gone
    )
    return draft.put(replace(balancer, targets=left, leavers=leavers))


def attach(draft: Draft, balancer: Balancer, wanted: Sequence[PlaceWish], catalogue: Catalogue) -> Balancer:
    """Into further subnets; Refusal CONFIGURATION for a second one in a zone."""
    had = [_as_wish(each) for each in balancer.places]
    there = {(each.network, each.subnet) for each in balancer.places}
    more = [each for each in wanted if (each.network, each.subnet) not in there]
    return balancers.set_places(draft, balancer, [*had, *more], catalogue)


def detach(draft: Draft, balancer: Balancer, gone: Sequence[PlaceWish], catalogue: Catalogue) -> Balancer:
    """Out of subnets; Refusal CONFIGURATION for one where it is not, or the last."""
    subnets = {(each.network, each.subnet) for each in gone}
    if subnets - {(each.network, each.subnet) for each in balancer.places}:
        message = f"load balancer {balancer.name} is not attached to all of these subnets"
        raise Refusal(Why.CONFIGURATION, message, "subnets")
    left = [_as_wish(each) for each in balancer.places if (each.network, each.subnet) not in subnets]
    if not left:
        message = f"load balancer {balancer.name} cannot be detached from its last subnet"
        raise Refusal(Why.CONFIGURATION, message, "subnets")
    return balancers.set_places(draft, balancer, left, catalogue)


def named(state: State, name: str) -> Balancer:
    """A classic one, or one that has targets of its own as those have; Refusal NOT_FOUND."""
    found = balancers.of_name(state, name, BalancerKind.CLASSIC)
    if found is None:
        raise Refusal(
            Why.NOT_FOUND, f"There is no ACTIVE Load Balancer named '{name}'", ResourceKind.BALANCER
        )
    return found


def _as_wish(place: Place) -> PlaceWish:
    return balancers.PlaceWish(place.zone, place.network, place.subnet)


def _leavers(balancer: Balancer, now: float, but: Sequence[int] = ()) -> tuple[Leaver, ...]:
    return tuple(each for each in balancer.leavers if now < each.until and each.instance not in but)


def _listener(balancer: Balancer, wish: ListenerWish) -> Listener:
    secure = wish.protocol in _SECURE
    certificates = (wish.certificate,) if wish.certificate is not None else ()
    # A listener of TLS has its certificate where those of HTTPS have it.
    http = HttpOptions(certificates=certificates) if secure or wish.protocol.is_http else None
    made = Listener(
        wish.protocol,
        wish.port,
        wish.target_port,
        check_of(balancer),
        http=http,
        target_protocol=wish.target_protocol,
        policies=(DEFAULT_TLS.name,) if secure else (),
    )
    return by_port_policies(balancer, made)


def _wish(listener: Listener) -> ListenerWish:
    certificates = listener.http.certificates if listener.http is not None else ()
    return ListenerWish(
        listener.protocol,
        listener.port,
        listener.destination_port,
        spoken_with_targets(listener),
        certificates[0] if certificates else None,
    )


def spoken_with_targets(listener: Listener) -> Protocol:
    """Plain, unless it was said."""
    if listener.target_protocol is not None:
        return listener.target_protocol
    return Protocol.HTTP if listener.protocol.is_http else Protocol.TCP


def _check_protocols(wish: ListenerWish) -> None:
    for each in (wish.protocol, wish.target_protocol):
        if each not in _SPOKEN:
            raise Refusal(
                Why.PROTOCOL, f"protocol {each} is not supported by classic load balancers", "protocol"
            )
    if wish.protocol.is_http is not wish.target_protocol.is_http:
        message = (
            f"a listener of {wish.protocol} cannot speak {wish.target_protocol} with instances: "
            "both are connections (TCP, SSL) or both are requests (HTTP, HTTPS)"
        )
        raise Refusal(Why.CONFIGURATION, message, "instance_protocol")
    if wish.certificate is not None and wish.protocol not in _SECURE:
        message = f"a listener of {wish.protocol} shows no certificate"
        raise Refusal(Why.CONFIGURATION, message, "certificate")
