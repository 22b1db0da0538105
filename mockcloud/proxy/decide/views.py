"""What the rules need to know of Services, EndpointSlices and the node. Nouns only."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network


class Family(StrEnum):
    """An address family, by nft's name for it."""

    IPV4 = "ip"
    IPV6 = "ip6"


FAMILIES: Final = (Family.IPV4, Family.IPV6)


class Protocol(StrEnum):
    """A transport protocol, by nft's name for it."""

    TCP = "tcp"
    UDP = "udp"
    SCTP = "sctp"


def family_of(address: IPAddress | IPNetwork) -> Family:
    """The family that the address or network belongs to."""
    return Family.IPV4 if address.version == 4 else Family.IPV6


@dataclass(frozen=True, slots=True, order=True)
class ServiceKey:
    """A Service, by namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class PortView:
    """One entry of spec.ports; `node_port` 0 where it has none."""

    name: str
    protocol: Protocol
    port: int
    node_port: int = 0


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A Service that has virtual addresses. Addresses of both families, as the object lists them."""

    key: ServiceKey
    cluster_ips: tuple[IPAddress, ...]
    ports: tuple[PortView, ...]
    external_ips: tuple[IPAddress, ...] = ()
    vips: tuple[IPAddress, ...] = ()  # load-balancer addresses with ipMode VIP
    source_ranges: tuple[IPNetwork, ...] = ()
    external_local: bool = False
    internal_local: bool = False
    affinity_seconds: int = 0  # 0 means sessionAffinity None
    health_port: int = 0  # where load balancers ask whether this node has endpoints; 0 means nowhere


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """Where a connection ends: an endpoint's address and port, after DNAT."""

    ip: str
    port: int


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One endpoint of one Service port, in the conditions of an EndpointSlice."""

    target: Target
    ready: bool
    serving: bool
    terminating: bool
    node: str
    for_zones: tuple[str, ...] = ()  # hints: the zones and nodes that should be sent here
    for_nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SliceView:
    """An EndpointSlice: whose it is, and its endpoints under each (port name, protocol)."""

    service: ServiceKey
    family: Family
    endpoints: tuple[tuple[tuple[str, Protocol], tuple[EndpointView, ...]], ...]


@dataclass(frozen=True, slots=True)
class NodeView:
    """The node whose rules these are."""

    name: str
    ips: tuple[IPAddress, ...]
    pod_cidrs: tuple[IPNetwork, ...]
    cluster_cidrs: tuple[IPNetwork, ...]
    node_port_ips: tuple[IPAddress, ...]
    service_cidrs: tuple[IPNetwork, ...] = ()
    zone: str = ""  # its Node's label topology.kubernetes.io/zone

    @property
    def families(self) -> tuple[Family, ...]:
        """The families that pods of this node have."""
        return tuple(family for family in FAMILIES if self.pod_cidr(family) is not None)

    def pod_cidr(self, family: Family) -> IPNetwork | None:
        """This node's pod range in that family, or None."""
        return next((cidr for cidr in self.pod_cidrs if family_of(cidr) is family), None)

    def cluster_cidr(self, family: Family) -> IPNetwork | None:
        """The range that all pods' addresses are in, in that family, or None."""
        return next((cidr for cidr in self.cluster_cidrs if family_of(cidr) is family), None)

    def service_cidr(self, family: Family) -> IPNetwork | None:
        """The range that ClusterIPs are in, in that family, or None."""
        return next((cidr for cidr in self.service_cidrs if family_of(cidr) is family), None)
