"""The resource quota controller: what admission charged, and what is free again.

It counts what the API lists at that moment, and writes on the condition that nothing was charged since: so no
object that is made meanwhile is forgotten.
"""

from collections.abc import Hashable, Iterator
from functools import partial
from typing import Final

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import PERSISTENT_VOLUME_CLAIMS, RESOURCE_QUOTAS, SERVICES, Resource
from mockcloud.controllers.objects.metadata import Meta, parse_meta
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.informers import SharedInformer
from mockcloud.controllers.runtime.served_kinds import ServedKind
from mockcloud.controllers.runtime.workqueue import WorkQueue
from mockcloud.quotas.quantities import texts
from mockcloud.quotas.quota import counted, wanted
from mockcloud.quotas.usage import resources_of

CHANGING: Final = (PERSISTENT_VOLUME_CLAIMS, SERVICES)
"""What may use up less than before when it is changed."""
ENDED: Final = ("Succeeded", "Failed")


class ResourceQuotaController:
    """`queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext, kinds: list[ServedKind]) -> None:
        self.queue = WorkQueue("resourcequota", self.sync_quota, workers=2)
        self._client = context.client
        self._quotas = context.collection(RESOURCE_QUOTAS, parse_meta, _namespace)
        self._kinds: dict[str, Resource] = {}  # by the name that quotas have for it
        self._quotas.subscribe(self._quota_changed)
        for kind in kinds:
            if kind.resource in context.informers:
                self.join(kind, context.informers[kind.resource])

    def join(self, kind: ServedKind, informer: SharedInformer) -> None:
        """Objects of the kind can be counted from now on."""
        if kind.resource.namespaced:
            self._kinds[_name(kind.resource)] = kind.resource
            informer.subscribe(partial(self._object_changed, kind.resource in CHANGING))

    def leave(self, kind: ServedKind) -> None:
        """There is none any more."""
        self._kinds.pop(_name(kind.resource), None)

    async def sync_quota(self, key: Key) -> None:
        """Write what is used now."""
        if self._quotas.get(key) is None:
            return
        try:
            stored = await self._client.get(RESOURCE_QUOTAS, key[1], key[0])
        except ApiError as error:
            if error.status == 404:
                return
            raise
        quota = wanted(stored)
        held: list[tuple[str, Object]] = []
        for name in sorted(resources_of(quota.hard)):
            resource = self._kinds.get(name)
            if resource is not None:
                found = await self._client.list(resource, namespace=key[0])
                held += [(name, each) for each in found["items"]]
        status = {"hard": texts(quota.hard), "used": counted(quota, held)}
        if (stored.get("status") or {}) == status:
            return
        version = {"resourceVersion": stored["metadata"]["resourceVersion"]}
        patch = {"metadata": version, "status": _replacing(stored, status)}
        await self._client.patch(RESOURCE_QUOTAS, key[1], patch, namespace=key[0], subresource="status")

    def _quota_changed(self, key: Key, _old: Meta | None, new: Meta | None) -> None:
        obj = self._quotas.raw(key)
        if new is None or obj is None:
            return
        hard = texts(wanted(obj).hard)
        status = obj.get("status") or {}
        if status.get("hard", {}) != hard or set(status.get("used", {})) != set(hard):
            self.queue.add(key)

    def _object_changed(self, changing: bool, key: Key, old: Object | None, new: Object | None) -> None:
        """Wake the namespace's quotas where something is free again."""
        shrinks = changing and old is not None and new is not None and old["spec"] != new["spec"]
        if new is None or shrinks or (_ended(new) and not _ended(old)):
            for each in self._quotas.having(("namespace", key[0])):
                self.queue.add(each.key)


def _namespace(meta: Meta) -> Iterator[Hashable]:
    yield "namespace", meta.namespace


def _name(resource: Resource) -> str:
    """`deployments.apps`, as quotas name it."""
    group = resource.group_version.rpartition("/")[0]
    return f"{resource.plural}.{group}" if group else resource.plural


def _ended(obj: Object | None) -> bool:
    return obj is not None and (obj.get("status") or {}).get("phase") in ENDED


def _replacing(stored: Object, status: Object) -> Object:
    """A merge patch to exactly this status."""
    before = stored.get("status") or {}
    return {key: {**dict.fromkeys(before.get(key) or {}), **amounts} for key, amounts in status.items()}
