"""What the cluster and the command line say of addresses and ranges that are not the pools' to give."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from baremetal_lb.decide.node_interfaces import NodeInterfaceTable
from baremetal_lb.decide.pools.overlaps import Claimed
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.reasons import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.node_interfaces import Holder, NodeInterfaces
    from baremetal_lb.model.nodes import NodeFacts


def reserved(
    never_give: Iterable[IPAddress],
    nodes: Mapping[str, NodeFacts],
    held: Mapping[IPAddress, Holder] = MappingProxyType({}),
) -> dict[IPAddress, Refusal]:
    """The addresses that are never given, each with the reason; `held`: nodes have them on an interface.

    What is told of a node that the cluster does not have counts for nothing: whoever can write one report
    could reserve all pools with it.
    """
    found = {
        address: Refusal(Reason.NODE_ADDRESS, str(address), str(holder))
        for address, holder in held.items()
        if holder.node in nodes
    }
    found |= {
        address: Refusal(Reason.RESERVED, str(address), "is ruled out by --never-give")
        for address in never_give
    }
    for name, facts in nodes.items():
        for address in facts.addresses:
            found[address] = Refusal(Reason.NODE_ADDRESS, str(address), f"belongs to node {name}")
    return found


def claimed(
    by_flag: Iterable[AddressRange],
    nodes: Mapping[str, NodeFacts],
    by_name: Mapping[str, tuple[AddressRange, ...]],
) -> list[Claimed]:
    """The ranges that no pool may overlap: of the cluster's Services, and of each node's Pods.

    `by_name`: those of the cluster's ServiceCIDRs.
    """
    found = {each: Claimed("the cluster's Services (--service-cidr)", each) for each in by_flag}
    for name, ranges in by_name.items():
        for each in ranges:
            found.setdefault(each, Claimed(f"the cluster's Services (ServiceCIDR {name})", each))
    pods = (
        Claimed(f"the pods of node {name}", each)
        for name, facts in nodes.items()
        for each in facts.pod_ranges
    )
    return [*found.values(), *pods]


@dataclass(slots=True)
class Exclusions:
    """What no pool may give, as it is known by now. What is told says whether it was news."""

    never_give: tuple[IPAddress, ...] = ()
    service_ranges: tuple[AddressRange, ...] = ()  # by the command line
    roll: NodeInterfaceTable = field(default_factory=NodeInterfaceTable)
    _nodes: dict[str, NodeFacts] = field(default_factory=dict)
    _by_name: dict[str, tuple[AddressRange, ...]] = field(default_factory=dict)

    def see_node(self, name: str, facts: NodeFacts | None) -> bool:
        """A Node, or that it is gone. Most of its changes are signs of life."""
        if self._nodes.get(name) == facts:
            return False
        if facts is None:
            del self._nodes[name]
        else:
            self._nodes[name] = facts
        return True

    def see_ranges(self, name: str, ranges: tuple[AddressRange, ...] | None) -> bool:
        """A ServiceCIDR, or that it is gone."""
        if self._by_name.get(name) == ranges:
            return False
        if ranges is None:
            del self._by_name[name]
        else:
            self._by_name[name] = ranges
        return True

    def see_interfaces(self, node: str, told: NodeInterfaces | None) -> bool:
        """What a node has on its interfaces, or that nothing is told any more."""
        return self.roll.see(node, told)

    def reserved(self) -> dict[IPAddress, Refusal]:
        """The addresses that are never given, each with the reason."""
        return reserved(self.never_give, self._nodes, self.roll.held)

    def claimed(self) -> list[Claimed]:
        """The ranges that no pool may overlap."""
        return claimed(self.service_ranges, self._nodes, self._by_name)
