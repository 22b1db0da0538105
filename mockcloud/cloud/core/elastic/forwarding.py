"""What all balancers of a state forward, those with target groups among them. Pure: a state and the time in.

A network balancer is one way into each of its zones: by the zone's addresses to the targets in it, or to all
of them where it balances across zones. What a proxy has to do (TLS, the PROXY protocol, HTTP) is one for all
zones. Of several groups behind a listener the first that has any weight gets everything.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core import forwarding
from mockcloud.cloud.core.elastic.attributes import (
    AS_BALANCER,
    CROSS_ZONE,
    IDLE_TIMEOUT,
    KEEPS_CLIENT,
    PROXY_PROTOCOL,
    STICKY,
    TCP_IDLE_TIMEOUT,
    balancer_attributes,
    frontend_attributes,
    group_attributes,
)
from mockcloud.cloud.core.elastic.health import address_of
from mockcloud.cloud.core.elastic_values import (
    BalancerKind,
    Frontend,
    Protocol,
    Routing,
    TargetGroup,
)
from mockcloud.cloud.core.forwarding import (
    Backend,
    Check,
    Cookie,
    Forwarding,
    Forwardings,
    Pool,
    PoolKey,
    Speaks,
    Way,
    is_there,
)
from mockcloud.cloud.core.numbers import number_within
from mockcloud.cloud.core.values import Address, Algorithm, Balancer, Certificate, Instance, Power

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv6Address

    from mockcloud.cloud.core.elastic_values import Member, Place
    from mockcloud.cloud.core.state import State

TCP_IDLE: Final = 350.0  # seconds, as of AWS' network balancers
UDP_IDLE: Final = 120.0
COOKIE: Final = "AWSALB"
_SPEAKS: Final = {
    Protocol.TCP: (Speaks.TCP,),
    Protocol.UDP: (Speaks.UDP,),
    Protocol.TCP_UDP: (Speaks.TCP, Speaks.UDP),
    Protocol.TLS: (Speaks.TLS,),
    Protocol.HTTP: (Speaks.HTTP,),
    Protocol.HTTPS: (Speaks.HTTPS,),
}


def forwardings(state: State, now: float) -> Forwardings:
    """Of all kinds of balancers. A group is looked at as soon as a balancer that is there forwards to it."""
    found = forwarding.forwardings(state, now)
    ports, pools = [_as_classic(state, each, now) for each in found.ports], dict(found.pools)
    for frontend in state.all(Frontend):
        balancer = state.get(Balancer, frontend.balancer)
        if is_there(state, balancer, now):
            for number in frontend.groups:
                group = state.get(TargetGroup, number)
                pools[group_pool(number)] = _pool(state, balancer, group, now)
            ports += _of_frontend(state, balancer, frontend, pools)
    ends = [found.until] if found.until is not None else []
    ends += [each for each in ends_of_draining(state) if now < each]
    return Forwardings(tuple(ports), pools, min(ends, default=None))


def addresses_of(state: State, balancer: Balancer) -> tuple[IPv4Address | IPv6Address, ...]:
    """Where it listens, in all of its zones, also while it has no port."""
    if balancer.kind.has_groups:
        return _addresses(state, balancer.places, balancer)
    return forwarding.addresses_of(state, balancer)


def ends_of_draining(state: State) -> Iterator[float]:
    """When each target that is let go is none any more."""
    for group in state.all(TargetGroup):
        yield from (each.leaves for each in group.members if each.leaves is not None)
    for balancer in state.all(Balancer):
        yield from (each.until for each in balancer.leavers)


def _as_classic(state: State, port: Forwarding, now: float) -> Forwarding:
    """With a classic balancer's own idle time, and the instances that drain."""
    balancer = state.get(Balancer, port.balancer)
    listener = balancer.listener(port.port)
    if balancer.kind is not BalancerKind.CLASSIC or listener is None or balancer.network is None:
        return port
    leavers = []
    for each in balancer.leavers:
        instance = state.find(Instance, each.instance)
        ip = instance.at(balancer.network) if instance is not None and now < each.until else None
        if ip is not None:
            leavers.append(Backend(ip, listener.destination_port, each.instance, draining=True))
    idle = float(balancer_attributes(balancer)[IDLE_TIMEOUT])
    return replace(port, idle=idle, backends=(*port.backends, *leavers))


def group_pool(number: int) -> PoolKey:
    """The pool that is a target group."""
    return PoolKey("target group", number)


def _pool(state: State, balancer: Balancer, group: TargetGroup, now: float) -> Pool:
    """Who is stopped, or in a zone that its balancer is not in, is no target of it."""
    zones = {each.zone for each in balancer.places}
    backends = []
    for member in group.present(now):
        ip, zone = address_of(state, group, member), zone_of(state, member)
        if ip is not None and (not zone or zone in zones) and _runs(state, member):
            backends.append(
                Backend(ip, member.port, member.instance, member.drains(now), _source(balancer, zone))
            )
    return Pool(group_pool(group.id), _check(group), tuple(backends), fails_open=True)


def _source(balancer: Balancer, zone: str) -> IPv4Address | None:
    """The balancer's address that a target sees in its zone, where it does not see the client's."""
    near = sorted(balancer.places, key=lambda place: place.zone != zone)
    return near[0].ip if near else None


def zone_of(state: State, member: Member) -> str:
    """Where a target is; empty: everywhere."""
    if member.instance is None:
        return member.zone
    instance = state.find(Instance, member.instance)
    return instance.zone if instance is not None else ""


def _runs(state: State, member: Member) -> bool:
    instance = state.find(Instance, member.instance) if member.instance is not None else None
    return instance is None or instance.power is Power.RUNNING


def _check(group: TargetGroup) -> Check:
    check = group.check
    return Check(
        Speaks(check.protocol.value),
        check.port,
        float(check.interval),
        float(check.timeout),
        check.healthy_threshold,
        check.unhealthy_threshold,
        check.path or "/",
        accepts=tuple(each.strip() for each in check.codes.split(",")) if check.codes else (),
    )


def _of_frontend(
    state: State, balancer: Balancer, frontend: Frontend, pools: dict[PoolKey, Pool]
) -> Iterator[Forwarding]:
    if frontend.action.routing is Routing.REDIRECT:
        yield from _redirect(state, balancer, frontend)
        return
    group = _first_group(state, frontend)
    if group is None:
        return
    backends = pools[group_pool(group.id)].backends
    for speaks in _SPEAKS[frontend.protocol]:
        made = _made(state, balancer, frontend, group, speaks)
        if made.way is Way.PROXIED:
            yield replace(made, addresses=_addresses(state, balancer.places, balancer), backends=backends)
            continue
        everywhere = _crosses_zones(balancer, group)
        for place in balancer.places:
            near = tuple(each for each in backends if everywhere or _is_in(state, group, each, place))
            yield replace(made, addresses=_addresses(state, (place,), balancer), backends=near)


def _first_group(state: State, frontend: Frontend) -> TargetGroup | None:
    """None: a fixed response, which nobody gives here, or nobody has any weight."""
    number = next((each.group for each in frontend.action.forwards if each.weight > 0), None)
    return state.find(TargetGroup, number) if number is not None else None


def _made(
    state: State, balancer: Balancer, frontend: Frontend, group: TargetGroup, speaks: Speaks
) -> Forwarding:
    has = group_attributes(group)
    proxied = speaks not in (Speaks.TCP, Speaks.UDP) or has.get(PROXY_PROTOCOL) == "true"
    made = Forwarding(
        balancer.id,
        (),
        frontend.port,
        speaks,
        Way.PROXIED if proxied else Way.TRANSLATED,
        group_pool(group.id),
        keeps_client=has.get(KEEPS_CLIENT) == "true",
        proxy_protocol=2 if has.get(PROXY_PROTOCOL) == "true" else 0,
        idle=_idle(balancer, frontend, speaks),
        certificates=_certificates(state, frontend),
    )
    if balancer.kind is BalancerKind.NETWORK:
        return replace(made, sticks_to_source=has[STICKY] == "true")
    least = has["load_balancing.algorithm.type"] == "least_outstanding_requests"
    lifetime = int(has["stickiness.lb_cookie.duration_seconds"])
    return replace(
        made,
        algorithm=Algorithm.LEAST_CONNECTIONS if least else Algorithm.ROUND_ROBIN,
        cookie=Cookie(COOKIE, lifetime) if has[STICKY] == "true" else None,
    )


def _idle(balancer: Balancer, frontend: Frontend, speaks: Speaks) -> float:
    if speaks is Speaks.UDP:
        return UDP_IDLE
    if balancer.kind is BalancerKind.APPLICATION:
        return float(balancer_attributes(balancer)[IDLE_TIMEOUT])
    return float(frontend_attributes(frontend).get(TCP_IDLE_TIMEOUT, TCP_IDLE))


def _certificates(state: State, frontend: Frontend) -> tuple[int, ...]:
    number = frontend.certificate
    return (number,) if number is not None and state.find(Certificate, number) is not None else ()


def _redirect(state: State, balancer: Balancer, frontend: Frontend) -> Iterator[Forwarding]:
    """To a port of HTTPS; other redirects are not carried."""
    options = frontend.action.options
    port = number_within(options.get("Port", ""), 1, 65_535)
    if options.get("Protocol") == "HTTPS" and port is not None:
        (speaks,) = _SPEAKS[frontend.protocol]
        addresses = _addresses(state, balancer.places, balancer)
        key = PoolKey("listener", frontend.id)
        yield Forwarding(balancer.id, addresses, frontend.port, speaks, Way.PROXIED, key, redirect=port)


def _crosses_zones(balancer: Balancer, group: TargetGroup) -> bool:
    own = group_attributes(group)[CROSS_ZONE]
    return (balancer_attributes(balancer)[CROSS_ZONE] if own == AS_BALANCER else own) == "true"


def _is_in(state: State, group: TargetGroup, backend: Backend, place: Place) -> bool:
    if backend.instance is not None:
        return state.get(Instance, backend.instance).zone == place.zone
    zones = {each.zone for each in group.members if each.ip == backend.address and each.port == backend.port}
    return not zones.isdisjoint({"", place.zone})


def _addresses(
    state: State, places: Sequence[Place], balancer: Balancer
) -> tuple[IPv4Address | IPv6Address, ...]:
    """In each zone: the public one, where it faces the internet, and the private one."""
    found: list[IPv4Address | IPv6Address] = []
    for place in places:
        held = state.find(Address, place.address) if place.address is not None and balancer.public else None
        if held is not None and isinstance(held.ip, IPv4Address):
            found.append(held.ip)
        found.append(place.ip)
    return tuple(found)
