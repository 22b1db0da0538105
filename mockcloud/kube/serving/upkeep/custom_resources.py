"""CustomResourceDefinitions at work: names are given, kinds are served, objects go with their definition.

What apiextensions-apiserver's controllers for naming, establishing, discovery and finalizers do.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.registry import ITSELF, Place, Registry
from mockcloud.kube.resources.apiextensions.definition import CUSTOM_RESOURCE_DEFINITION
from mockcloud.kube.resources.apiextensions.kinds import kinds_of
from mockcloud.kube.resources.apiextensions.names import FINALIZER, emptying, established, named
from mockcloud.kube.resources.apiextensions.specs import is_true
from mockcloud.kube.resources.scheme import AlreadyServed
from mockcloud.kube.storage.store import Change, ObjectTooLarge
from mockcloud.kube.times import rfc3339
from mockcloud.kube.writes.deletion import DeleteOptions
from mockcloud.kube.writes.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.kube.resources.kind import Kind

AGAIN_SECONDS: Final = 5.0
"""Until a definition that could not be seen to is seen to again."""

log = logging.getLogger(__name__)


class CustomResources:
    """Follows the definitions of one registry; `run` is the work of all controllers."""

    def __init__(self, registry: Registry) -> None:
        """Serve what is established already: a server that starts anew serves it from the first request."""
        self._registry = registry
        self._served: dict[str, tuple[object, list[Kind]]] = {}
        self._emptied: dict[str, Callable[[], None]] = {}  # storage -> no longer told of its changes
        self._pending: dict[str, None] = {}
        self._wake = asyncio.Event()
        for stored in registry.store.objects(CUSTOM_RESOURCE_DEFINITION.storage):
            self._add(stored.object["metadata"]["name"])
            if is_true(stored.object, "Established"):
                self._serve(stored.object)

    async def run(self) -> None:
        """See to each definition as it changes, for ever."""
        leave = self._registry.store.subscribe(CUSTOM_RESOURCE_DEFINITION.storage, self._see)
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._pending:
                    name = next(iter(self._pending))
                    del self._pending[name]
                    await self._tried(name)
        finally:
            leave()
            for stop in self._emptied.values():
                stop()

    def _see(self, change: Change) -> None:
        self._add(change.key[1])

    def _add(self, name: str) -> None:
        self._pending[name] = None
        self._wake.set()

    async def _tried(self, name: str) -> None:
        try:
            await self._sync(name)
        except (Refusal, ObjectTooLarge, OSError, AlreadyServed) as exc:
            log.warning("CustomResourceDefinition %s: %s; next try in %g s", name, exc, AGAIN_SECONDS)
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._add, name)

    async def _sync(self, name: str) -> None:
        place = Place(CUSTOM_RESOURCE_DEFINITION, "", name)
        stored = self._registry.store.get(CUSTOM_RESOURCE_DEFINITION.storage, place.key)
        if stored is None:
            self._withdraw(name)
            self._reconsider(name)
            return
        definition = stored.object
        if definition["metadata"].get("deletionTimestamp"):
            await self._end(place, definition)
            return
        settled = self._settled(definition)
        if is_true(settled, "Established"):
            self._serve(settled)
        if settled != definition:
            await self._registry.update(
                Place(CUSTOM_RESOURCE_DEFINITION, "", name, "status"), self._settled, ITSELF
            )
            self._reconsider(name)

    def _settled(self, definition: JsonObject) -> JsonObject:
        """The definition with its names and conditions."""
        name, group = definition["metadata"]["name"], definition["spec"]["group"]
        others = [
            each.object
            for each in self._registry.store.objects(CUSTOM_RESOURCE_DEFINITION.storage)
            if each.object["spec"]["group"] == group and each.object["metadata"]["name"] != name
        ]
        now = rfc3339(self._registry.clock())
        with_names = {**definition, "status": named(definition, others, now)}
        return {**with_names, "status": established(with_names, now)}

    def _reconsider(self, name: str) -> None:
        """Names may be free now that others of the group wait for."""
        group = name.partition(".")[2]
        for stored in self._registry.store.objects(CUSTOM_RESOURCE_DEFINITION.storage):
            other = stored.object
            if other["spec"]["group"] == group and not is_true(other, "NamesAccepted"):
                self._add(other["metadata"]["name"])

    def _serve(self, definition: JsonObject) -> None:
        name, status = definition["metadata"]["name"], object_at(definition, "status")
        metadata = definition["metadata"]
        state = (metadata["uid"], metadata.get("generation"), status.get("acceptedNames"))
        before, kinds = self._served.get(name), kinds_of(definition)
        if before is None or before[0] != state:
            self._withdraw(name)
            for kind in kinds:
                self._registry.scheme.register(kind)
        elif before[1][:1] and before[1][0].verbs != kinds[0].verbs:  # nothing new is made while it ends
            for kind in kinds:
                self._registry.scheme.replace(kind)
        else:
            return
        self._served[name] = (state, kinds)

    def _withdraw(self, name: str) -> None:
        for kind in self._served.pop(name, (None, []))[1]:
            self._registry.scheme.withdraw(kind)

    async def _end(self, place: Place, definition: JsonObject) -> None:
        """Delete the objects; the definition goes when the last of them has."""
        if FINALIZER not in (definition["metadata"].get("finalizers") or ()):
            return
        if is_true(definition, "Established"):
            self._serve(definition)
            now = rfc3339(self._registry.clock())
            status_place = Place(place.kind, "", place.name, "status")
            await self._registry.update(
                status_place, lambda d: {**d, "status": emptying(d["status"], now)}, ITSELF
            )
            if await self._objects_left(place.name):
                return
        await self._registry.update(place, _released, ITSELF)

    async def _objects_left(self, name: str) -> bool:
        kinds = self._served[name][1]
        if not kinds:
            return False
        kind, store = kinds[0].stored, self._registry.store
        if name not in self._emptied:
            self._emptied[name] = store.subscribe(kind.storage, lambda _change: self._add(name))
        for stored in list(store.objects(kind.storage)):
            metadata = stored.object["metadata"]
            if metadata.get("deletionTimestamp"):
                continue  # a finalizer holds it: its end wakes us
            one = Place(kind, metadata.get("namespace") or "", metadata["name"])
            try:
                await self._registry.delete(one, DeleteOptions(), ITSELF)
            except Refusal as refusal:
                if refusal.code != 404:
                    raise
        if any(True for _ in store.objects(kind.storage)):
            return True
        self._emptied.pop(name)()
        return False


def _released(definition: JsonObject) -> JsonObject:
    metadata = definition["metadata"]
    kept = [each for each in metadata.get("finalizers") or () if each != FINALIZER]
    return {**definition, "metadata": {**metadata, "finalizers": kept}}
