"""Keeps ConfigMap kube-root-ca.crt in each namespace."""

from typing import Final

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import CONFIG_MAPS
from mockcloud.controllers.root_ca_cert_publisher.plan import NAME, correction, wanted
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue

# What a write may meet in a namespace that ends, or where somebody else was first: another look follows.
_SETTLED: Final = (403, 404, 409)


class RootCaCertPublisher:
    """`queue.run_workers` is the controller. Its keys are ("", namespace)."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("root CA publisher", self.sync_namespace)
        self._context = context
        self._authorities = context.client.authorities
        self._maps = context.informer(CONFIG_MAPS)
        context.namespaces.subscribe(lambda key, _old, _new: self.queue.add(key))
        self._maps.subscribe(self._map_changed)

    async def sync_namespace(self, key: Key) -> float | None:
        """Make the ConfigMap where it is missing, and right where it is not."""
        namespace = self._context.namespaces.get(key)
        if namespace is None or namespace.deleting:
            return None
        present = self._maps.informer.items.get((key[1], NAME))
        try:
            if present is None:
                await self._context.client.create(CONFIG_MAPS, wanted(key[1], self._authorities))
            elif patch := correction(present, self._authorities):
                await self._context.client.patch(CONFIG_MAPS, NAME, patch, namespace=key[1])
        except ApiError as error:
            if error.status not in _SETTLED:
                raise
        return None

    def _map_changed(self, key: Key, _old: Object | None, _new: Object | None) -> None:
        if key[1] == NAME:
            self.queue.add(("", key[0]))
