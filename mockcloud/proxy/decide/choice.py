"""Which endpoints of a Service port a node may choose from, as kube-proxy's CategorizeEndpoints. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mockcloud.proxy.decide.views import EndpointView, NodeView, Target


@dataclass(frozen=True, slots=True)
class Choice:
    """Which endpoints of a port may be chosen: of the whole cluster, and of this node."""

    cluster: tuple[Target, ...]
    local: tuple[Target, ...]


def choose(endpoints: Iterable[EndpointView], node: NodeView) -> Choice:
    """Ready endpoints, the near ones where hints ask for it; where none is ready, those that still serve.

    Decided apart for the cluster and for the node (KEP-1669); hints are for the cluster's only (KEP-4444).
    """
    found = tuple(endpoints)
    here = [one for one in found if one.node == node.name]
    near = _near([one for one in found if one.ready], node)
    return Choice(
        _targets(near or _last_resort(found)),
        _targets([one for one in here if one.ready] or _last_resort(here)),
    )


def lasting(endpoints: Iterable[EndpointView], choice: Choice, node: NodeView) -> Choice:
    """Who may keep the flows they have: those that new ones may go to, and whoever still serves.

    Readiness, hints and termination choose for new flows only, as for TCP; they take nobody his own.
    """
    serving = [one for one in endpoints if one.serving]
    here = [one for one in serving if one.node == node.name]
    return Choice(
        (*choice.cluster, *_targets(serving)) if choice.cluster else (),
        (*choice.local, *_targets(here)) if choice.local else (),
    )


def _near(ready: Sequence[EndpointView], node: NodeView) -> Sequence[EndpointView]:
    """Hints count only where every ready endpoint has some, and one is for this node."""
    same_node = [one for one in ready if node.name in one.for_nodes]
    if same_node and all(one.for_nodes for one in ready):
        return same_node
    same_zone = [one for one in ready if node.zone in one.for_zones]
    if same_zone and all(one.for_zones for one in ready):
        return same_zone
    return ready


def _last_resort(endpoints: Sequence[EndpointView]) -> list[EndpointView]:
    return [one for one in endpoints if one.serving and one.terminating]


def _targets(endpoints: Sequence[EndpointView]) -> tuple[Target, ...]:
    """Sorted, each once: a rule must not depend on the order that slices arrived in."""
    return tuple(sorted({one.target for one in endpoints}))
