"""The namespace controller: empties a namespace that is being deleted, then lets it go."""

import asyncio
from collections.abc import Iterable
from typing import Final

from mockcloud.client.clock import seconds_text, utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.informer import OnChange
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import NAMESPACES, PODS, Resource
from mockcloud.controllers.namespace.conditions import conditions
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
        left = await self._emptied(key[1])
        if left:
            await self._tell(obj, left)
            return None  # each object's end wakes us again
        kept = [each for each in obj["spec"]["finalizers"] if each != FINALIZER]
        body = {**obj, "spec": {**obj["spec"], "finalizers": kept}}
        try:
            await self._context.client.replace(NAMESPACES, body, subresource="finalize")
        except ApiError as error:
            if error.status != 404:
                raise
        return None

    async def _emptied(self, namespace: str) -> dict[str, list[Object]]:
        """What is left, by resource. Pods go first: what they are made from outlives them (KEP-5080)."""
        if pods := await self._empty(PODS, namespace):
            return {_named(PODS): pods}
        others = [each for each in self._resources if each != PODS]
        found = await asyncio.gather(*(self._empty(each, namespace) for each in others))
        return {_named(each): objects for each, objects in zip(others, found, strict=True) if objects}

    async def _tell(self, namespace: Object, left: dict[str, list[Object]]) -> None:
        old = namespace.get("status", {}).get("conditions") or []
        now = conditions(left, old, seconds_text(utc_now()))
        if now == old:
            return
        meta, patch = namespace["metadata"], {"status": {"conditions": now}}
        patch["metadata"] = {"uid": meta["uid"]}
        try:
            await self._context.client.patch(NAMESPACES, meta["name"], patch, subresource="status")
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    def _listener(self) -> OnChange:
        def changed(key: Key, old: Object | None, new: Object | None) -> None:
            """What vanished may have been the last; what appeared late must go as well."""
            namespace = self._context.namespaces.get(("", key[0]))
            if namespace and namespace.deleting and (old is None or new is None):
                self.queue.add(namespace.key)

        return changed

    async def _empty(self, resource: Resource, namespace: str) -> list[Object]:
        """Delete all of one kind; those that are left (they may wait for finalizers, or for their node)."""
        client = self._context.client
        try:
            found = (await client.list(resource, namespace=namespace)).get("items") or []
        except ApiError as error:
            if error.status == 404 and resource not in self._context.informers:
                return []  # a custom kind that has just gone, and its objects with it
            raise
        metas = [each["metadata"] for each in found]
        await asyncio.gather(
            *(
                client.delete(resource, meta["name"], namespace=namespace, uid=meta["uid"])
                for meta in metas
                if "deletionTimestamp" not in meta
            )
        )
        return ((await client.list(resource, namespace=namespace)).get("items") or []) if metas else []


def _named(resource: Resource) -> str:
    """As messages name it: `pods.`, `deployments.apps`."""
    return f"{resource.plural}.{resource.group_version.rpartition('/')[0]}"
