"""Which nodes may announce the addresses of which pools, and why not: the view of the nodes, kept current."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.announcements import NodeOut
from baremetal_lb.model.api_names import (
    EXCLUDE_LABEL,
)
from baremetal_lb.model.membership import TAKING, MemberState, Uplink
from baremetal_lb.model.pools import ANYWHERE, PoolConfig

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from baremetal_lb.model.membership import View
    from baremetal_lb.model.nodes import NodeView
    from baremetal_lb.model.pools import Placement

# Who announces where nobody is fit: first those that shall go soon, then those that have only just come.
_NEXT_BEST: Final = (
    frozenset({NodeOut.CORDONED}),
    frozenset({NodeOut.SPEAKER_RETURNING, NodeOut.INTERFACE_RETURNING}),
)
_LAST_RESORTS: Final = frozenset().union(*_NEXT_BEST)
_OUT: Final = {
    MemberState.SETTLING: NodeOut.SPEAKER_SETTLING,
    MemberState.RETURNING: NodeOut.SPEAKER_RETURNING,
    MemberState.LEAVING: NodeOut.SPEAKER_LEAVING,
    MemberState.CUT_OFF: NodeOut.CUT_OFF,
}


def why_out(node: NodeView, *, ignore_exclude_label: bool = False) -> NodeOut | None:
    """Why a node may announce nothing at all; None where it may. The label counts whatever its value."""
    if not node.ready:
        return NodeOut.NOT_READY
    if node.network_unavailable:
        return NodeOut.NETWORK_UNAVAILABLE
    if EXCLUDE_LABEL in node.labels and not ignore_exclude_label:
        return NodeOut.EXCLUDED_BY_LABEL
    return None


def why_no_live_speaker(state: MemberState | None) -> NodeOut | None:
    """Why the speaker of a node may announce nothing, by what it says of itself; None: it is not alive."""
    if state is None:
        return NodeOut.NO_SPEAKER
    return None if state in TAKING else _OUT[state]


def why_unlinked(
    uplinks: Sequence[Uplink], placements: Iterable[Placement], *, ipv6: bool = False
) -> NodeOut | None:
    """Why a node with these interfaces may not announce; None where each placement reaches a steady one.

    `ipv6`: whether there is an IPv6 address among those to be announced.
    """
    if not uplinks:
        return NodeOut.NO_INTERFACE
    reached = [[each for each in uplinks if placement.reaches(each.name)] for placement in placements]
    if not all(reached):
        return NodeOut.INTERFACE_MISSING
    if ipv6:
        reached = [[each for each in those if each.ipv6] for those in reached]
        if not all(reached):
            return NodeOut.IPV6_OFF
    steady = all(any(each.steady for each in those) for those in reached)
    return None if steady else NodeOut.INTERFACE_RETURNING


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who we are, which Services are ours to announce, and which nodes are left out."""

    node: str
    load_balancer_class: str | None = None
    ignore_exclude_label: bool = False
    avoid_cordoned: bool = True
    release: str = ""  # our namespace; empty: Services of all releases are ours


@dataclass(frozen=True)
class EligibleNodes:
    """For one set of pools: why each node may not announce, None where it may; how much it is preferred."""

    why: Mapping[str, NodeOut | None]
    weights: Mapping[str, int]

    @cached_property
    def tiers(self) -> tuple[frozenset[str], ...]:
        """The nodes that may, then, each where nobody before can, those that may rather than nobody."""
        return tuple(
            frozenset(name for name, why in self.why.items() if why in reasons)
            for reasons in (frozenset({None}), *_NEXT_BEST)
        )


@dataclass(slots=True)
class Eligibility:
    """Most `see_` methods say whether they changed any fitness that was asked for before; else all is new."""

    me: Speaker
    _nodes: dict[str, NodeView] = field(default_factory=dict)
    _view: View | None = None  # None: nothing is known of speakers
    _unheard: frozenset[str] = frozenset()  # nodes that may have a live speaker all the same
    _links: frozenset[str] | None = None  # the interfaces of this node; None: it has not looked yet
    _gone: frozenset[str] = frozenset()  # those that it lost, until a view shows that this has been told
    _pools: PoolConfig = field(default_factory=PoolConfig)
    _known: dict[tuple[frozenset[str], bool], EligibleNodes] = field(default_factory=dict)

    def see_node(self, name: str, node: NodeView | None) -> bool:
        """A Node came, changed or went."""
        before = self._nodes.pop(name, None)
        if node is not None:
            self._nodes[name] = node
        return _facts(before) != _facts(node) and self._reconsider()

    def see_view(self, view: View | None) -> bool:
        """These speakers are alive and say this of themselves; None: the word of the cluster is enough."""
        self._view = view
        told = view.uplinks.get(self.me.node, ()) if view is not None else ()
        self._gone &= {each.name for each in told}
        return self._reconsider()

    def see_unheard(self, nodes: frozenset[str]) -> None:
        """These nodes are well by the cluster's word, and their speakers are not heard but may live."""
        self._unheard = nodes
        self._known.clear()

    def see_links(self, names: Collection[str]) -> bool:
        """What this node can announce on. What it lost counts at once; what it gained, when others know."""
        before, self._links = self._links, frozenset(names)
        self._gone |= (before or frozenset()) - self._links
        return before != self._links and (self._told(self.me.node) is None or self._reconsider())

    def see_pools(self, pools: PoolConfig) -> None:
        """A configuration was accepted; all fitness is another."""
        self._pools = pools
        self._known.clear()

    @property
    def label_waived(self) -> bool:
        """Whether all nodes that could announce are excluded by label: then the label means nothing."""
        able = [each for each in self._nodes.values() if why_out(each, ignore_exclude_label=True) is None]
        return bool(able) and all(EXCLUDE_LABEL in each.labels for each in able)

    def fitness(self, pools: frozenset[str], *, ipv6: bool = False) -> EligibleNodes:
        """Of all nodes, for addresses of these pools that go to one node together; `ipv6`: some are IPv6."""
        if (pools, ipv6) not in self._known:
            self._known[pools, ipv6] = self._judge(pools, ipv6=ipv6)
        return self._known[pools, ipv6]

    def why_silent_here(self, pools: frozenset[str]) -> NodeOut | None:
        """Why this node, though elected, has nothing to announce on: where speakers tell of no interfaces."""
        if self._links is None or self._told(self.me.node) is not None:
            return None
        return why_unlinked([Uplink(name, b"") for name in self._links], self._placements(pools))

    def _reconsider(self) -> bool:
        before, self._known = self._known, {}
        return any(self.fitness(pools, ipv6=ipv6) != fitness for (pools, ipv6), fitness in before.items())

    def _judge(self, pools: frozenset[str], *, ipv6: bool) -> EligibleNodes:
        placements = self._placements(pools)
        ignore_label = self.me.ignore_exclude_label or self.label_waived
        why, weights = {}, {}
        for name, node in self._nodes.items():
            out = why_out(node, ignore_exclude_label=ignore_label)
            why[name] = out or self._why_not(node, placements, ipv6=ipv6)
            weights[name] = sum(each.weight(node.labels) for each in placements)
        return EligibleNodes(why, weights)

    def _why_not(self, node: NodeView, placements: Sequence[Placement], *, ipv6: bool) -> NodeOut | None:
        """Why a node that the cluster takes for well may not announce; what rules it out comes first."""
        if not all(each.selects(node.labels) for each in placements):
            return NodeOut.NOT_SELECTED
        uplinks = self._told(node.name)
        reasons = [
            self._why_no_live_speaker(node.name),
            why_unlinked(uplinks, placements, ipv6=ipv6) if uplinks is not None else None,
            NodeOut.CORDONED if node.cordoned and self.me.avoid_cordoned else None,
        ]
        found = [each for each in reasons if each is not None]
        return next((each for each in found if each not in _LAST_RESORTS), next(iter(found), None))

    def _why_no_live_speaker(self, name: str) -> NodeOut | None:
        if self._view is None or name in self._unheard:
            return None
        state = self._view.states.get(name)
        if name == self.me.node and state is MemberState.CUT_OFF and self._unheard:
            return None  # it is the heartbeats that are cut off
        return why_no_live_speaker(state)

    def _told(self, name: str) -> tuple[Uplink, ...] | None:
        """What a speaker says that it can announce on, and of ours only what is there still."""
        told = self._view.uplinks.get(name) if self._view is not None else None
        if told is None or name != self.me.node or self._links is None:
            return told
        return tuple(each for each in told if each.name in self._links - self._gone)

    def _placements(self, pools: frozenset[str]) -> list[Placement]:
        found = map(self._pools.named, pools)
        return [each.placement if each is not None else ANYWHERE for each in found]


def _facts(node: NodeView | None) -> tuple[object, ...] | None:
    """What of a node can matter; the rest of it changes every few minutes."""
    return (node.ready, node.network_unavailable, node.cordoned, node.labels) if node is not None else None
