"""Is a node alive, which taints say so, when do its pods have to go: as kube-controller-manager decides it.

Silence proves something only while we hear. Where all nodes fall silent at once (or most of a small
cluster), it is more likely that we, or the network, are at fault: then nobody is evicted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from mockcloud.controllers.objects.nodes import Node, Taint, tolerated_seconds
from mockcloud.controllers.objects.pods import ENDED, Pod

LOST_REASON: Final = "NodeStatusUnknown"
LOST_MESSAGE: Final = "Kubelet stopped posting node status."
UNREACHABLE: Final = "node.kubernetes.io/unreachable"
NOT_READY: Final = "node.kubernetes.io/not-ready"
CORDONED: Final = "node.kubernetes.io/unschedulable"
MANAGED: Final = frozenset({UNREACHABLE, NOT_READY, CORDONED})


MAX_API_SILENCE_SECONDS: Final = 4.0
"""Nodes renew their leases every 2 s: longer silence of all, and of the API, means that we heard nothing."""
LARGE_CLUSTER: Final = 50
"""Nodes above which losing most of a zone stops no evictions (--large-cluster-size-threshold)."""
UNHEALTHY_SHARE: Final = 0.55
"""Of a zone's nodes (--unhealthy-zone-threshold)."""
STRANDED_SECONDS: Final = 40.0
"""How long pods stay that are bound to a node that is not there (the pod garbage collector's quarantine)."""


@dataclass(frozen=True, slots=True)
class ApiContact:
    """When the API was last heard, and since when that has been without a gap (this process's clock)."""

    last: float
    since: float

    def heard(self, now: float) -> "ApiContact":
        """Something came from the API: an event, or a quick answer."""
        return replace(self, last=now) if self.current(now) else ApiContact(now, now)

    def current(self, now: float) -> bool:
        """Whether silence of nodes until now means anything."""
        return now - self.last <= MAX_API_SILENCE_SECONDS


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When (on this process's clock) a node's Lease last changed, and for how long that is good."""

    at: float
    seconds: float
    renewed: bool = True  # False where it is what was there at our start: it may be old


def lost_at(
    heartbeat: Heartbeat, watching_since: float | None, contact: ApiContact, now: float
) -> float | None:
    """When the node counts as lost; None while we cannot know, since our watch is broken or nothing comes.

    A lease that could not have been seen (no watch, an API or a process that stood still) says nothing, so
    the wait starts anew when we hear again. It is over once something was heard after it.
    """
    if watching_since is None or not contact.current(now):
        return None
    return max(heartbeat.at, watching_since, contact.since) + heartbeat.seconds


def all_silent(lost: Iterable[str], zones: Mapping[str, str]) -> bool:
    """Whether no watched node is left (`zones`: node -> zone): kube-controller-manager's full disruption."""
    return bool(zones) and set(zones) <= set(lost)


def held_zones(lost: Iterable[str], zones: Mapping[str, str]) -> frozenset[str]:
    """The zones whose pods are not evicted: all where all nodes are silent; else small ones that lost most.

    A zone that is lost whole, while another is well, is evicted (nodelifecycle's ComputeZoneState).
    """
    gone = set(lost) & set(zones)
    if all_silent(gone, zones):
        return frozenset(zones.values())
    return frozenset(zone for zone in zones.values() if _mostly_lost(zone, gone, zones))


def _mostly_lost(zone: str, gone: set[str], zones: Mapping[str, str]) -> bool:
    nodes = {name for name, where in zones.items() if where == zone}
    silent = len(nodes & gone)
    return 2 < silent < len(nodes) <= LARGE_CLUSTER and silent / len(nodes) >= UNHEALTHY_SHARE


def taints(node: Node, *, lost: bool, held: bool = False) -> tuple[Taint, ...]:
    """All the taints that the node should have: its own, and those that tell its state.

    While all nodes are silent (`held`) none says that pods have to go.
    """
    own = [each for each in node.taints if each.key not in MANAGED]
    told: list[Taint] = []
    if lost or node.ready == "Unknown":
        told += [Taint(UNREACHABLE, "", "NoSchedule")]
        told += [] if held else [Taint(UNREACHABLE, "", "NoExecute")]
    elif node.ready == "False":
        told += [Taint(NOT_READY, "", "NoSchedule"), Taint(NOT_READY, "", "NoExecute")]
    if node.unschedulable:
        told.append(Taint(CORDONED, "", "NoSchedule"))
    return (*own, *told)


def evicted_after(pod: Pod, most: float | None) -> float | None:
    """Seconds that the pod stays on a lost node; None where it outlives it (it tolerates that, or has ended).

    The shortest toleration counts, as for every taint; the API gives each pod that says nothing one of 300 s.
    `most` (--pod-eviction-timeout) shortens it.
    """
    if pod.phase in ENDED or pod.meta.deleting:
        return None
    seconds = tolerated_seconds(pod.tolerations, [Taint(UNREACHABLE, "", "NoExecute")])
    return seconds if seconds is None or most is None else min(seconds, most)


def marked_again_after(times: int) -> float:
    """Seconds until a pod that says Ready on a lost node is taken out of service once more; `times`: so far.

    A status that was on its way when the node fell silent is put right soon. An agent that lives, and only
    cannot renew its Lease, says Ready each time: it must not be fought at the speed of two programs.
    """
    return min(2.0 * 4.0 ** (times - 1), 60.0)
