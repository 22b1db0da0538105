"""The StatefulSet controller: pods with lasting names, made and removed in order."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from mockcloud.client.clock import utc_now
from mockcloud.client.objects import Key
from mockcloud.client.resources import CONTROLLER_REVISIONS, PODS, STATEFUL_SETS, Resource
from mockcloud.controllers.decide.claims import claim
from mockcloud.controllers.decide.replicas import seconds_until_available
from mockcloud.controllers.decide.revisions import owner_reference
from mockcloud.controllers.decide.stateful import history, plan
from mockcloud.controllers.decide.stateful.status import status
from mockcloud.controllers.loops.replicaset import ECHO_SECONDS
from mockcloud.controllers.machinery.expectations import Expectations
from mockcloud.controllers.machinery.workqueue import WorkQueue
from mockcloud.controllers.machinery.world import World
from mockcloud.controllers.model.metadata import Meta
from mockcloud.controllers.model.pods import Pod
from mockcloud.controllers.model.stateful import REVISION_LABEL, Revision, StatefulSet, VolumeClaim
from mockcloud.controllers.writing.adoption import adopt, release
from mockcloud.controllers.writing.stateful import Echoes, StatefulWriter
from mockcloud.controllers.writing.status import write_status

Owned = TypeVar("Owned", Pod, Revision)


class StatefulSetLoop:
    """Owns pods, ControllerRevisions and volume claims; `queue.run` is the controller."""

    def __init__(self, world: World) -> None:
        self.queue = WorkQueue("statefulset", self.sync)
        self._world = world
        self._echoes = Echoes(
            Expectations(world.pods.feed.informer),
            Expectations(world.revisions.feed.informer),
            Expectations(world.claims.feed.informer),
        )
        self._writer = StatefulWriter(world, self._echoes)
        world.stateful_sets.subscribe(lambda key, _old, _new: self.queue.add(key))
        world.pods.subscribe(self._pod_changed)
        world.revisions.subscribe(self._revision_changed)
        world.claims.subscribe(self._claim_changed)

    async def sync(self, key: Key) -> float | None:
        """Take one StatefulSet a step further, and say where it stands."""
        owner = self._world.stateful_sets.get(key)
        echoes = (self._echoes.pods, self._echoes.revisions, self._echoes.claims)
        if owner is None:
            for each in echoes:
                each.forget(key)
            return None
        if not all([each.met(key) for each in echoes]):
            return ECHO_SECONDS
        marks = (("owner", owner.meta.uid), ("orphans", owner.meta.namespace))
        candidates = [pod for mark in marks for pod in self._world.pods.having(mark) if _named(owner, pod)]
        pods = await self._own(owner, (PODS, self._echoes.pods), candidates)
        held = [revision for mark in marks for revision in self._world.revisions.having(mark)]
        revisions = await self._own(owner, (CONTROLLER_REVISIONS, self._echoes.revisions), held)
        if pods is None or revisions is None:
            return ECHO_SECONDS
        return await self._advance(owner, pods, revisions)

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
            for each in self._world.stateful_sets.having(("namespace", key[0])):
                if each.claims and f"-{each.meta.name}-" in key[1]:
                    self.queue.add(each.meta.key)

    def _wake(self, meta: Meta, orphan_named: str = "") -> None:
        for owner in meta.owners:
            if owner.controller and owner.kind == "StatefulSet":
                self.queue.add((meta.namespace, owner.name))
        if meta.controller is None:
            for each in self._world.stateful_sets.having(("namespace", meta.namespace)):
                if not orphan_named or each.ordinal_of(orphan_named) is not None:
                    self.queue.add(each.meta.key)

    async def _own(
        self, owner: StatefulSet, kind: tuple[Resource, Expectations], candidates: Sequence[Owned]
    ) -> list[Owned] | None:
        """Those that are the set's; None where some had to be adopted or released first."""
        resource, echoes = kind
        claims = claim(owner.meta, owner.selector, [each.meta for each in candidates])
        reference = owner_reference("apps/v1", "StatefulSet", owner)
        for meta in claims.adopt:
            echoes.wrote(owner.meta.key, await adopt(self._world.client, resource, meta, reference))
        for meta in claims.release:
            answer = await release(self._world.client, resource, meta, owner.meta.uid)
            echoes.wrote(owner.meta.key, answer)
        if claims.adopt or claims.release:
            return None
        by_uid = {each.meta.uid: each for each in candidates}
        return [by_uid[meta.uid] for meta in claims.owned]

    async def _advance(self, owner: StatefulSet, pods: list[Pod], revisions: list[Revision]) -> float | None:
        update = await self._present(owner, revisions)
        if update is None:
            return ECHO_SECONDS
        current = history.current(owner, revisions, update)
        now = utc_now()
        try:
            await self._act(owner, plan.crew(owner, pods), (current, update), now)
        finally:
            wanted = status(owner, pods, current.meta.name, update.meta.name, now)
            await write_status(self._world.client, STATEFUL_SETS, owner.meta, owner.status, wanted)
        live = {
            current.meta.name,
            update.meta.name,
            *(pod.meta.labels.get(REVISION_LABEL, "") for pod in pods),
        }
        for each in history.surplus(owner, revisions, live):
            await self._writer.delete_revision(owner, each)
        return seconds_until_available(pods, owner.min_ready_seconds, now)

    async def _present(self, owner: StatefulSet, revisions: list[Revision]) -> Revision | None:
        """The revision of the present template; None where it was written just now."""
        match history.present(owner, revisions):
            case history.Known(revision):
                return revision
            case history.Renumber(revision, number):
                await self._writer.renumber(owner, revision, number)
            case history.Create(body) if not owner.meta.deleting:
                await self._writer.create_revision(owner, body)
            case _:
                pass
        return None

    async def _act(
        self, owner: StatefulSet, crew: plan.Crew, revisions: tuple[Revision, Revision], now: datetime
    ) -> None:
        current, update = revisions
        for step in plan.steps(owner, crew, update.meta.name, now):
            match step:
                case plan.Create(ordinal, updated):
                    await self._writer.create_pod(owner, update if updated else current, ordinal)
                case plan.Delete(pod):
                    await self._writer.delete_pod(owner, pod)
        if owner.claims and not owner.meta.deleting:
            for pod in (*crew.wanted.values(), *crew.condemned):
                await self._writer.keep_claims(owner, pod)


def _named(owner: StatefulSet, pod: Pod) -> bool:
    """Ours already, or an orphan with a name that ours have."""
    return pod.meta.controller == owner.meta.uid or owner.ordinal_of(pod.meta.name) is not None
