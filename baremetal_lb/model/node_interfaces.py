"""The interfaces of a cluster's nodes, as their speakers tell: whose MACs and which addresses are our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress


@dataclass(frozen=True, slots=True)
class NodeInterface:
    """One interface; `mac` has 6 bytes, or none where there is no Ethernet."""

    name: str
    mac: bytes
    addresses: tuple[IPAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeInterfaces:
    """What one speaker tells of its node. `running` is False once it was stopped in order."""

    node: str
    interfaces: tuple[NodeInterface, ...] = ()
    running: bool = True


@dataclass(frozen=True, slots=True)
class Holder:
    """The interface of a node of ours that has an address for itself."""

    node: str
    interface: str
    mac: bytes

    def __str__(self) -> str:
        return f"belongs to node {self.node}, interface {self.interface}"
