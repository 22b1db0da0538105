"""DaemonSet -> which pods to create and delete now: one a node, replaced within bounds.

As upstream's pkg/controller/daemon (v1.34): first every node gets what it lacks and loses what is too much;
only when nothing of that is left to do, old pods are replaced.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mockcloud.controllers.daemonset.objects import DaemonSet
from mockcloud.controllers.daemonset.pods import Place, place
from mockcloud.controllers.history.objects import REVISION_LABEL
from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import ENDED, Pod, available


class Why(StrEnum):
    """Why a pod is deleted where that needs an Event; the value is its reason."""

    FAILED = "FailedDaemonPod"
    SUCCEEDED = "SucceededDaemonPod"


@dataclass(frozen=True, slots=True)
class Create:
    """Make the node's pod."""

    node: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a pod."""

    pod: Pod
    why: Why | None = None


Step = Create | Delete


@dataclass(frozen=True, slots=True)
class Scene:
    """What is decided about: `mark` is the hash of the present revision, which new pods bear."""

    owner: DaemonSet
    mark: str
    places: Mapping[str, Place]  # node -> what it is to have; nodes that are no more are not in it
    pods: Mapping[str, tuple[Pod, ...]]  # node -> its pods, the oldest first
    now: datetime
    held: frozenset[str] = (
        frozenset()
    )  # uids of pods that have failed and are to wait before they are replaced

    def is_new(self, pod: Pod) -> bool:
        """Whether it is of the present revision."""
        return pod.meta.labels.get(REVISION_LABEL) == self.mark

    def is_available(self, pod: Pod) -> bool:
        """Ready for long enough."""
        return available(pod, self.owner.min_ready_seconds, self.now)


def scene(owner: DaemonSet, mark: str, nodes: Sequence[Node], pods: Sequence[Pod], now: datetime) -> Scene:
    """Sort the pods by the node that they are on, or are meant for."""
    by_node: dict[str, list[Pod]] = {}
    for pod in sorted(pods, key=lambda each: (not each.node, each.meta.created, each.meta.name)):
        if node := target(pod):
            by_node.setdefault(node, []).append(pod)
    places = {node.meta.name: place(owner, node) for node in nodes}
    return Scene(owner, mark, places, {node: tuple(found) for node, found in by_node.items()}, now)


def target(pod: Pod) -> str:
    """The node that the pod is on; of one that is not bound yet, the only one that it may go to."""
    if pod.node:
        return pod.node
    for term in pod.affinity.required or ():
        for field in term.fields:
            if field.operator == "In" and len(field.values) == 1:
                return field.values[0]
    return ""


def steps(seen: Scene) -> list[Step]:
    """What to do now; once it is seen, ask again."""
    if seen.owner.meta.deleting:
        return []
    settled = [step for name, place in seen.places.items() for step in _settle(seen, name, place)]
    # Of a node that is not there, those that never got onto it.
    gone = [
        Delete(pod)
        for name, pods in seen.pods.items()
        if name not in seen.places
        for pod in pods
        if not pod.node and not pod.meta.deleting
    ]
    if settled or gone or seen.owner.on_delete:
        return [*settled, *gone]
    return _surge(seen) if seen.owner.surges else _replace(seen)


def _settle(seen: Scene, node: str, place: Place) -> Iterator[Step]:
    """What the node lacks or has too much of, whatever the revision."""
    there = [pod for pod in seen.pods.get(node, ()) if not (pod.phase in ENDED and pod.meta.deleting)]
    if place.wanted and not there:
        yield Create(node)
    staying = [pod for pod in there if not pod.meta.deleting]
    if not place.kept:
        yield from map(Delete, staying)
        return
    for pod in staying:
        if pod.phase in ENDED and pod.meta.uid not in seen.held:
            yield Delete(pod, Why.FAILED if pod.phase == "Failed" else Why.SUCCEEDED)
    running = [pod for pod in staying if pod.phase not in ENDED]
    if not seen.owner.surges:
        yield from map(Delete, running[1:])
    elif len(running) > 1:
        yield from map(Delete, _beyond_a_pair(seen, running))


def _beyond_a_pair(seen: Scene, running: Sequence[Pod]) -> Iterator[Pod]:
    """While surging: all but the oldest new and the oldest old pod; the old one, too, when it has served."""
    new = [pod for pod in running if seen.is_new(pod)]
    old = [pod for pod in running if not seen.is_new(pod)]
    yield from (*new[1:], *old[1:])
    if new and old and (not old[0].ready or seen.is_available(new[0])):
        yield old[0]


def _pairs(seen: Scene) -> Iterator[tuple[str, Pod | None, Pod | None]]:
    """Each node that has pods, or is to have one, with its new and its old pod that stay."""
    wanted = {name: () for name, place in seen.places.items() if place.wanted}
    for node, pods in {**wanted, **seen.pods}.items():
        staying = [pod for pod in pods if not pod.meta.deleting]
        new = next((pod for pod in staying if seen.is_new(pod)), None)
        old = next((pod for pod in staying if not seen.is_new(pod)), None)
        yield node, new, old


def _replace(seen: Scene) -> list[Step]:
    """Old pods to delete: all that do not serve, and of those that do as many as may lack."""
    unavailable, _ = seen.owner.bounds(desired(seen))
    lacking = 0
    free: list[Step] = []
    candidates: list[Step] = []
    for _, new, old in _pairs(seen):
        if new is None and old is not None:
            serves = seen.is_available(old)
            (candidates if serves else free).append(Delete(old))
            lacking += not serves
        elif new is None or old is not None or not seen.is_available(new):
            lacking += 1
    return [*free, *candidates[: max(unavailable - lacking, 0)]]


def _surge(seen: Scene) -> list[Step]:
    """New pods beside old ones, as many as may be at a time; an old one goes when its new one serves."""
    _, surge = seen.owner.bounds(desired(seen))
    surging = 0
    free: list[Step] = []
    candidates: list[Step] = []
    for node, new, old in _pairs(seen):
        if old is None:
            continue
        if new is None:
            if seen.places.get(node, Place(wanted=False, kept=False)).wanted:
                (candidates if seen.is_available(old) else free).append(Create(node))
        elif not seen.is_available(new):
            surging += 1
    return [*free, *candidates[: max(surge - surging, 0)]]


def desired(seen: Scene) -> int:
    """On how many nodes a pod is wanted."""
    return sum(place.wanted for place in seen.places.values())
