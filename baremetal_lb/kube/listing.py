"""Lists of objects, read once: one that cannot be read is left out, and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from baremetal_lb.kube.convert import object_key
from baremetal_lb.kube.watch import MALFORMED, MOST_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.objects import ObjectKey

T = TypeVar("T")


class Listing:
    """Reads lists; `left_out` says of each object that no reader could read why."""

    def __init__(self) -> None:
        self.left_out: list[str] = []

    def read(
        self, kind: str, items: Iterable[JsonObject], convert: Callable[[JsonObject], T]
    ) -> list[tuple[ObjectKey, T]]:
        """Each object of a kind (`Service`) that can be read."""
        return list(self._read(kind, items, convert))

    def _read(
        self, kind: str, items: Iterable[JsonObject], convert: Callable[[JsonObject], T]
    ) -> Iterator[tuple[ObjectKey, T]]:
        for raw in items:
            key = object_key(raw)
            try:
                yield key, convert(raw)
            except MALFORMED as exc:
                why = f"{type(exc).__name__}: {exc}"[:MOST_WORDS]
                self.left_out.append(f"{kind} {key} cannot be read and is left out: {why}")
