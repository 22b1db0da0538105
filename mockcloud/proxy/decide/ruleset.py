"""A ruleset as a value: named collections of elements, and the few chains that elements lead to.

Nearly everything is an element of a map keyed by (address, protocol, port), since elements are what nft and
the kernel change cheaply: measured with 5,000 Services, a load takes 0.2 s and a change 0.5 ms, where a chain
for each Service took 4 s and 30 ms. Chains are shared by all Services with the same number of endpoints.
Only sessionAffinity needs chains of its own: an endpoint's memory is a set with a timeout.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mockcloud.proxy.decide.views import PortView, Protocol, ServiceKey, Target

UNSAFE: Final = re.compile(r"[^A-Za-z0-9./-]")


class Slot(StrEnum):
    """A named collection in the table; the value is its nft name, except for CHAINS and MEMORIES."""

    CHAINS = "chains"  # chain name -> Chain
    MEMORIES = "memories"  # name of a set of client addresses
    SERVICES = "services"  # Address -> Route
    SHORTCUTS = "shortcuts"  # Address -> Picker: where pods and the node itself go under policy Local
    ENDPOINTS = "endpoints"  # (Address, index) -> Target
    LOCAL_ENDPOINTS = "local-endpoints"  # (Address, index) -> Target
    NO_ENDPOINTS = "no-endpoints"  # Address -> Denial
    NO_NODE_PORT_ENDPOINTS = "no-endpoints-of-node-ports"  # the same, for packets to the node itself
    CLUSTER_IPS = "cluster-ips"  # address
    FIREWALLED = "firewalled"  # Address
    ALLOWED_SOURCES = "allowed-sources"  # (Address, network)
    HAIRPIN = "hairpin"  # address of a local endpoint
    SERVERS = "servers"  # Address -> Servers, of UDP; no collection of the table: see `stale`


class Denial(StrEnum):
    """What happens to a connection that no endpoint may get; the value is nft's verdict."""

    REFUSE = "goto refuse"
    DROP = "drop"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """What a packet is addressed to."""

    ip: str
    protocol: Protocol
    port: int


@dataclass(frozen=True, slots=True)
class PortName:
    """A Service port, as rules name it."""

    service: ServiceKey
    protocol: Protocol
    port: str  # its name; empty where it has none

    @classmethod
    def of(cls, service: ServiceKey, port: PortView) -> "PortName":
        """The name of that port of that Service."""
        return cls(service, port.protocol, port.name)

    @property
    def label(self) -> str:
        """HASH-namespace/service/protocol/port: unique, and short enough for nft (255 in all)."""
        text = f"{self.service}/{self.protocol}/{self.port}"
        digest = base64.b32encode(hashlib.sha256(text.encode()).digest())[:8].decode()
        # The API lets no other characters pass; nft would read some of them as words of its own.
        return f"{digest}-{UNSAFE.sub('.', text)}"[:180]


@dataclass(frozen=True, slots=True)
class Spread:
    """Choose among `count` endpoints at random, in the map of endpoints or of local endpoints."""

    protocol: Protocol
    count: int
    local: bool = False

    @property
    def chain(self) -> str:
        return f"pick-{'local-' if self.local else ''}{self.protocol}-{self.count}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """One endpoint of a Service with sessionAffinity ClientIP: it remembers whom it served."""

    port: PortName
    target: Target
    seconds: int

    @property
    def chain(self) -> str:
        return f"endpoint-{self.port.label}__{self.target.ip}/{self.target.port}".replace(":", ".")

    @property
    def memory(self) -> str:
        """The name of the set of clients."""
        # A colon (of an IPv6 address) would end the name.
        return f"affinity-{self.port.label}__{self.target.ip}/{self.target.port}".replace(":", ".")


@dataclass(frozen=True, slots=True)
class Sticky:
    """Choose the endpoint that remembers the client, else one at random."""

    port: PortName
    targets: tuple[Target, ...]
    seconds: int
    local: bool = False

    @property
    def chain(self) -> str:
        return f"sticky-{'local-' if self.local else ''}{self.port.label}"

    @property
    def endpoints(self) -> tuple[Remembered, ...]:
        return tuple(Remembered(self.port, target, self.seconds) for target in self.targets)


Picker = Spread | Sticky


class Origin(StrEnum):
    """How a Service was addressed, which decides whose source address is hidden."""

    INTERNAL = "internal"  # by ClusterIP: masquerade what does not come from a pod
    EXTERNAL = "external"  # from outside, policy Cluster: masquerade
    LOCAL = "local"  # from outside, policy Local: keep the source, stay on the node


@dataclass(frozen=True, slots=True)
class Route:
    """What a packet to a Service goes through; `picker` is None only for LOCAL without local pods."""

    origin: Origin
    picker: Picker | None

    @property
    def chain(self) -> str:
        return f"{self.origin}-{self.picker.chain if self.picker else 'none'}"


@dataclass(frozen=True, slots=True)
class Servers:
    """Who may go on answering flows to an address that began under earlier rules."""

    inside: frozenset[Target]  # flows from pods and from the node itself
    outside: frozenset[Target]  # all others
    keep_source: bool = False  # those from outside are shown with their own address (policy Local)
    sources: tuple[str, ...] | None = None  # the networks that may send at all; None: all may


Chain = Route | Spread | Sticky | Remembered

Key = str | Address | tuple[Address, int] | tuple[Address, str]
Value = None | Target | Denial | Chain | Servers
Fragment = Mapping[Slot, Mapping[Key, Value]]
"""What one Service adds to one family's table."""
