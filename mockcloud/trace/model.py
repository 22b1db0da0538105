"""Nouns of a trace: what was asked for, what was seen on the way, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Protocol(StrEnum):
    """What carries the connection."""

    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True)
class Target:
    """What was typed: where to connect to, and what to say there."""

    host: str  # an address, or a name
    port: int
    protocol: Protocol = Protocol.TCP
    path: str | None = None  # of a URL: an HTTP request is sent

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.path is not None:
            return f"http://{host}{'' if self.port == 80 else f':{self.port}'}{self.path}"
        prefix = "" if self.protocol is Protocol.TCP else f"{self.protocol}://"
        return f"{prefix}{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class End:
    """An address and a port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"


@dataclass(frozen=True, slots=True)
class Flow:
    """The connection as it leaves its source."""

    source: End
    target: End
    protocol: Protocol


class Outcome(StrEnum):
    """How the attempt ended at the source."""

    CONNECTED = "connected"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    NO_NAME = "name not found"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the source saw. `asked`: it asked the LAN for the target's MAC; `answers`: (MAC, interface)."""

    outcome: Outcome
    seconds: float
    detail: str = ""
    asked: bool = False
    answers: tuple[str, ...] = ()
    status: str = ""  # the first line of an HTTP answer
    body: str = ""  # its beginning


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that the connection's first packet met on a node, as the kernel's trace tells."""

    table: str
    chain: str
    rule: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """The node's conntrack entry: what the answer looks like tells what was translated."""

    reply_source: End
    reply_target: End
    answered: bool  # a packet of the other direction was seen


@dataclass(frozen=True, slots=True)
class Passage:
    """What one node saw of the connection."""

    node: str
    macs: Mapping[str, str]  # MAC -> interface
    steps: tuple[Step, ...] = ()
    tracked: Tracked | None = None
    sent_to: End | None = None  # whom the packet was for when the last rules saw it
    arrived_as: Flow | None = None  # what it was when it came, where another host had made another of it
    is_edge: bool = False  # of a cloud: it carries the balancers' packets
    relayed: Flow | None = None  # the connection of its own by which a proxy there went on

    @property
    def led_to(self) -> End | None:
        """Where the node sent it. A refused connection is untracked at once; its packet was seen."""
        return self.tracked.reply_source if self.tracked is not None else self.sent_to


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port of a Service, with those that serve it."""

    port: int
    protocol: Protocol
    node_port: int
    serving: tuple[str, ...]  # addresses of pods
    serving_on: tuple[str, ...]  # and their nodes


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What the API says of a Service."""

    key: str  # NAMESPACE/NAME
    ips: tuple[str, ...]
    external_ips: tuple[str, ...]
    ports: tuple[ServicePort, ...]
    local_policy: bool = False
    source_ranges: tuple[str, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)  # type -> message, of those that are False
    type: str = "LoadBalancer"
    alias: str = ""  # of type ExternalName: the name it stands for


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the API says of the cluster."""

    services: tuple[ServiceFacts, ...]
    pods: Mapping[str, tuple[str, str]]  # address -> (NAMESPACE/NAME, node)
    nodes: Mapping[str, str]  # address -> name


@dataclass(frozen=True, slots=True)
class Sight:
    """All that was seen. `flow` is None where it did not come to an attempt."""

    source: str
    target: Target
    cluster: Cluster
    attempt: Attempt
    flow: Flow | None = None
    passages: tuple[Passage, ...] = ()


class Stage(StrEnum):
    """What a hop is."""

    NAME = "name"
    NEIGHBOUR = "neighbour"
    PROXY = "proxy"
    RULE = "rule"
    DNAT = "dnat"
    SNAT = "snat"
    POD = "pod"
    BACK = "back"
    ANSWER = "answer"


class Break(StrEnum):
    """Why the chain is broken."""

    NO_SUCH_NAME = "NoSuchName"
    NO_ADDRESS = "NoAddressYet"
    NOBODY_ANNOUNCES = "NobodyAnnounces"
    NO_ENDPOINTS = "NoEndpoints"
    NO_LOCAL_ENDPOINT = "NoLocalEndpoint"
    WRONG_PORT = "WrongPort"
    SOURCE_RANGE = "SourceRange"
    POLICY = "PolicyDenies"
    POD_REFUSES = "PodRefuses"
    POD_SILENT = "PodSilent"
    NO_ROUTE = "NoRoute"
    NO_SERVICE = "NoService"
    DENIED = "RuleDenies"
    NO_TARGET = "NoTarget"  # a cloud's edge sent it on to nobody


@dataclass(frozen=True, slots=True)
class Hop:
    """One thing that happened on the way: where, what, and its facts by name."""

    where: str
    stage: Stage
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """Where and why it ended."""

    where: str
    why: Break
    text: str


@dataclass(frozen=True, slots=True)
class Story:
    """What is told. `broken` is None where the connection came about."""

    source: str
    target: Target
    hops: tuple[Hop, ...]
    broken: Broken | None
