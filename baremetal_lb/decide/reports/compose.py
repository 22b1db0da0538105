"""What a speaker says in its report, from what it announces and what it was told of conflicts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.reports.text import MOST_NAMES, MOST_PORTS
from baremetal_lb.model.announcements import Announcing, Standing
from baremetal_lb.model.membership import MemberState
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import HEARS_ALL, Deaf, Left, Out, Report, Silence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.announcements import Announcement, NodeOut, Verdict
    from baremetal_lb.model.conflicts import Conflict, Finding
    from baremetal_lb.model.membership import View
    from baremetal_lb.model.objects import ObjectKey

REMEMBERED: Final = 3600  # seconds for which an address that was left is told; longer than any quarantine
# How a Service stands that has an address of ours and is announced by nobody.
NOBODY: Final = frozenset(
    {Standing.NO_NODE, Standing.NO_INTERFACE, Standing.NO_ENDPOINTS, Standing.NOT_IN_POOL, Standing.HELD}
)
TOLD_BY_ONE: Final = frozenset({Standing.NO_NODE, Standing.NO_ENDPOINTS, Standing.HELD})


@dataclass(slots=True)
class YieldedAddresses:
    """Addresses left to somebody who had them first; told for a while, to a controller that starts."""

    _withheld: dict[IPAddress, Conflict] = field(default_factory=dict)
    _left: dict[IPAddress, Left] = field(default_factory=dict)

    def see(self, conflicts: Sequence[Conflict], announced: Iterable[Announcement], now: float) -> None:
        """The conflicts there are, and what is announced; `now` in seconds of a clock that never steps."""
        ours = {each.address for each in conflicts} | {each.address for each in announced}
        for address, conflict in self._withheld.items():
            if address not in ours:
                self._left[address] = Left(conflict, int(now))
        self._withheld = {each.address: each for each in conflicts if each.kind.withholds}
        self._left = {
            address: each
            for address, each in self._left.items()
            if address not in ours and each.at + REMEMBERED > now
        }

    def told(self, wall_offset: float = 0.0) -> tuple[Left, ...]:
        """Those that are to be told now; `wall_offset` makes the times seconds since the epoch."""
        found = (self._left[address] for address in sorted(self._left, key=_order))
        return tuple(replace(each, at=max(0, each.at + int(wall_offset))) for each in found)


@dataclass(frozen=True, slots=True)
class Troubles:
    """What was seen on the wire, and who is not heard."""

    conflicts: Sequence[Conflict] = ()
    findings: Sequence[Finding] = ()
    left: Sequence[Left] = ()
    deaf: Deaf = HEARS_ALL


def announcing_of(
    node: str, found: Iterable[Announcement], verdicts: Mapping[ObjectKey, Verdict], newest: int
) -> Announcing:
    """All that a node announces, sorted by address, and what nobody does.

    `newest`: the newest version of a Service that the verdicts were found by.
    """
    announced = tuple(sorted(found, key=lambda each: _order(each.address)))
    owned = {address for each in verdicts.values() if each.owner is not None for address in each.addresses}
    unannounced = {
        key: each
        for key, each in verdicts.items()
        if each.standing in NOBODY and owned.isdisjoint(each.addresses)  # another Service's pods serve it
    }
    return Announcing(node, announced, unannounced, newest if announced else None)


def speaks_for_all(view: View, node: str) -> bool:
    """Whether a node's speaker is the one that tells why nobody announces: the first of those that stay."""
    staying = [name for name, state in view.states.items() if state is not MemberState.LEAVING]
    return min(staying, default=node) == node


def compose(announcing: Announcing, troubles: Troubles, *, for_all: bool) -> Report:
    """The report. One speaker, `for_all`, tells why nobody announces; the others tell only of themselves."""
    return Report(
        node=announcing.node,
        announced=tuple(_places(announcing)),
        silences=tuple(_silences(announcing.unannounced.values(), for_all=for_all)),
        conflicts=tuple(sorted(troubles.conflicts, key=lambda each: (_order(each.address), each.mac))),
        findings=tuple(sorted(troubles.findings, key=lambda each: _order(each.address))),
        left=tuple(troubles.left),
        seen=announcing.seen,
        deaf=troubles.deaf,
        held=announcing.held,
    )


def by_reason(out: Mapping[str, NodeOut]) -> tuple[Out, ...]:
    """Nodes that may not announce, together with those that may not for the same reason."""
    groups: dict[str, list[str]] = defaultdict(list)
    for node in sorted(out):
        groups[str(out[node])].append(node)
    return tuple(
        Out(why, tuple(nodes[:MOST_NAMES]), max(0, len(nodes) - MOST_NAMES))
        for why, nodes in sorted(groups.items())
    )


def _places(announcing: Announcing) -> Iterable[Place]:
    groups: dict[tuple[tuple[str, str], ...], list[IPAddress]] = defaultdict(list)
    for each in announcing.announcements:
        if each.interfaces:
            groups[tuple(sorted(each.interfaces)[:MOST_PORTS])].append(each.address)
    for interfaces in sorted(groups):
        ports = tuple(Port(name, mac) for name, mac in interfaces)
        yield Place(tuple(sorted(groups[interfaces], key=_order)), announcing.node, ports)


def _silences(verdicts: Iterable[Verdict], *, for_all: bool) -> Iterable[Silence]:
    groups: dict[tuple[str, tuple[Out, ...]], set[IPAddress]] = defaultdict(set)
    for verdict in verdicts:
        if verdict.standing is Standing.NO_INTERFACE or (for_all and verdict.standing in TOLD_BY_ONE):
            groups[str(verdict.standing), by_reason(verdict.out)].update(verdict.addresses)
    for why, outs in sorted(groups, key=lambda group: min(map(_order, groups[group]))):
        yield Silence(why, tuple(sorted(groups[why, outs], key=_order)), outs)


def _order(address: IPAddress) -> tuple[int, int]:
    return address.version, int(address)
