"""The namespace controller: empties a namespace that is being deleted, then lets it go."""

import asyncio
from collections.abc import Iterable
from typing import Final

from mockcloud.client.errors import ApiError
from mockcloud.client.informer import OnChange
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import NAMESPACES, Resource
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.informers import SharedInformer
from mockcloud.controllers.runtime.served_kinds import ServedKind
from mockcloud.controllers.runtime.workqueue import WorkQueue

FINALIZER: Final = "kubernetes"


class NamespaceController:
    """`queue.run_workers` is the controller. Its keys are ("", namespace)."""

    def __init__(self, context: ControllerContext, kinds: Iterable[ServedKind]) -> None:
        self.queue = WorkQueue("namespace", self.sync_namespace, workers=2)
        self._context = context
        self._resources = [kind.resource for kind in kinds if kind.resource.namespaced]
        context.namespaces.subscribe(lambda key, _old, _new: self.queue.add(key))
        for resource in self._resources:
            if resource in context.informers:
                context.informers[resource].subscribe(self._listener())

    def join(self, kind: ServedKind, informer: SharedInformer) -> None:
        """Empty namespaces of a custom kind, too."""
        if kind.resource.namespaced:
            self._resources.append(kind.resource)
            informer.subscribe(self._listener())

    def leave(self, kind: ServedKind) -> None:
        """It is served no more: no namespace has any of it."""
        if kind.resource in self._resources:
            self._resources.remove(kind.resource)

    async def sync_namespace(self, key: Key) -> float | None:
        """Delete what is in it; once nothing is, remove the finalizer that held it."""
        obj = self._context.namespaces.raw(key)
        if obj is None or "deletionTimestamp" not in obj["metadata"]:
            return None
        if FINALIZER not in (obj["spec"].get("finalizers") or ()):
            return None
        left = await asyncio.gather(*(self._empty(each, key[1]) for each in self._resources))
        if any(left):
            return None  # each object's end wakes us again
        kept = [each for each in obj["spec"]["finalizers"] if each != FINALIZER]
        body = {**obj, "spec": {**obj["spec"], "finalizers": kept}}
        try:
            await self._context.client.replace(NAMESPACES, body, subresource="finalize")
        except ApiError as error:
            if error.status != 404:
                raise
        return None

    def _listener(self) -> OnChange:
        def changed(key: Key, old: Object | None, new: Object | None) -> None:
            """What vanished may have been the last; what appeared late must go as well."""
            namespace = self._context.namespaces.get(("", key[0]))
            if namespace and namespace.deleting and (old is None or new is None):
                self.queue.add(namespace.key)

        return changed

    async def _empty(self, resource: Resource, namespace: str) -> int:
        """Delete all of one kind; how many are left (they may wait for finalizers, or for their node)."""
        client = self._context.client
        try:
            found = (await client.list(resource, namespace=namespace)).get("items") or []
        except ApiError as error:
            if error.status == 404 and resource not in self._context.informers:
                return 0  # a custom kind that has just gone, and its objects with it
            raise
        metas = [each["metadata"] for each in found]
        await asyncio.gather(
            *(
                client.delete(resource, meta["name"], namespace=namespace, uid=meta["uid"])
                for meta in metas
                if "deletionTimestamp" not in meta
            )
        )
        return len((await client.list(resource, namespace=namespace)).get("items") or []) if metas else 0
