"""Which of a node's interfaces and addresses are worth telling, and what follows from what all nodes tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.node_interfaces import Holder, NodeInterface, NodeInterfaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.interfaces import Interface
    from baremetal_lb.model.services import ServiceStatus

# kube-proxy in IPVS mode and kube-router put every Service's address on one of these, on each node: those are
# addresses that we gave, not the node's own.
SERVICE_INTERFACES: Final = re.compile(r"^(kube-ipvs|kube-dummy-if)")
MOST_INTERFACES: Final = 64
MOST_ADDRESSES: Final = 64  # of one interface


def told(
    interfaces: Iterable[Interface], addresses: Mapping[int, Sequence[IPAddress]]
) -> tuple[NodeInterface, ...]:
    """Of a node's interfaces those with an address that hosts elsewhere could know, and those with a MAC.

    `addresses`: by the interface's number. Where there are many, those with addresses come first.
    """
    found = []
    for each in interfaces:
        own = () if SERVICE_INTERFACES.match(each.name) else _worth_telling(addresses.get(each.index, ()))
        if own or (each.mac and not each.enslaved):
            found.append(NodeInterface(each.name, each.mac, own[:MOST_ADDRESSES]))
    found.sort(key=lambda each: not each.addresses)
    return tuple(sorted(found[:MOST_INTERFACES], key=lambda each: each.name))


def _worth_telling(addresses: Iterable[IPAddress]) -> tuple[IPAddress, ...]:
    kept = (each for each in addresses if not (each.is_loopback or each.is_link_local or each.is_multicast))
    return tuple(sorted(set(kept), key=lambda each: (each.version, int(each))))


@dataclass(slots=True)
class NodeInterfaceTable:
    """What all speakers tell of their nodes, kept up to date; also what Services' conditions tell of MACs.

    `macs`: whose each is. `held`: who has an address for himself. `running`: nodes whose speaker was started
    and not stopped since, whether it is alive or not.
    """

    macs: dict[bytes, str] = field(default_factory=dict)
    held: dict[IPAddress, Holder] = field(default_factory=dict)
    running: frozenset[str] = frozenset()
    _nodes: dict[str, NodeInterfaces] = field(default_factory=dict)
    _told_by_services: dict[bytes, str] = field(default_factory=dict)

    def see(self, name: str, told: NodeInterfaces | None) -> bool:
        """A speaker tells this of its node, or what it told is gone. Whether that is news."""
        before = self._nodes.pop(name, None)
        if told is not None:
            self._nodes[name] = told
        if before != told:
            self._count()
        return before != told

    def see_service(self, status: ServiceStatus) -> bool:
        """The condition of a Service names nodes and MACs. Whether one is news."""
        fresh = {
            bytes.fromhex(port.mac.replace(":", "")): place.node
            for place in status.places()
            for port in place.ports
        }
        if fresh.items() <= self._told_by_services.items():
            return False
        self._told_by_services |= fresh
        self._count()
        return True

    def tells(self, name: str) -> NodeInterfaces | None:
        """What a node's speaker tells, or told last."""
        return self._nodes.get(name)

    def _count(self) -> None:
        macs = dict(self._told_by_services)
        held: dict[IPAddress, Holder] = {}
        for each, address, holder in self._interfaces():
            if each.mac:
                macs[each.mac] = holder.node
            if address is not None:
                held.setdefault(address, holder)
        self.macs, self.held = macs, held
        self.running = frozenset(name for name, each in self._nodes.items() if each.running)

    def _interfaces(self) -> Iterator[tuple[NodeInterface, IPAddress | None, Holder]]:
        for name, node in sorted(self._nodes.items()):
            for each in node.interfaces:
                holder = Holder(name, each.name, each.mac)
                yield each, None, holder
                yield from ((each, address, holder) for address in each.addresses)
