"""What the cluster and the command line say of nodes, and of addresses that are not the pools' to give."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from baremetal_lb.decide.eligibility import why_out
from baremetal_lb.decide.pools.overlaps import Claimed
from baremetal_lb.kube import convert
from baremetal_lb.kube.topology import node_view
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.reasons import (
    Refusal,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.announcements import NodeOut
    from baremetal_lb.model.node_interfaces import Holder
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.settings import Settings


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a Node says that matters to pools, and to who announces."""

    addresses: tuple[IPAddress, ...]
    pod_ranges: tuple[AddressRange, ...]
    out: NodeOut | None = None  # why it may not announce, by the cluster's word

    @classmethod
    def read(cls, raw: JsonObject) -> NodeFacts:
        """From a v1 Node."""
        return cls(convert.node_addresses(raw), convert.pod_ranges(raw), why_out(node_view(raw)))


def reserved(
    settings: Settings,
    nodes: Iterable[tuple[ObjectKey, NodeFacts]],
    held: Mapping[IPAddress, Holder] = MappingProxyType({}),
) -> dict[IPAddress, Refusal]:
    """The addresses that are never given, each with the reason; `held`: nodes have them on an interface.

    What is told of a node that the cluster does not have counts for nothing: whoever can write one report
    could reserve all pools with it.
    """
    facts_by_name = {key.name: facts for key, facts in nodes}
    found = {
        address: Refusal(Reason.NODE_ADDRESS, str(address), str(holder))
        for address, holder in held.items()
        if holder.node in facts_by_name
    }
    found |= {
        address: Refusal(Reason.RESERVED, str(address), "is ruled out by --never-give")
        for address in settings.never_give
    }
    for name, facts in facts_by_name.items():
        for address in facts.addresses:
            found[address] = Refusal(Reason.NODE_ADDRESS, str(address), f"belongs to node {name}")
    return found


def claimed(
    settings: Settings,
    nodes: Iterable[tuple[ObjectKey, NodeFacts]],
    service_ranges: Iterable[tuple[ObjectKey, tuple[AddressRange, ...]]],
) -> list[Claimed]:
    """The ranges that no pool may overlap: of the cluster's Services, and of each node's Pods."""
    found = {
        each: Claimed("the cluster's Services (--service-cidr)", each) for each in settings.service_ranges
    }
    for key, ranges in service_ranges:
        for each in ranges:
            found.setdefault(each, Claimed(f"the cluster's Services (ServiceCIDR {key.name})", each))
    pods = (
        Claimed(f"the pods of node {key.name}", each) for key, facts in nodes for each in facts.pod_ranges
    )
    return [*found.values(), *pods]
