"""MetalLB's pools and advertisements -> entries of our `address-pools`, and what is lost on the way.

MetalLB has pools and, apart from them, advertisements that choose pools, nodes and interfaces; several of one
pool add up. Here a pool has its own nodes and interfaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from baremetal_lb.decide.pools.entries import EntryError, edges, parse_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from baremetal_lb.decide.migration.metallb_objects import (
        Advertisement,
        Allocation,
        MetallbObjects,
        Pool,
        Selector,
    )

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mapped:
    """Entries of `address-pools`, and what a person has to know of each or of all."""

    pools: tuple[Entry, ...]
    notes: tuple[str, ...]


def map_objects(objects: MetallbObjects) -> Mapped:
    """Each IPAddressPool as an entry, in the order of their names (MetalLB itself has none)."""
    pools: list[Entry] = []
    notes: list[str] = []
    for pool in objects.pools:
        layer2 = [each for each in objects.layer2 if each.spec.selects(pool.name, pool.labels)]
        bgp = [each for each in objects.bgp if each.spec.selects(pool.name, pool.labels)]
        pools.append(_entry(pool, layer2, bgp))
        notes += _notes(pool, layer2, bgp)
    if objects.left:
        notes.append(f"left out, since BGP is not spoken: {', '.join(objects.left)}")
    notes += (f"left out, since it is not known here: {each}" for each in objects.unknown)
    return Mapped(tuple(pools), tuple(notes))


def _entry(pool: Pool, layer2: Sequence[Advertisement], bgp: Sequence[Advertisement]) -> Entry:
    spec = pool.spec
    entry: Entry = {
        "name": pool.name,
        "protocol": "bgp" if bgp and not layer2 else "layer2",
        "addresses": [each.strip() for each in spec.addresses],
    }
    if not spec.autoAssign:
        entry["auto-assign"] = False
    if spec.avoidBuggyIPs:
        entry["avoid-buggy-ips"] = True
    if any(map(has_edges, spec.addresses)):
        entry["skip-network-broadcast"] = False  # MetalLB gives them
    if spec.serviceAllocation is not None:
        entry["service-allocation"] = _allocation(spec.serviceAllocation)
    return entry | _placement(layer2)


def has_edges(text: str) -> bool:
    """Whether an entry has addresses that we would not give unasked; a wrong one is found later."""
    try:
        return bool(edges(parse_entry(text)))
    except EntryError:
        return False


def _allocation(allocation: Allocation) -> Entry:
    found = {
        "priority": allocation.priority,
        "namespaces": list(allocation.namespaces),
        "namespace-selectors": _selectors(allocation.namespaceSelectors),
        "service-selectors": _selectors(allocation.serviceSelectors),
    }
    return {key: value for key, value in found.items() if value}


def _placement(layer2: Sequence[Advertisement]) -> Entry:
    """Nodes and interfaces of all of a pool's advertisements together; one without any means all of them."""
    specs = [each.spec for each in layer2]
    entry: Entry = {}
    if specs and all(each.nodeSelectors for each in specs):
        entry["node-selectors"] = _unique(_selectors([one for each in specs for one in each.nodeSelectors]))
    if specs and all(each.interfaces for each in specs):
        entry["interfaces"] = _unique([name for each in specs for name in each.interfaces])
    preferences = [
        {"weight": one.weight, "preference": _selector(one.preference)}
        for each in specs
        for one in each.preferredNodeSelectors
    ]
    return entry | ({"preferred-node-selectors": preferences} if preferences else {})


def _notes(pool: Pool, layer2: Sequence[Advertisement], bgp: Sequence[Advertisement]) -> Iterator[str]:
    where = f'pool "{pool.name}"'
    if not layer2 and not bgp:
        yield f"{where}: no L2Advertisement has it, so MetalLB announces it nowhere; here it is announced"
    elif not layer2:
        yield f"{where}: announced by BGP only, which is not spoken: its addresses are given, not announced"
    elif bgp:
        yield f"{where}: announced by layer 2 only from now on; MetalLB announces it by BGP, too"
    for each in layer2:
        if each.spec.serviceSelectors:
            yield (
                f"{where}: L2Advertisement {each.name} announces only Services with certain labels; here all "
                "Services of the pool are announced"
            )
    if _is_coarser(layer2):
        names = ", ".join(each.name for each in layer2)
        yield (
            f"{where}: the L2Advertisements {names} name other interfaces for other nodes; here each of "
            "those nodes announces on each of those interfaces that it has"
        )


def _is_coarser(layer2: Sequence[Advertisement]) -> bool:
    """Whether nodes and interfaces go in pairs, which one entry cannot say."""
    pairs = [(_selectors(each.spec.nodeSelectors), sorted(each.spec.interfaces)) for each in layer2]
    return any(nodes != pairs[0][0] for nodes, _ in pairs) and any(names != pairs[0][1] for _, names in pairs)


def _selectors(selectors: Sequence[Selector]) -> list[Entry]:
    return [_selector(each) for each in selectors]


def _selector(selector: Selector) -> Entry:
    entry: Entry = {}
    if selector.matchLabels:
        entry["match-labels"] = dict(selector.matchLabels)
    if selector.matchExpressions:
        entry["match-expressions"] = [
            {"key": each.key, "operator": each.operator}
            | ({"values": list(each.values)} if each.values else {})
            for each in selector.matchExpressions
        ]
    return entry


def _unique(entries: list[Any]) -> list[Any]:
    return [each for at, each in enumerate(entries) if each not in entries[:at]]
