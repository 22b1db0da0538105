"""The StatefulSet controller: pods with lasting names, made and removed in order."""

from datetime import datetime

from mockcloud.client.clock import utc_now
from mockcloud.client.objects import Key
from mockcloud.client.resources import CONTROLLER_REVISIONS, PODS, STATEFUL_SETS
from mockcloud.controllers.adoption.writer import Adopter
from mockcloud.controllers.history.objects import REVISION_LABEL, Revision, parse_revision
from mockcloud.controllers.history.writer import HistoryWriter
from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.objects.pods import Pod, seconds_until_available
from mockcloud.controllers.objects.volume_claims import VolumeClaim
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import RECHECK_SECONDS, Expectations
from mockcloud.controllers.runtime.indexes import by_namespace, by_owner, candidate_keys
from mockcloud.controllers.runtime.status_writer import write_status
from mockcloud.controllers.runtime.workqueue import WorkQueue
from mockcloud.controllers.statefulset import plan, revisions
from mockcloud.controllers.statefulset.objects import StatefulSet, parse_stateful_set
from mockcloud.controllers.statefulset.status import stateful_set_status
from mockcloud.controllers.statefulset.writer import StatefulSetExpectations, StatefulWriter


class StatefulSetController:
    """Owns pods, ControllerRevisions and volume claims; `queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("statefulset", self.sync_stateful_set)
        self._context = context
        self._stateful_sets = context.collection(STATEFUL_SETS, parse_stateful_set, by_namespace)
        self._revisions = context.collection(CONTROLLER_REVISIONS, parse_revision, by_owner)
        self._expectations = StatefulSetExpectations(
            Expectations(context.pods.informer),
            Expectations(self._revisions.informer),
            Expectations(context.claims.informer),
        )
        self._writer = StatefulWriter(context, self._stateful_sets, self._expectations)
        self._adopter = Adopter(context.client, "StatefulSet")
        self._history = HistoryWriter(
            context.client, STATEFUL_SETS, revisions.STYLE, self._expectations.revisions
        )
        self._stateful_sets.subscribe(lambda key, _old, _new: self.queue.add(key))
        context.pods.subscribe(self._pod_changed)
        self._revisions.subscribe(self._revision_changed)
        context.claims.subscribe(self._claim_changed)

    async def sync_stateful_set(self, key: Key) -> float | None:
        """Take one StatefulSet a step further, and say where it stands."""
        owner = self._stateful_sets.get(key)
        expectations = (self._expectations.pods, self._expectations.revisions, self._expectations.claims)
        if owner is None:
            for each in expectations:
                each.forget(key)
            return None
        if not all([each.satisfied(key) for each in expectations]):
            return RECHECK_SECONDS
        keys = candidate_keys(owner.meta)
        candidates = [pod for pod in self._context.pods.having(*keys) if _named(owner, pod)]
        pods = await self._adopter.owned(owner, PODS, self._expectations.pods, candidates)
        history = await self._adopter.owned(
            owner, CONTROLLER_REVISIONS, self._expectations.revisions, self._revisions.having(*keys)
        )
        if pods is None or history is None:
            return RECHECK_SECONDS
        return await self._advance(owner, pods, history)

    def _pod_changed(self, _key: Key, old: Pod | None, new: Pod | None) -> None:
        """Wake whoever owns the pod, or owned it, or might adopt it."""
        for pod in (old, new):
            if pod is not None:
                self._wake(pod.meta, orphan_named=pod.meta.name)

    def _revision_changed(self, _key: Key, old: Revision | None, new: Revision | None) -> None:
        for revision in (old, new):
            if revision is not None:
                self._wake(revision.meta)

    def _claim_changed(self, key: Key, old: VolumeClaim | None, new: VolumeClaim | None) -> None:
        """A claim that came or went may be what a pod waits for; it is found by the end of its name."""
        if old is None or new is None or old.meta.owners != new.meta.owners:
            for each in self._stateful_sets.having(("namespace", key[0])):
                if each.claims and f"-{each.meta.name}-" in key[1]:
                    self.queue.add(each.meta.key)

    def _wake(self, meta: Meta, orphan_named: str = "") -> None:
        for owner in meta.owners:
            if owner.controller and owner.kind == "StatefulSet":
                self.queue.add((meta.namespace, owner.name))
        if meta.controller is None:
            for each in self._stateful_sets.having(("namespace", meta.namespace)):
                if not orphan_named or each.ordinal_of(orphan_named) is not None:
                    self.queue.add(each.meta.key)

    async def _advance(self, owner: StatefulSet, pods: list[Pod], history: list[Revision]) -> float | None:
        update = await self._history.present(owner, history)
        if update is None:
            return RECHECK_SECONDS
        current = revisions.current(owner, history, update)
        now = utc_now()
        try:
            await self._carry_out(owner, plan.sort_pods(owner, pods), (current, update), now)
        finally:
            wanted = stateful_set_status(owner, pods, current.meta.name, update.meta.name, now)
            await write_status(self._context.client, STATEFUL_SETS, owner.meta, owner.status, wanted)
        live = {
            current.meta.name,
            update.meta.name,
            *(pod.meta.labels.get(REVISION_LABEL, "") for pod in pods),
        }
        await self._history.prune(owner, history, live)
        return seconds_until_available(pods, owner.min_ready_seconds, now)

    async def _carry_out(
        self,
        owner: StatefulSet,
        mine: plan.SortedPods,
        newest: tuple[Revision, Revision],
        now: datetime,
    ) -> None:
        current, update = newest
        for step in plan.steps(owner, mine, update.meta.name, now):
            match step:
                case plan.Create(ordinal, updated):
                    await self._writer.create_pod(owner, update if updated else current, ordinal)
                case plan.Delete(pod):
                    await self._writer.delete_pod(owner, pod)
        if owner.claims and not owner.meta.deleting:
            for pod in (*mine.wanted.values(), *mine.condemned):
                await self._writer.keep_claims(owner, pod)


def _named(owner: StatefulSet, pod: Pod) -> bool:
    """Ours already, or an orphan with a name that ours have."""
    return pod.meta.controller == owner.meta.uid or owner.ordinal_of(pod.meta.name) is not None
