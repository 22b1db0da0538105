"""The DaemonSet controller: a pod on each node that the template is for."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from mockcloud.client.clock import utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key
from mockcloud.client.resources import CONTROLLER_REVISIONS, DAEMON_SETS, PODS
from mockcloud.controllers.adoption.writer import Adopter
from mockcloud.controllers.daemonset import backoff
from mockcloud.controllers.daemonset.objects import DaemonSet, parse_daemon_set
from mockcloud.controllers.daemonset.plan import Create, Delete, Scene, Step, Why, scene, steps
from mockcloud.controllers.daemonset.pods import pod as daemon_pod
from mockcloud.controllers.daemonset.status import daemon_set_status
from mockcloud.controllers.history.objects import REVISION_LABEL, Revision, parse_revision
from mockcloud.controllers.history.plan import Style
from mockcloud.controllers.history.writer import HistoryWriter
from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import Pod, seconds_until_available
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import RECHECK_SECONDS, Expectations
from mockcloud.controllers.runtime.indexes import by_namespace, by_owner, candidate_keys
from mockcloud.controllers.runtime.status_writer import write_status
from mockcloud.controllers.runtime.workqueue import WorkQueue

STYLE: Final = Style("DaemonSet", REVISION_LABEL)
FAILURES: Final = {
    Why.FAILED: "Found failed daemon pod {} on node {}, will try to kill it",
    Why.SUCCEEDED: "Found succeeded daemon pod {} on node {}, will try to delete it",
}


class DaemonSetController:
    """Owns pods and ControllerRevisions; `queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("daemonset", self.sync_daemon_set)
        self._context = context
        self._recorder = context.recorder("daemonset-controller")
        self._daemon_sets = context.collection(DAEMON_SETS, parse_daemon_set, by_namespace)
        self._revisions = context.collection(CONTROLLER_REVISIONS, parse_revision, by_owner)
        self._pods_expected = Expectations(context.pods.informer)
        self._revisions_expected = Expectations(self._revisions.informer)
        self._adopter = Adopter(context.client, "DaemonSet")
        self._history = HistoryWriter(context.client, DAEMON_SETS, STYLE, self._revisions_expected)
        self._failures: dict[tuple[str, str], backoff.Failure] = {}  # (uid of the set, node) -> the last
        self._daemon_sets.subscribe(lambda key, _old, _new: self.queue.add(key))
        context.pods.subscribe(self._pod_changed)
        self._revisions.subscribe(self._revision_changed)
        context.nodes.subscribe(self._node_changed)

    async def sync_daemon_set(self, key: Key) -> float | None:
        """Bring one DaemonSet's pods and status to where they should be."""
        owner = self._daemon_sets.get(key)
        if owner is None:
            self._pods_expected.forget(key)
            self._revisions_expected.forget(key)
            self._forget_failures()
            return None
        if not all([each.satisfied(key) for each in (self._pods_expected, self._revisions_expected)]):
            return RECHECK_SECONDS
        keys = candidate_keys(owner.meta)
        pods = await self._adopter.owned(owner, PODS, self._pods_expected, self._context.pods.having(*keys))
        history = await self._adopter.owned(
            owner, CONTROLLER_REVISIONS, self._revisions_expected, self._revisions.having(*keys)
        )
        if pods is None or history is None:
            return RECHECK_SECONDS
        update = await self._history.present(owner, history)
        if update is None:
            return RECHECK_SECONDS
        return await self._advance(owner, pods, history, update)

    def _pod_changed(self, _key: Key, old: Pod | None, new: Pod | None) -> None:
        """Wake whoever owns the pod, or owned it, or might adopt it."""
        for pod in (old, new):
            if pod is not None:
                self._wake(pod.meta)

    def _revision_changed(self, _key: Key, old: Revision | None, new: Revision | None) -> None:
        for revision in (old, new):
            if revision is not None:
                self._wake(revision.meta)

    def _node_changed(self, _key: Key, old: Node | None, new: Node | None) -> None:
        """Another node, or one that others are for now; most changes of nodes are signs of life."""
        if (old and (old.taints, old.meta.labels)) != (new and (new.taints, new.meta.labels)):
            for each in self._daemon_sets.all():
                self.queue.add(each.meta.key)

    def _wake(self, meta: Meta) -> None:
        for owner in meta.owners:
            if owner.controller and owner.kind == "DaemonSet":
                self.queue.add((meta.namespace, owner.name))
        if meta.controller is None:
            for each in self._daemon_sets.having(("namespace", meta.namespace)):
                if each.selector.matches(meta.labels):
                    self.queue.add(each.meta.key)

    async def _advance(
        self, owner: DaemonSet, pods: Sequence[Pod], history: Sequence[Revision], update: Revision
    ) -> float | None:
        now = utc_now()
        seen = scene(owner, _mark(update), self._context.nodes.all(), pods, now)
        seen = replace(seen, held=self._held(owner, pods, now))
        try:
            await self._carry_out(seen, steps(seen))
        finally:
            wanted = daemon_set_status(seen)
            await write_status(self._context.client, DAEMON_SETS, owner.meta, owner.status, wanted)
        marks = {pod.meta.labels.get(REVISION_LABEL) for pod in pods}
        live = {update.meta.name, *(each.meta.name for each in history if _mark(each) in marks)}
        await self._history.prune(owner, history, live)
        due = backoff.seconds_until_due(self._failures_of(owner), now)
        waits = (due, seconds_until_available(pods, owner.min_ready_seconds, now))
        return min((each for each in waits if each is not None), default=None)

    def _held(self, owner: DaemonSet, pods: Sequence[Pod], now: datetime) -> frozenset[str]:
        """The uids of pods that have failed, and are not replaced yet."""
        for pod in pods:
            if pod.phase == "Failed" and not pod.meta.deleting:
                key = (owner.meta.uid, pod.node)
                self._failures[key] = backoff.noted(self._failures.get(key), pod.meta.uid, now)
        return frozenset(failure.uid for failure in self._failures_of(owner) if failure.due > now)

    async def _carry_out(self, seen: Scene, todo: Sequence[Step]) -> None:
        """Create in batches of 1, 2, 4...: where the first is refused, the rest need not be tried."""
        left, batch = [step for step in todo if isinstance(step, Create)], 1
        while left:
            now, left = left[:batch], left[batch:]
            _raise_first(
                await asyncio.gather(*(self._create(seen, one.node) for one in now), return_exceptions=True)
            )
            batch *= 2
        deletions = [step for step in todo if isinstance(step, Delete)]
        _raise_first(
            await asyncio.gather(
                *(self._delete(seen.owner, step) for step in deletions), return_exceptions=True
            )
        )

    def _failures_of(self, owner: DaemonSet) -> list[backoff.Failure]:
        return [failure for (uid, _), failure in self._failures.items() if uid == owner.meta.uid]

    def _forget_failures(self) -> None:
        """Of sets that are no more."""
        uids = {each.meta.uid for each in self._daemon_sets.all()}
        self._failures = {key: failure for key, failure in self._failures.items() if key[0] in uids}

    async def _create(self, seen: Scene, node: str) -> None:
        owner = seen.owner
        try:
            made = await self._context.client.create(PODS, daemon_pod(owner, seen.mark, node))
        except ApiError as error:
            if not error.namespace_ending:
                self._record(owner, "FailedCreate", f"Error creating: {error.message}", warning=True)
            raise
        self._pods_expected.wrote(owner.meta.key, made)
        self._record(owner, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    async def _delete(self, owner: DaemonSet, step: Delete) -> None:
        meta = step.pod.meta
        if step.why is not None:
            message = FAILURES[step.why].format(f"{meta.namespace}/{meta.name}", step.pod.node)
            self._record(owner, step.why.value, message, warning=step.why is Why.FAILED)
        try:
            await self._context.client.delete(PODS, meta.name, namespace=meta.namespace, uid=meta.uid)
        except ApiError as error:
            self._record(owner, "FailedDelete", f"Error deleting: {error.message}", warning=True)
            raise
        self._pods_expected.deleted(owner.meta.key, meta.key, meta.uid)
        self._record(owner, "SuccessfulDelete", f"Deleted pod: {meta.name}")

    def _record(self, owner: DaemonSet, reason: str, message: str, *, warning: bool = False) -> None:
        obj = self._daemon_sets.raw(owner.meta.key)
        if obj is not None:
            self._recorder.record(obj, reason, message, warning=warning)


def _mark(revision: Revision) -> str:
    """The hash that the revision's pods bear; its own label, which survives any change of its name."""
    return revision.meta.labels.get(REVISION_LABEL, "")


def _raise_first(results: Sequence[BaseException | None]) -> None:
    for each in results:
        if each is not None:
            raise each
