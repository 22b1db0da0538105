"""The service account controller: every namespace has an account called `default`, which its pods run as."""

from typing import Final

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import SERVICE_ACCOUNTS
from mockcloud.controllers.machinery.workqueue import WorkQueue
from mockcloud.controllers.machinery.world import World

NAME: Final = "default"
# What a create may meet in a namespace that ends, or where somebody else was first.
_SETTLED: Final = (403, 404, 409)


class AccountLoop:
    """`queue.run` is the controller. Its keys are ("", namespace)."""

    def __init__(self, world: World) -> None:
        self.queue = WorkQueue("service account", self.sync)
        self._world = world
        world.namespaces.subscribe(lambda key, _old, _new: self.queue.add(key))
        world.feeds[SERVICE_ACCOUNTS].subscribe(self._account_changed)

    async def sync(self, key: Key) -> float | None:
        """Make the account where it is missing."""
        namespace = self._world.namespaces.get(key)
        present = self._world.feeds[SERVICE_ACCOUNTS].informer.items
        if namespace is None or namespace.deleting or (key[1], NAME) in present:
            return None
        meta = {"name": NAME, "namespace": key[1]}
        try:
            await self._world.client.create(
                SERVICE_ACCOUNTS, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}
            )
        except ApiError as error:
            if error.status not in _SETTLED:
                raise
        return None

    def _account_changed(self, key: Key, _old: Object | None, new: Object | None) -> None:
        if new is None and key[1] == NAME:
            self.queue.add(("", key[0]))
