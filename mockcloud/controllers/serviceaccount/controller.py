"""The service account controller: every namespace has an account called `default`, which its pods run as."""

from typing import Final

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import SERVICE_ACCOUNTS
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue

NAME: Final = "default"
# What a create may meet in a namespace that ends, or where somebody else was first.
_SETTLED: Final = (403, 404, 409)


class ServiceAccountController:
    """`queue.run_workers` is the controller. Its keys are ("", namespace)."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("service account", self.sync_namespace)
        self._context = context
        self._accounts = context.informer(SERVICE_ACCOUNTS)
        context.namespaces.subscribe(lambda key, _old, _new: self.queue.add(key))
        self._accounts.subscribe(self._account_changed)

    async def sync_namespace(self, key: Key) -> float | None:
        """Make the account where it is missing."""
        namespace = self._context.namespaces.get(key)
        present = self._accounts.informer.items
        if namespace is None or namespace.deleting or (key[1], NAME) in present:
            return None
        meta = {"name": NAME, "namespace": key[1]}
        try:
            await self._context.client.create(
                SERVICE_ACCOUNTS, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}
            )
        except ApiError as error:
            if error.status not in _SETTLED:
                raise
        return None

    def _account_changed(self, key: Key, _old: Object | None, new: Object | None) -> None:
        if new is None and key[1] == NAME:
            self.queue.add(("", key[0]))
