"""What a speaker's machine is told. Each event is a fact; what follows from it is the machine's matter."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from baremetal_lb.decide.layer2.acd.events import ClaimHeard
from baremetal_lb.decide.timers import Tick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.interfaces import Interface
    from baremetal_lb.model.membership import NotHeard, View
    from baremetal_lb.model.node_interfaces import NodeInterfaces
    from baremetal_lb.model.nodes import NodeView, SliceView
    from baremetal_lb.model.pools import PoolConfig
    from baremetal_lb.model.services import ServiceView


class Prerequisite(Enum):
    """What has to be known before the first decision: a part of the picture gives wrong answers."""

    CLUSTER = "Services, EndpointSlices, Nodes and the pools were listed once"
    PORTS = "this node's interfaces were looked at, and its ports are open"
    PEERS_INTERFACES = "the speakers know each other's MAC addresses, or that took too long"
    MEMBERS = "the live speakers are known, or there are no heartbeats"


@dataclass(frozen=True, slots=True)
class Met:
    """A prerequisite is met."""

    prerequisite: Prerequisite


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """A Service came (no `old`), changed or went (no `new`)."""

    old: ServiceView | None
    new: ServiceView | None


@dataclass(frozen=True, slots=True)
class SliceSeen:
    """An EndpointSlice came, changed or went."""

    old: SliceView | None
    new: SliceView | None


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """A Node came, changed or went."""

    name: str
    node: NodeView | None


@dataclass(frozen=True, slots=True)
class PoolsSeen:
    """A pool configuration was accepted."""

    pools: PoolConfig


@dataclass(frozen=True, slots=True)
class HoldSeen:
    """Whether the pools' ConfigMap says that nothing is to be announced for now."""

    held: bool


@dataclass(frozen=True, slots=True)
class NodeInterfacesSeen:
    """A speaker tells of its node's interfaces, or that is gone. Also our own, before it is written."""

    node: str
    interfaces: NodeInterfaces | None


@dataclass(frozen=True, slots=True)
class MembersSeen:
    """The speakers that are alive by their heartbeats."""

    view: View


@dataclass(frozen=True, slots=True)
class DatagramsSeen:
    """By sender: heartbeats that counted for nothing since the last time, and why. To be told every 0.25 s,
    also where there were none: who is not heard is looked at then.
    """

    reasons: Mapping[str, NotHeard] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApiAnswered:
    """The API has answered what AskApi asked."""


@dataclass(frozen=True, slots=True)
class Routing:
    """What the kernel says of interfaces, by name: those that lead to a pool, and those without IPv6."""

    leading: frozenset[str] = frozenset()
    ipv6_off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class InterfacesSeen:
    """The interfaces of this node that can be announced on. The ports are fitted to them afterwards."""

    announceable: tuple[Interface, ...]


@dataclass(frozen=True, slots=True)
class PortsFitted:
    """The ports were opened and closed: all interfaces, and those with a port.

    `renewed`: by name, those where neighbours have to hear of every address again.
    """

    interfaces: tuple[Interface, ...]
    with_port: tuple[Interface, ...]
    routing: Routing = field(default_factory=Routing)
    renewed: tuple[str, ...] = ()
    changed: bool = True


@dataclass(frozen=True, slots=True)
class RoutingSeen:
    """The kernel's routes or switches changed, or which interfaces share a LAN."""

    routing: Routing


@dataclass(frozen=True, slots=True)
class Rebound:
    """Rebind was performed: the names of interfaces where neighbours have to hear of every address again."""

    renewed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotSent:
    """A gratuitous frame could not be sent, since this process was paused since it was asked for."""

    address: IPAddress


@dataclass(frozen=True, slots=True)
class Stopping:
    """This speaker decides and says no more; it only answers, until the others have taken over."""


Event: TypeAlias = (
    Met
    | ServiceSeen
    | SliceSeen
    | NodeSeen
    | PoolsSeen
    | HoldSeen
    | NodeInterfacesSeen
    | MembersSeen
    | DatagramsSeen
    | ApiAnswered
    | InterfacesSeen
    | PortsFitted
    | RoutingSeen
    | Rebound
    | NotSent
    | ClaimHeard
    | Tick
    | Stopping
)
