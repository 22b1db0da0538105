"""What only AWS' balancers have. Values, like those beside it in `core.values`; times: seconds, UNIX."""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address


class BalancerKind(StrEnum):
    """What a balancer is: who has targets of its own (a proxy, a classic one), and who forwards to groups."""

    PROXY = "proxy"  # Hetzner's
    CLASSIC = "classic"
    NETWORK = "network"
    APPLICATION = "application"

    @property
    def is_elastic(self) -> bool:
        """Whether it is AWS': in zones, by an address in each."""
        return self is not BalancerKind.PROXY

    @property
    def has_groups(self) -> bool:
        """Whether its targets are in target groups."""
        return self in (BalancerKind.NETWORK, BalancerKind.APPLICATION)


class Protocol(StrEnum):
    """What is spoken with a balancer, and by it with its targets."""

    TCP = "tcp"
    UDP = "udp"
    TCP_UDP = "tcp_udp"
    TLS = "tls"
    HTTP = "http"
    HTTPS = "https"

    @property
    def is_http(self) -> bool:
        """Whether requests are understood, not connections only."""
        return self in (Protocol.HTTP, Protocol.HTTPS)


@dataclass(frozen=True, slots=True)
class Place:
    """A balancer in a zone: its address in the subnet, and the public address that it has there (its id)."""

    zone: str
    network: int
    subnet: IPv4Network
    ip: IPv4Address
    address: int | None = None


class TargetType(StrEnum):
    """What a group's targets are named by."""

    INSTANCE = "instance"
    IP = "ip"


TRAFFIC_PORT = 0  # of a check: the port on which each target gets its traffic


@dataclass(frozen=True, slots=True)
class GroupCheck:
    """How a group's targets show that they serve. Times in seconds; thresholds: so many results in a row."""

    protocol: Protocol
    port: int = TRAFFIC_PORT
    interval: int = 30
    timeout: int = 10
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    path: str = ""
    codes: str = ""  # such as 200-399, or 200,202


@dataclass(frozen=True, slots=True)
class Member:
    """A target in a group: an instance or an address, by its own port. `leaves`: until then it drains."""

    instance: int | None
    ip: IPv4Address | IPv6Address | None
    port: int
    joined: float
    zone: str = ""  # of an address; empty: all
    leaves: float | None = None

    @property
    def gist(self) -> tuple[object, int]:
        """What makes two targets the same."""
        return self.ip if self.instance is None else self.instance, self.port

    def is_there(self, now: float) -> bool:
        """Whether it still belongs to the group, be it to drain."""
        return self.leaves is None or now < self.leaves

    def drains(self, now: float) -> bool:
        """Whether it gets no new connections any more, and keeps those that it has."""
        return self.leaves is not None and now < self.leaves


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """Targets that are looked at in one way. `attributes`: those that differ from their defaults."""

    id: int
    name: str
    created: float
    protocol: Protocol
    port: int
    network: int
    target_type: TargetType
    check: GroupCheck
    protocol_version: str = ""
    members: tuple[Member, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def present(self, now: float) -> tuple[Member, ...]:
        """Those that belong to it, with those that drain."""
        return tuple(each for each in self.members if each.is_there(now))


@dataclass(frozen=True, slots=True)
class Forward:
    """A group that gets connections, by its weight among others."""

    group: int
    weight: int = 1


class Routing(StrEnum):
    """What a listener does with what comes."""

    FORWARD = "forward"
    REDIRECT = "redirect"
    FIXED_RESPONSE = "fixed-response"


@dataclass(frozen=True, slots=True)
class Action:
    """What becomes of what a listener takes. `options`: of a redirect or a response, by AWS' names."""

    routing: Routing
    forwards: tuple[Forward, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    sticky_seconds: int = 0  # to one group among several; 0: not


@dataclass(frozen=True, slots=True)
class Frontend:
    """A listener of a balancer whose targets are in groups. `certificate`: its id."""

    id: int
    balancer: int
    created: float
    protocol: Protocol
    port: int
    action: Action
    certificate: int | None = None
    tls_policy: str = ""
    alpn: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[int, ...]:
        """The groups to which it forwards."""
        return tuple(each.group for each in self.action.forwards)


@dataclass(frozen=True, slots=True)
class Policy:
    """A named setting of a classic balancer, to be given to listeners or to ports of its targets."""

    name: str
    type: str
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Leaver:
    """An instance that a classic balancer has let go, and which drains until then."""

    instance: int
    until: float
