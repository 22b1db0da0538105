"""Custom kinds: watched from when they are established until their CustomResourceDefinition has gone."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final, Protocol

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import CUSTOM_RESOURCE_DEFINITIONS, Resource
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.informers import SharedInformer
from mockcloud.controllers.runtime.served_kinds import ServedKind

AGAIN_SECONDS: Final = 1.0
"""Until the API is asked again for a kind that it does not serve yet, or has just ceased to."""

LOG: Final = logging.getLogger(__name__)


class Follower(Protocol):
    """A controller that has to do with objects of every kind."""

    def join(self, kind: ServedKind, informer: SharedInformer) -> None:
        """A kind is served from now on; its informer does not run yet."""

    def leave(self, kind: ServedKind) -> None:
        """A kind is served no more, and its objects are gone."""


class CustomKinds:
    """Starts an informer for each custom kind, and ends it; to be made before the informers run."""

    def __init__(
        self, context: ControllerContext, followers: Iterable[Follower], group: asyncio.TaskGroup
    ) -> None:
        self._client = context.client
        self._followers = tuple(followers)
        self._group = group
        self._running: dict[Key, tuple[ServedKind, SharedInformer, asyncio.Task[None]]] = {}
        context.informer(CUSTOM_RESOURCE_DEFINITIONS).subscribe(self._changed)

    def _changed(self, key: Key, _old: Object | None, new: Object | None) -> None:
        kind = served_kind(new) if new else None
        if key in self._running and self._running[key][0] != kind:
            self._end(key)
        if kind is not None and key not in self._running:
            self._begin(key, kind)

    def _begin(self, key: Key, kind: ServedKind) -> None:
        informer = SharedInformer(self._client, kind.resource)
        for follower in self._followers:
            follower.join(kind, informer)
        task = self._group.create_task(_followed(informer), name=f"watch {kind.resource.plural}")
        self._running[key] = (kind, informer, task)

    def _end(self, key: Key) -> None:
        kind, informer, task = self._running.pop(key)
        task.cancel()
        informer.forget()
        for follower in self._followers:
            follower.leave(kind)


def served_kind(definition: Object) -> ServedKind | None:
    """What is watched of an established definition: the version that is stored, where it is served."""
    spec, conditions = definition["spec"], definition.get("status", {}).get("conditions") or []
    if not any((each["type"], each["status"]) == ("Established", "True") for each in conditions):
        return None
    served = [each for each in spec["versions"] if each["served"]]
    if not served:
        return None
    version = next((each for each in served if each["storage"]), served[0])["name"]
    group, names = spec["group"], definition["status"]["acceptedNames"]
    resource = Resource(f"{group}/{version}", names["plural"], spec["scope"] == "Namespaced")
    return ServedKind(resource, group, names["kind"])


async def _followed(informer: SharedInformer) -> None:
    """Follow the kind for ever; that it is not served at the moment is no reason to end."""
    while True:
        try:
            await informer.follow_api()
        except ApiError as error:
            if error.status not in (404, 405):
                raise
            LOG.debug("%s: %s", informer.resource.plural, error)
        await asyncio.sleep(AGAIN_SECONDS)
