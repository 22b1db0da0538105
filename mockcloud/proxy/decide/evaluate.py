"""What the rules of a ledger's table do with a new connection: the kernel's part, as a pure function.

For tests of properties, and for telling a person why a packet does not arrive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import assert_never

from mockcloud.proxy.decide.ledger import Absent, Change
from mockcloud.proxy.decide.ruleset import (
    Address,
    Denial,
    Key,
    Origin,
    Picker,
    Route,
    Slot,
    Spread,
    Sticky,
    Value,
)
from mockcloud.proxy.decide.views import Family, NodeView, Target


class Fate(StrEnum):
    """What becomes of a connection."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    DROPPED = "dropped"
    UNTOUCHED = "untouched"  # no Service has that address


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate, with all the targets that chance may choose and whether the client's address is hidden."""

    fate: Fate
    targets: frozenset[Target] = frozenset()
    masqueraded: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """A new connection as this node sees it; `source` is a node's own address where it starts here."""

    source: str
    to: Address


@dataclass(slots=True)
class Table:
    """One family's elements, followed through changes."""

    node: NodeView
    family: Family
    elements: dict[Slot, dict[Key, Value]] = field(default_factory=dict)

    def apply(self, changes: list[Change]) -> None:
        """Take in what a ledger reported."""
        for change in changes:
            slot = self.elements.setdefault(change.slot, {})
            if isinstance(change.new, Absent):
                del slot[change.key]
            else:
                slot[change.key] = change.new

    def outcome(self, connection: Connection) -> Outcome:
        """What the kernel would do, hook by hook."""
        if self._firewalled(connection):
            return Outcome(Fate.DROPPED)
        way = self._slot(Slot.SERVICES).get(connection.to)
        if isinstance(way, Route):
            taken = self._take(way, connection)
            if taken is not None:
                return taken
        return self._undelivered(connection.to)

    def _undelivered(self, to: Address) -> Outcome:
        denials = (self._slot(slot).get(to) for slot in (Slot.NO_ENDPOINTS, Slot.NO_NODE_PORT_ENDPOINTS))
        denial = next(filter(None, denials), None)
        if isinstance(denial, Denial):
            return Outcome(Fate.REFUSED if denial is Denial.REFUSE else Fate.DROPPED)
        if to.ip in self._slot(Slot.CLUSTER_IPS):
            return Outcome(Fate.REFUSED)
        services = self.node.service_cidr(self.family)
        unallocated = services is not None and ip_address(to.ip) in services
        return Outcome(Fate.DROPPED if unallocated else Fate.UNTOUCHED)

    def _take(self, way: Route, connection: Connection) -> Outcome | None:
        from_pod = self._from_pod(connection.source)
        match way.origin:
            case Origin.INTERNAL:
                return self._pick(way.picker, connection, masqueraded=not from_pod)
            case Origin.EXTERNAL:
                return self._pick(way.picker, connection, masqueraded=True)
            case Origin.LOCAL:
                shortcut = self._slot(Slot.SHORTCUTS).get(connection.to)
                from_node = ip_address(connection.source) in self.node.ips
                if (from_pod or from_node) and isinstance(shortcut, Spread | Sticky):
                    return self._pick(shortcut, connection, masqueraded=not from_pod)
                return self._pick(way.picker, connection, masqueraded=False)
        assert_never(way.origin)

    def _pick(self, picker: Picker | None, connection: Connection, *, masqueraded: bool) -> Outcome | None:
        match picker:
            case None:
                return None
            case Sticky(targets=targets):
                found = frozenset(targets)
            case Spread(_, count, local):
                place = self._slot(Slot.LOCAL_ENDPOINTS if local else Slot.ENDPOINTS)
                found = frozenset(
                    target
                    for index in range(count)
                    if isinstance(target := place.get((connection.to, index)), Target)
                )
        hairpin = connection.source in self._slot(Slot.HAIRPIN) and found == {
            target for target in found if target.ip == connection.source
        }
        return Outcome(Fate.DELIVERED, found, masqueraded or hairpin)

    def _firewalled(self, connection: Connection) -> bool:
        if connection.to not in self._slot(Slot.FIREWALLED):
            return False
        source = ip_address(connection.source)
        allowed = (
            ip_network(key[1])
            for key in self._slot(Slot.ALLOWED_SOURCES)
            if isinstance(key, tuple) and key[0] == connection.to and isinstance(key[1], str)
        )
        return not any(source in network for network in allowed)

    def _from_pod(self, source: str) -> bool:
        pods = self.node.cluster_cidr(self.family)
        return pods is not None and ip_address(source) in pods

    def _slot(self, slot: Slot) -> Mapping[Key, Value]:
        return self.elements.get(slot, {})
