"""What the balancers of a state forward, for whoever carries the packets: pure, a state and the time in.

Whose health is looked at is a pool: the targets behind one listener, or a group of targets behind many.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Final, TypeAlias

from mockcloud.cloud.core.state import ref_to
from mockcloud.cloud.core.values import (
    Address,
    Algorithm,
    Balancer,
    Certificate,
    Family,
    HealthCheck,
    Instance,
    InstanceTarget,
    IPTarget,
    Listener,
    Network,
    Protocol,
    SelectorTarget,
)
from mockcloud.kube.selectors import SelectorError, parse_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.cloud.core.state import State
    from mockcloud.cloud.core.values import Target

IPAddress: TypeAlias = IPv4Address | IPv6Address

CREATION: Final = "create_load_balancer"
HTTP_PORT: Final = 80
TCP_IDLE: Final = 3600.0  # seconds; Hetzner names no limit for TCP


class Way(StrEnum):
    """How packets get on: with new addresses in them, or as connections of a proxy's own."""

    TRANSLATED = "translated"
    PROXIED = "proxied"


class Speaks(StrEnum):
    """What a balancer understands of what clients send."""

    TCP = "tcp"
    UDP = "udp"
    TLS = "tls"
    HTTP = "http"
    HTTPS = "https"


@dataclass(frozen=True, slots=True, order=True)
class PoolKey:
    """Names a pool: of a balancer's listener (`port`), or a target group (port 0)."""

    kind: str
    id: int
    port: int = 0


@dataclass(frozen=True, slots=True)
class Backend:
    """One target, as a balancer reaches it; one that drains gets no new connections.

    `source` is the balancer's address from which it is reached, None: any of the edge's.
    """

    address: IPAddress
    port: int
    instance: int | None = None
    draining: bool = False
    source: IPAddress | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """How a target shows that it serves. Times in seconds; `after`: so many results in a row."""

    speaks: Speaks  # TCP, TLS, HTTP or HTTPS
    port: int  # 0: each target's own
    interval: float
    timeout: float
    healthy_after: int
    unhealthy_after: int
    path: str = "/"
    host: str = ""
    accepts: tuple[str, ...] = ()  # status codes, such as 2??
    response: str = ""  # a part of the body


@dataclass(frozen=True, slots=True)
class Pool:
    """Targets that are looked at in one way."""

    key: PoolKey
    check: Check
    backends: tuple[Backend, ...]
    fails_open: bool = False  # where nobody is healthy, everybody gets connections


@dataclass(frozen=True, slots=True)
class Cookie:
    """By which a client comes to the target that it had, for so many seconds."""

    name: str
    lifetime: int


@dataclass(frozen=True, slots=True)
class Forwarding:
    """One port of one balancer. With `redirect` (a port of HTTPS) clients are sent there, and nobody else."""

    balancer: int
    addresses: tuple[IPAddress, ...]
    port: int
    speaks: Speaks
    way: Way
    pool: PoolKey
    backends: tuple[Backend, ...] = ()
    keeps_client: bool = False  # the target sees the client's address, else one of the balancer's
    proxy_protocol: int = 0  # its version; 0: none
    algorithm: Algorithm = Algorithm.ROUND_ROBIN
    sticks_to_source: bool = False
    cookie: Cookie | None = None
    idle: float = TCP_IDLE  # seconds
    certificates: tuple[int, ...] = ()
    redirect: int = 0


@dataclass(frozen=True, slots=True)
class Forwardings:
    """All of a state at a moment; it holds until the time `until`, unless the state changes."""

    ports: tuple[Forwarding, ...] = ()
    pools: dict[PoolKey, Pool] = field(default_factory=dict)
    until: float | None = None


def forwardings(state: State, now: float) -> Forwardings:
    """What is forwarded. A balancer that is still made, or whose making failed, forwards nothing."""
    ports: list[Forwarding] = []
    pools: dict[PoolKey, Pool] = {}
    for balancer in state.all(Balancer):
        if is_there(state, balancer, now):
            for listener in balancer.listeners:
                pool = _pool(state, balancer, listener)
                pools[pool.key] = pool
                ports += _of_listener(state, balancer, listener, pool)
    ends = [each.ends for each in state.last_operation.values() if each.is_running(now)]
    return Forwardings(tuple(ports), pools, min(ends, default=None))


def is_there(state: State, balancer: Balancer, now: float) -> bool:
    """Whether it is made, and its making did not fail."""
    last = state.last_operation.get(ref_to(balancer))
    if last is None or last.command != CREATION:
        return True
    return not last.is_running(now) and last.failure is None


def _of_listener(state: State, balancer: Balancer, listener: Listener, pool: Pool) -> Iterator[Forwarding]:
    addresses = addresses_of(state, balancer)
    if not addresses:
        return
    made = Forwarding(
        balancer.id,
        addresses,
        listener.port,
        Speaks(listener.protocol.value),
        Way.PROXIED,
        pool.key,
        pool.backends,
        proxy_protocol=1 if listener.proxy_protocol else 0,
        algorithm=balancer.algorithm,
    )
    if listener.http is None or listener.protocol is Protocol.TCP:
        yield made
        return
    options = listener.http
    cookie = Cookie(options.cookie_name, options.cookie_lifetime) if options.sticky_sessions else None
    known = tuple(each for each in options.certificates if state.find(Certificate, each) is not None)
    yield replace(made, cookie=cookie, idle=float(options.timeout_idle), certificates=known)
    if options.redirect_http and balancer.listener(HTTP_PORT) is None:
        yield replace(made, port=HTTP_PORT, speaks=Speaks.HTTP, backends=(), redirect=listener.port)


def addresses_of(state: State, balancer: Balancer) -> tuple[IPAddress, ...]:
    """Where it listens: public ones unless closed, and its private ones."""
    numbers = balancer.addresses if balancer.public else ()
    held = (state.find(Address, number) for number in numbers)
    found: list[IPAddress] = [
        each.ip.network_address + 1 if isinstance(each.ip, IPv6Network) else each.ip
        for each in held
        if each is not None
    ]
    return (*found, *(each.ip for each in balancer.attachments))


def _pool(state: State, balancer: Balancer, listener: Listener) -> Pool:
    port = listener.destination_port
    found = {
        backend.address: backend
        for target in balancer.targets
        for backend in _reached(state, balancer, target, port)
    }
    return Pool(listener_pool(balancer.id, listener.port), _check(listener.check), tuple(found.values()))


def listener_pool(balancer: int, port: int) -> PoolKey:
    """The pool behind a listener of a balancer that has targets of its own."""
    return PoolKey("balancer", balancer, port)


def _reached(state: State, balancer: Balancer, target: Target, port: int) -> Iterator[Backend]:
    """Where a target is; who has no address that the balancer reaches is left out."""
    match target:
        case IPTarget(ip):
            private = _is_private(state, balancer, ip)
            yield Backend(ip, port, source=_source(state, balancer, private=private))
        case InstanceTarget(number, private):
            instance = state.find(Instance, number)
            if instance is not None:
                yield from _instance(state, balancer, (instance, port), private=private)
        case SelectorTarget(selector, private):
            for instance in _selected(state, selector):
                yield from _instance(state, balancer, (instance, port), private=private)


def _instance(
    state: State, balancer: Balancer, place: tuple[Instance, int], *, private: bool
) -> Iterator[Backend]:
    instance, port = place
    if private:
        found = instance.at(balancer.network) if balancer.network is not None else None
    else:
        held = state.addresses_of(instance).get(Family.V4)
        found = held.ip if held is not None and isinstance(held.ip, IPv4Address) else None
    if found is not None:
        yield Backend(found, port, instance.id, source=_source(state, balancer, private=private))


def _is_private(state: State, balancer: Balancer, ip: IPAddress) -> bool:
    network = state.find(Network, balancer.network) if balancer.network is not None else None
    return network is not None and ip in network.range


def _source(state: State, balancer: Balancer, *, private: bool) -> IPAddress | None:
    """The balancer's address that its targets see."""
    if private and balancer.attachments:
        return balancer.attachments[0].ip
    held = state.addresses_of(balancer).get(Family.V4)
    return held.ip if held is not None and balancer.public and isinstance(held.ip, IPv4Address) else None


def _selected(state: State, selector: str) -> Iterator[Instance]:
    """By the grammar that Kubernetes has, too; nobody where the text has another."""
    try:
        terms = parse_labels(selector)
    except SelectorError:
        return
    for each in state.all(Instance):
        if all(term({"metadata": {"labels": each.labels}}) for term in terms):
            yield each


def _check(check: HealthCheck) -> Check:
    """As many results in a row turn a target one way as the other, unless it was said."""
    made = Check(
        Speaks(check.protocol.value),
        check.port,
        float(check.interval),
        float(check.timeout),
        check.successes or check.retries,
        check.retries,
    )
    if check.http is None or made.speaks in (Speaks.TCP, Speaks.TLS):
        return made
    asks = check.http
    return replace(
        made,
        speaks=Speaks.HTTPS if asks.tls or made.speaks is Speaks.HTTPS else Speaks.HTTP,
        path=asks.path,
        host=asks.domain,
        accepts=asks.status_codes,
        response=asks.response,
    )
