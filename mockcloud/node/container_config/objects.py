"""The ConfigMaps, Secrets and Services that pods of this node are made from, kept true by watches."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from mockcloud.client.informer import Informer, Key
from mockcloud.client.resources import CONFIG_MAPS, SECRETS
from mockcloud.client.rest import Client
from mockcloud.node.pods.files.sources import Kind
from mockcloud.node.pods.rendering import Find

Object = dict[str, Any]
RESOURCES: Final = {Kind.CONFIG_MAP: CONFIG_MAPS, Kind.SECRET: SECRETS}
OnChange = Callable[[Kind, Key], None]


class ClusterObjects:
    """Nothing is watched before the first pod asks for something: most pods need none of it."""

    def __init__(self, client: Client, services: Informer) -> None:
        self.on_change: OnChange | None = None
        self._services = services
        self._informers = {kind: Informer(client, resource) for kind, resource in RESOURCES.items()}
        self._wanted = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        await self._wanted.wait()
        async with asyncio.TaskGroup() as group:
            for kind, informer in self._informers.items():
                group.create_task(informer.run(self._reporter(kind)), name=f"watch {kind}s")

    async def ready(self, *, files: bool) -> None:
        """Services are known and, with `files`, all ConfigMaps and Secrets."""
        await self._services.synced.wait()
        if files:
            self._wanted.set()
            for informer in self._informers.values():
                await informer.synced.wait()

    def finder(self, namespace: str) -> Find:
        """Finds the objects of that namespace, as they are now."""

        def find(kind: Kind, name: str) -> Object | None:
            return self._informers[kind].items.get((namespace, name))

        return find

    @property
    def services(self) -> Mapping[Key, Object]:
        """All Services."""
        return self._services.items

    def _reporter(self, kind: Kind) -> Callable[[Key, Object | None, Object | None], None]:
        def report(key: Key, _old: Object | None, _new: Object | None) -> None:
            if self.on_change is not None and self._informers[kind].synced.is_set():
                self.on_change(kind, key)

        return report
