"""The interfaces that speakers announce on: how steady our own are, and whose MACs are ours.

An interface that comes back after a cut is not steady until the return delay has passed: a switch may hold
its port shut for that long, and one that flaps would move addresses with each flap.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from baremetal_lb.model.membership import Record, Uplink

MOST: Final = 8  # that are told of, so that a heartbeat stays small
ROOM: Final = 128  # bytes of them all
KEPT: Final = 600.0  # seconds for which a MAC that is told of no more still counts as ours
_FIXED: Final = 8  # bytes of one, beside its name
_NEVER: Final = float("inf")


def size(uplink: Uplink) -> int:
    """The bytes that it takes in a heartbeat."""
    return _FIXED + len(uplink.name.encode(errors="replace"))


def fitting(uplinks: Iterable[Uplink]) -> Iterator[Uplink]:
    """The first ones that there is room for."""
    room = ROOM
    for count, each in enumerate(uplinks):
        room -= size(each)
        if count == MOST or room < 0:
            return
        yield each


@dataclass(slots=True)
class Uplinks:
    """Our own. `wait`: seconds until one that came later counts as steady."""

    wait: float
    _there: dict[str, Uplink] | None = None  # None: nothing was said yet
    _steady_at: dict[str, float] = field(default_factory=dict)

    def see(self, found: Sequence[Uplink], now: float, *, alone: bool) -> bool:
        """These are there; the first are taken as they are. Whether there was none for a while before.

        `alone`: nobody else has one that is steady, so that there is nobody to leave addresses to.
        """
        known = self._there
        kept = list(fitting(found))
        since = now if known is None or alone else now + self.wait
        self._steady_at = {each.name: self._steady_at.get(each.name, since) for each in kept}
        self._there = {each.name: each for each in kept}
        return known == {} and bool(kept)

    def told(self, now: float) -> tuple[Uplink, ...]:
        """As our record has them."""
        there = (self._there or {}).values()
        return tuple(replace(each, steady=now >= self._steady_at[each.name]) for each in there)

    def wake_at(self, now: float) -> float:
        """When the next one becomes steady."""
        return min((at for at in self._steady_at.values() if at > now), default=_NEVER)


@dataclass(slots=True)
class KnownMacs:
    """The MACs of all speakers that we know of, the dead ones too."""

    macs: frozenset[bytes] = frozenset()
    _told_at: dict[bytes, float] = field(default_factory=dict)

    def call(self, records: Iterable[Record], now: float) -> None:
        """They are those that the records have, and for a while those that they had."""
        for record in records:
            for each in record.uplinks:
                self._told_at[each.mac] = now
        self._told_at = {mac: at for mac, at in self._told_at.items() if at >= now - KEPT}
        self.macs = frozenset(self._told_at)
