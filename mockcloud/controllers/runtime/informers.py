"""Shared informers: one watch a kind, any number of listeners; and typed, indexed views of what they hold."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from mockcloud.client.informer import Informer, OnChange
from mockcloud.client.objects import Key, Object
from mockcloud.client.odd import readable, skipping
from mockcloud.client.resources import Resource
from mockcloud.client.rest import Client

View = TypeVar("View")


class SharedInformer:
    """One kind's informer and those who listen to it; subscribe before it runs."""

    def __init__(self, client: Client, resource: Resource) -> None:
        self.resource = resource
        self.informer = Informer(client, resource)
        self._listeners: list[OnChange] = []

    def subscribe(self, listener: OnChange) -> None:
        """Have each change told, in the order of subscription."""
        self._listeners.append(listener)

    async def follow_api(self) -> None:
        """Tell every change, for ever."""
        await self.informer.run(self._notify)

    def forget(self) -> None:
        """Tell that all objects are gone, as they are with their kind."""
        for key, obj in list(self.informer.items.items()):
            del self.informer.items[key]
            self._notify(key, obj, None)

    def _notify(self, key: Key, old: Object | None, new: Object | None) -> None:
        for listener in self._listeners:
            with skipping(self.resource.plural, key):
                listener(key, old, new)


def not_indexed(_view: object) -> Iterable[Hashable]:
    """For a collection whose objects are found by their key only."""
    return ()


class Collection(Generic[View]):
    """An informer's objects, parsed once each, and found by index keys (owner, node, label...)."""

    def __init__(
        self,
        shared: SharedInformer,
        parse: Callable[[Object], View],
        index: Callable[[View], Iterable[Hashable]] = not_indexed,
    ) -> None:
        self.shared = shared
        self._parse = parse
        self._index = index
        self._views: dict[Key, View] = {}
        self._index_keys_of: dict[Key, tuple[Hashable, ...]] = {}
        self._indexed: dict[Hashable, dict[Key, None]] = {}
        self._listeners: list[Callable[[Key, View | None, View | None], None]] = []
        shared.subscribe(self._change)

    @property
    def informer(self) -> Informer:
        """What follows the API for it."""
        return self.shared.informer

    def subscribe(self, listener: Callable[[Key, View | None, View | None], None]) -> None:
        """Have each change told as (key, old view, new view); equal views are told too."""
        self._listeners.append(listener)

    def get(self, key: Key) -> View | None:
        """The view, or None where there is no such object."""
        return self._views.get(key)

    def raw(self, key: Key) -> Object | None:
        """The object as the API gave it; not to be changed."""
        return self.informer.items.get(key)

    def having(self, *index_keys: Hashable) -> list[View]:
        """The views that are indexed under the first key, then those under the next..."""
        return [self._views[key] for each in index_keys for key in self._indexed.get(each, ())]

    def all(self) -> list[View]:
        """Every view."""
        return list(self._views.values())

    def _change(self, key: Key, _old: Object | None, new: Object | None) -> None:
        """Take the change in; an object that cannot be read is none, to all controllers."""
        before = self._views.pop(key, None)
        self._unindex(key)
        after = readable(f"{self.shared.resource.plural} (controllers)", key, self._parse, new)
        if after is not None:
            with skipping(self.shared.resource.plural, key):
                index_keys = self._index_keys_of[key] = tuple(dict.fromkeys(self._index(after)))
                for index_key in index_keys:
                    self._indexed.setdefault(index_key, {})[key] = None
            self._views[key] = after
        for listener in self._listeners:
            with skipping(self.shared.resource.plural, key):
                listener(key, before, after)

    def _unindex(self, key: Key) -> None:
        for index_key in self._index_keys_of.pop(key, ()):
            keys = self._indexed[index_key]
            keys.pop(key, None)
            if not keys:
                del self._indexed[index_key]
