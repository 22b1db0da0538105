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
        await self.informer.run(self._tell)

    def _tell(self, key: Key, old: Object | None, new: Object | None) -> None:
        for listener in self._listeners:
            with skipping(self.resource.plural, key):
                listener(key, old, new)


def no_marks(_view: object) -> Iterable[Hashable]:
    """For a collection whose objects are found by their key only."""
    return ()


class Collection(Generic[View]):
    """An informer's objects, parsed once each, and found by marks (owner, node, label...)."""

    def __init__(
        self,
        shared: SharedInformer,
        parse: Callable[[Object], View],
        marks: Callable[[View], Iterable[Hashable]] = no_marks,
    ) -> None:
        self.shared = shared
        self._parse = parse
        self._marks = marks
        self._views: dict[Key, View] = {}
        self._marks_of: dict[Key, tuple[Hashable, ...]] = {}
        self._marked: dict[Hashable, dict[Key, None]] = {}
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

    def having(self, mark: Hashable) -> list[View]:
        """The views that carry the mark."""
        return [self._views[key] for key in self._marked.get(mark, ())]

    def all(self) -> list[View]:
        """Every view."""
        return list(self._views.values())

    def _change(self, key: Key, _old: Object | None, new: Object | None) -> None:
        """Take the change in; an object that cannot be read is none, to all controllers."""
        before = self._views.pop(key, None)
        self._unmark(key)
        after = readable(f"{self.shared.resource.plural} (controllers)", key, self._parse, new)
        if after is not None:
            with skipping(self.shared.resource.plural, key):
                marks = self._marks_of[key] = tuple(dict.fromkeys(self._marks(after)))
                for mark in marks:
                    self._marked.setdefault(mark, {})[key] = None
            self._views[key] = after
        for listener in self._listeners:
            with skipping(self.shared.resource.plural, key):
                listener(key, before, after)

    def _unmark(self, key: Key) -> None:
        for mark in self._marks_of.pop(key, ()):
            keys = self._marked[mark]
            keys.pop(key, None)
            if not keys:
                del self._marked[mark]
