"""What the balancer knows of the cluster's nodes, and of where a Service's endpoints serve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.announcements import NodeOut
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import PortName

NOWHERE: Final = ""  # where an endpoint without a nodeName serves


@dataclass(frozen=True, slots=True)
class NodeView:
    """A Node: what decides whether it may announce, and its own addresses."""

    name: str
    ready: bool = True
    network_unavailable: bool = False
    cordoned: bool = False
    addresses: tuple[IPAddress, ...] = ()
    internal: IPAddress | None = None  # its first InternalIP, where its speaker is to be reached
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a Node says that matters to pools, and to who announces."""

    addresses: tuple[IPAddress, ...]
    pod_ranges: tuple[AddressRange, ...]
    out: NodeOut | None = None  # why it may not announce, by the cluster's word


@dataclass(frozen=True, slots=True)
class SliceView:
    """An EndpointSlice: the nodes with at least one serving endpoint of it, NOWHERE among them."""

    key: ObjectKey
    service: ObjectKey | None
    serving: frozenset[str] = frozenset()
    ports: frozenset[PortName] | None = None  # those its endpoints listen on; None: not known

    def serving_for(self, ports: frozenset[PortName]) -> frozenset[str]:
        """The nodes with an endpoint for one of a Service's ports, by name and protocol as in kube-proxy."""
        if self.ports is None or not ports or not self.ports.isdisjoint(ports):
            return self.serving
        return frozenset()
