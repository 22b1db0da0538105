"""Garbage collection: what a deleted owner leaves behind goes too, of whatever kind."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from mockcloud.client.errors import ApiError
from mockcloud.client.informer import OnChange
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import EVENTS, Resource
from mockcloud.controllers.adoption.writer import remove_owners
from mockcloud.controllers.garbage_collector import plan
from mockcloud.controllers.garbage_collector.plan import (
    Decision,
    Delete,
    Nothing,
    OwnerState,
    RemoveFinalizer,
    RemoveOwners,
)
from mockcloud.controllers.objects.metadata import Meta, Owner, parse_meta
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.informers import SharedInformer
from mockcloud.controllers.runtime.served_kinds import ServedKind
from mockcloud.controllers.runtime.workqueue import WorkQueue

REMEMBERED: Final = 10_000


class GarbageCollector:
    """A graph of all objects by uid; `queue.run_workers` is the collector. Its keys are ("", uid)."""

    def __init__(self, context: ControllerContext, kinds: Iterable[ServedKind]) -> None:
        self.queue = WorkQueue("garbage", self.sync_object, workers=8)
        self._context = context
        self._recorder = context.recorder("garbage-collector-controller")
        self._kinds = {(kind.group, kind.name): kind.resource for kind in kinds}
        self._objects: dict[str, tuple[Resource, Meta]] = {}
        self._dependents: dict[str, set[str]] = {}  # owner's uid -> uids
        self._gone: OrderedDict[str, None] = OrderedDict()  # uids of which we know that they are no more
        for resource, informer in context.informers.items():
            if resource != EVENTS:
                informer.subscribe(self._listener(resource))

    def join(self, kind: ServedKind, informer: SharedInformer) -> None:
        """Follow a custom kind."""
        self._kinds[kind.group, kind.name] = kind.resource
        informer.subscribe(self._listener(kind.resource))

    def leave(self, kind: ServedKind) -> None:
        """It is served no more."""
        self._kinds.pop((kind.group, kind.name), None)

    async def sync_object(self, key: Key) -> float | None:
        """Judge one object, as a dependent and as an owner."""
        known = self._objects.get(key[1])
        if known is None:
            return None
        resource, meta = known
        states = {owner.uid: state for owner in meta.owners if (state := await self._state(meta, owner))}
        self._record_owners_elsewhere(resource, meta)
        dependents = [self._objects[uid][1] for uid in self._dependents.get(meta.uid, ())]
        decision: Decision = plan.decide_dependent(meta, states, dependents)
        if isinstance(decision, Nothing):
            decision = plan.decide_owner(meta, dependents)
        try:
            await self._perform(resource, meta, decision)
        except ApiError as error:
            if error.status != 404:
                raise
        return None

    def _record_owners_elsewhere(self, resource: Resource, meta: Meta) -> None:
        """An Event for each owner of another namespace, since the dependent is about to go without a word."""
        for owner in meta.owners:
            known = self._objects.get(owner.uid)
            if known and plan.elsewhere(meta, known[1].namespace):
                kind = next((kind for (_, kind), each in self._kinds.items() if each == resource), "")
                named = {"name": meta.name, "namespace": meta.namespace, "uid": meta.uid}
                obj: Object = {"apiVersion": resource.group_version, "kind": kind, "metadata": named}
                message = plan.not_there(meta, owner)
                self._recorder.record(obj, "OwnerRefInvalidNamespace", message, warning=True)

    def _listener(self, resource: Resource) -> OnChange:
        def changed(_key: Key, old: Object | None, new: Object | None) -> None:
            before = self._objects.get(old["metadata"]["uid"]) if old else None
            after = parse_meta(new) if new else None
            if before:
                self._unlink(before[1])
            if after:
                self._link(resource, after)
            if before and not after:
                self._lose(before[1])
            elif after and (before is None or _matters(before[1]) != _matters(after)):
                self._rethink(after)
                for owner in before[1].owners if before else ():  # one that let go of it may have waited
                    self.queue.add(("", owner.uid))

        return changed

    def _link(self, resource: Resource, meta: Meta) -> None:
        self._objects[meta.uid] = (resource, meta)
        for owner in meta.owners:
            self._dependents.setdefault(owner.uid, set()).add(meta.uid)

    def _unlink(self, meta: Meta) -> None:
        self._objects.pop(meta.uid, None)
        for owner in meta.owners:
            uids = self._dependents.get(owner.uid, set())
            uids.discard(meta.uid)
            if not uids:
                self._dependents.pop(owner.uid, None)

    def _lose(self, meta: Meta) -> None:
        self._remember_gone(meta.uid)
        for uid in self._dependents.get(meta.uid, ()):
            self.queue.add(("", uid))
        for owner in meta.owners:  # a foreground deletion may have waited for this one
            self.queue.add(("", owner.uid))

    def _rethink(self, meta: Meta) -> None:
        if meta.owners or meta.deleting:
            self.queue.add(("", meta.uid))
        if meta.deleting:
            for uid in self._dependents.get(meta.uid, ()):
                self.queue.add(("", uid))
        for owner in meta.owners:
            self.queue.add(("", owner.uid))

    async def _state(self, dependent: Meta, owner: Owner) -> OwnerState | None:
        """What became of the owner. None where it cannot be told: a kind that this API does not serve."""
        known = self._objects.get(owner.uid)
        if known is not None and plan.reachable(dependent, owner, known[1].namespace):
            return plan.state_of(known[1])
        if owner.uid in self._gone or known is not None:
            return OwnerState(gone=True)
        resource = self._kinds.get((owner.api_version.rpartition("/")[0], owner.kind))
        if resource is None:
            return None
        # Its event may be on its way still: only the API itself can say that it is not there.
        found = await self._look_up(resource, dependent.namespace, owner.name)
        if found is not None and found.uid == owner.uid:
            return plan.state_of(found)
        self._remember_gone(owner.uid)
        return OwnerState(gone=True)

    async def _look_up(self, resource: Resource, namespace: str, name: str) -> Meta | None:
        try:
            return parse_meta(await self._context.client.get(resource, name, namespace or None))
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    async def _perform(self, resource: Resource, meta: Meta, decision: Decision) -> None:
        client = self._context.client
        match decision:
            case Delete(policy, unblock):
                if unblock:
                    patch: Object = {"metadata": {"uid": meta.uid, "ownerReferences": plan.unblocked(meta)}}
                    await client.patch(resource, meta.name, patch, namespace=meta.namespace or None)
                options: Object = {"propagationPolicy": policy, "preconditions": {"uid": meta.uid}}
                await client.delete_with(resource, meta.name, options, namespace=meta.namespace or None)
            case RemoveOwners(uids):
                await remove_owners(client, resource, meta, uids)
            case RemoveFinalizer(finalizer):
                kept = [each for each in meta.finalizers if each != finalizer]
                patch = {"metadata": {"uid": meta.uid, "finalizers": kept or None}}
                await client.patch(resource, meta.name, patch, namespace=meta.namespace or None)

    def _remember_gone(self, uid: str) -> None:
        self._gone[uid] = None
        while len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)


def _matters(meta: Meta) -> tuple[object, ...]:
    return meta.owners, meta.deleting, meta.finalizers
