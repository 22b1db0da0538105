"""What a cloud has. Values do not change; a change is another value of the same id. Times: seconds, UNIX."""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

from mockcloud.cloud.core.elastic_values import (
    BalancerKind,
    Frontend,
    Leaver,
    Place,
    Policy,
    TargetGroup,
)
from mockcloud.cloud.core.elastic_values import Protocol as Protocol  # it belongs to both
from mockcloud.cloud.core.security_values import SecurityGroup

Labels: TypeAlias = dict[str, str]


class Family(StrEnum):
    """Of an address."""

    V4 = "ipv4"
    V6 = "ipv6"


class Power(StrEnum):
    """What an instance does."""

    INITIALIZING = "initializing"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    OFF = "off"


class Use(StrEnum):
    """How long an address lives: with what it was made for, or until somebody releases it."""

    PRIMARY = "primary"
    FLOATING = "floating"


class HolderKind(StrEnum):
    """What may hold an address."""

    INSTANCE = "instance"
    BALANCER = "balancer"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an address."""

    kind: HolderKind
    id: int


@dataclass(frozen=True, slots=True)
class Address:
    """A public address: one of IPv4, or a /64 of IPv6, of which `ip` is the network."""

    id: int
    name: str
    created: float
    use: Use
    family: Family
    ip: IPv4Address | IPv6Network
    zone: str
    labels: Labels = field(default_factory=dict)
    description: str = ""
    protected: bool = False
    auto_delete: bool = False  # goes with its holder
    holder: Holder | None = None
    names: dict[str, str] = field(default_factory=dict)  # reverse DNS: address -> name


@dataclass(frozen=True, slots=True)
class Attachment:
    """A place in a network."""

    network: int
    ip: IPv4Address


@dataclass(frozen=True, slots=True)
class Subnet:
    """A part of a network, in which addresses are given out. Its first address is the gateway."""

    range: IPv4Network
    area: str  # the network zone: an area of several zones
    kind: str = "cloud"
    vswitch: int | None = None
    zone: str = ""  # AWS' are in one each
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a network sends what is for a destination."""

    destination: IPv4Network
    gateway: IPv4Address


@dataclass(frozen=True, slots=True)
class Network:
    """A private network."""

    id: int
    name: str
    created: float
    range: IPv4Network
    subnets: tuple[Subnet, ...] = ()
    routes: tuple[Route, ...] = ()
    labels: Labels = field(default_factory=dict)
    protected: bool = False
    exposes_routes: bool = False
    is_default: bool = False  # where instances go whose network nobody names
    route_table_labels: Labels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Instance:
    """A machine."""

    id: int
    name: str
    created: float
    zone: str
    size: str
    image: str
    power: Power = Power.INITIALIZING
    addresses: tuple[int, ...] = ()  # primary ones; floating ones say themselves whose they are
    labels: Labels = field(default_factory=dict)
    protected: bool = False
    private: tuple[Attachment, ...] = ()
    security_groups: tuple[int, ...] = ()  # none: all is let through
    checks_source: bool = True  # AWS': no packets of others, so no router
    launch: str = ""  # AWS' reservation, which those that are made by one request share
    token: str = ""  # by which a request is known that comes again
    asked: str = ""  # a digest of what that request asked for

    def at(self, network: int) -> IPv4Address | None:
        """Its address in a network."""
        return next((each.ip for each in self.private if each.network == network), None)


@dataclass(frozen=True, slots=True)
class Terminated:
    """An instance that is gone, as it was; AWS still shows it for an hour. `id`: the instance's."""

    id: int
    instance: Instance
    ended: float


class Algorithm(StrEnum):
    """How a balancer chooses a target."""

    ROUND_ROBIN = "round_robin"
    LEAST_CONNECTIONS = "least_connections"


@dataclass(frozen=True, slots=True)
class HttpCheck:
    """What a health check by HTTP asks for, and accepts."""

    path: str = "/"
    domain: str = ""
    response: str = ""
    status_codes: tuple[str, ...] = ("2??", "3??")
    tls: bool = False


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How a target shows that it serves. Times in seconds.

    So many failures in a row (`retries`) make it unhealthy, so many `successes` healthy again; None: as many.
    """

    protocol: Protocol
    port: int
    interval: int = 15
    timeout: int = 10
    retries: int = 3
    http: HttpCheck | None = None
    successes: int | None = None


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """What a balancer does with HTTP. Times in seconds."""

    sticky_sessions: bool = False
    cookie_name: str = "HCLBSTICKY"
    cookie_lifetime: int = 300
    certificates: tuple[int, ...] = ()
    redirect_http: bool = False
    timeout_idle: int = 60


@dataclass(frozen=True, slots=True)
class Listener:
    """A port on which a balancer takes connections, and what becomes of them.

    `target_protocol`: what is spoken with targets; None: as with clients, without TLS.
    """

    protocol: Protocol
    port: int
    destination_port: int
    check: HealthCheck
    proxy_protocol: bool = False
    http: HttpOptions | None = None
    target_protocol: Protocol | None = None
    policies: tuple[str, ...] = ()  # of a classic balancer, by name


@dataclass(frozen=True, slots=True)
class InstanceTarget:
    """An instance, by its public or its private address."""

    instance: int
    private: bool = False


@dataclass(frozen=True, slots=True)
class SelectorTarget:
    """All instances whose labels match."""

    selector: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class IPTarget:
    """An address that is not the cloud's."""

    ip: IPv4Address | IPv6Address


Target: TypeAlias = InstanceTarget | SelectorTarget | IPTarget


@dataclass(frozen=True, slots=True)
class Balancer:
    """A load balancer, of whichever cloud's kind.

    Whose targets are in groups (`kind.has_groups`) has neither `listeners` nor `targets`: its listeners are
    Frontends. AWS' are in `places`, one a zone, Hetzner's may be in one network by `private`. `attributes`:
    those that differ from what they are by default.
    """

    id: int
    name: str
    created: float
    zone: str
    size: str
    algorithm: Algorithm = Algorithm.ROUND_ROBIN
    listeners: tuple[Listener, ...] = ()
    targets: tuple[Target, ...] = ()
    labels: Labels = field(default_factory=dict)
    protected: bool = False
    addresses: tuple[int, ...] = ()
    public: bool = True
    private: Attachment | None = None
    kind: BalancerKind = BalancerKind.PROXY
    places: tuple[Place, ...] = ()
    security_groups: tuple[int, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    # Of a classic one: what it checks while it has no listener; its policies, and which of them each port of
    # its targets has; the instances that drain.
    check: HealthCheck | None = None
    policies: tuple[Policy, ...] = ()
    port_policies: dict[int, tuple[str, ...]] = field(default_factory=dict)
    leavers: tuple[Leaver, ...] = ()

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Where it has private addresses."""
        if self.private is not None:
            return (self.private,)
        return tuple(Attachment(each.network, each.ip) for each in self.places)

    @property
    def network(self) -> int | None:
        """The network by which it reaches targets privately."""
        return self.attachments[0].network if self.attachments else None

    def listener(self, port: int) -> Listener | None:
        """The one on a port."""
        return next((each for each in self.listeners if each.port == port), None)


class CertificateKind(StrEnum):
    """Whether somebody brought a certificate, or the cloud gets it."""

    UPLOADED = "uploaded"
    MANAGED = "managed"


@dataclass(frozen=True, slots=True)
class Certificate:
    """For TLS that ends at a balancer."""

    id: int
    name: str
    created: float
    kind: CertificateKind
    domains: tuple[str, ...]
    pem: str
    fingerprint: str
    not_before: float
    not_after: float
    labels: Labels = field(default_factory=dict)
    key: str = ""  # in PEM, for whoever serves it; no dialect tells it


class ResourceKind(StrEnum):
    """What has an id, each kind numbered by itself."""

    INSTANCE = "instance"
    BALANCER = "balancer"
    NETWORK = "network"
    ADDRESS = "address"
    CERTIFICATE = "certificate"
    TARGET_GROUP = "target group"
    FRONTEND = "listener"
    SECURITY_GROUP = "security group"
    TERMINATED = "terminated instance"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True)
class Ref:
    """Names a resource."""

    kind: ResourceKind
    id: int


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an operation failed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that takes time, from `started` to `ends`; `failure` is what it ends with."""

    id: int
    command: str
    started: float
    ends: float
    resources: tuple[Ref, ...]
    failure: Failure | None = None

    def is_running(self, now: float) -> bool:
        """Whether it has not ended yet."""
        return now < self.ends

    def progress(self, now: float) -> int:
        """In percent."""
        if not self.is_running(now):
            return 100
        return int(100 * (now - self.started) / (self.ends - self.started))


Resource: TypeAlias = (
    Instance
    | Balancer
    | Network
    | Address
    | Certificate
    | TargetGroup
    | Frontend
    | SecurityGroup
    | Terminated
    | Operation
)
