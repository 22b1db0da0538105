"""What the records need to know of Services and EndpointSlices. Nouns only."""

from dataclasses import dataclass

from mockcloud.dns.decide.names import IPAddress


@dataclass(frozen=True, slots=True, order=True)
class ServiceKey:
    """A Service, by namespace and name."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Server:
    """Where an upstream listens, that knows the names outside."""

    ip: IPAddress
    port: int = 53


@dataclass(frozen=True, slots=True, order=True)
class PortView:
    """A port with its name ("" where it has none) and protocol, in lower case."""

    name: str
    protocol: str
    number: int


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A Service. Headless: no ClusterIP and no external name."""

    cluster_ips: tuple[IPAddress, ...] = ()
    ports: tuple[PortView, ...] = ()
    external_name: str = ""
    publish_not_ready: bool = False

    @property
    def headless(self) -> bool:
        """Whether its name leads to its endpoints themselves."""
        return not self.cluster_ips and not self.external_name


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One endpoint; `hostname` "" where it has none of its own."""

    ip: IPAddress
    hostname: str
    ready: bool


@dataclass(frozen=True, slots=True)
class SliceView:
    """An EndpointSlice: whose it is, its endpoints, and the ports that each of them has."""

    service: ServiceKey
    endpoints: tuple[EndpointView, ...]
    ports: tuple[PortView, ...]
