"""Prepared answers, kept until a name that they depend on changes or too many are kept."""

from collections.abc import Iterable
from typing import Final

from mockcloud.dns.decide.names import Name
from mockcloud.dns.wire.prepared import Prepared

MOST: Final = 8192


class AnswerCache:
    """By key; the oldest goes first. Bounded, whatever is asked."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._entries: dict[bytes, Prepared] = {}
        self._depends: dict[bytes, frozenset[Name]] = {}
        self._keys: dict[Name, set[bytes]] = {}
        self.get = self._entries.get  # the hot path's one look-up

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, key: bytes, prepared: Prepared, depends: frozenset[Name]) -> None:
        """Keep it under that key."""
        self._drop(key)
        if len(self._entries) >= self._most:
            self._drop(next(iter(self._entries)))
        self._entries[key] = prepared
        self._depends[key] = depends
        for name in depends:
            self._keys.setdefault(name, set()).add(key)

    def forget(self, names: Iterable[Name]) -> None:
        """Drop all that depends on one of the names."""
        for name in names:
            for key in tuple(self._keys.get(name, ())):
                self._drop(key)

    def clear(self) -> None:
        """Drop everything."""
        for kept in (self._entries, self._depends, self._keys):
            kept.clear()

    def _drop(self, key: bytes) -> None:
        if self._entries.pop(key, None) is None:
            return
        for name in self._depends.pop(key):
            keys = self._keys[name]
            keys.discard(key)
            if not keys:
                del self._keys[name]
