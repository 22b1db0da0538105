"""An address that changes hands: whoever leaves it must be seen without it before another is seen with it.

A status is what others act on, speakers among them. Two Services that do not share an address must never
show it at once, so a status that gains an address waits until no other, that is to lose it, shows it still.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from baremetal_lb.model.api_names import (
    Reason,
)

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import Outcome


@dataclass(slots=True)
class Shown:
    """What each Service's status shows, as last seen, beside what was decided for it."""

    _shown: dict[ObjectKey, tuple[IPAddress, ...]] = field(default_factory=dict)
    _decided: dict[ObjectKey, tuple[IPAddress, ...]] = field(default_factory=dict)
    _leaving: dict[IPAddress, dict[ObjectKey, None]] = field(default_factory=dict)  # shown, not decided

    def see(self, key: ObjectKey, addresses: tuple[IPAddress, ...]) -> None:
        """A Service's status shows these, and no others."""
        self._enter(self._shown, key, addresses)

    def decide(self, key: ObjectKey, addresses: tuple[IPAddress, ...]) -> None:
        """A Service is to have these, and no others."""
        self._enter(self._decided, key, addresses)

    def of(self, key: ObjectKey) -> tuple[IPAddress, ...]:
        """The addresses that a Service's status shows."""
        return self._shown.get(key, ())

    def awaited(self, key: ObjectKey) -> tuple[ObjectKey, IPAddress] | None:
        """A Service that still shows an address that `key` is to gain, and the address; else None."""
        for address in self._decided.get(key, ()):
            if address in self._leaving and address not in self.of(key):
                return next(iter(self._leaving[address])), address
        return None

    def _enter(
        self,
        memory: dict[ObjectKey, tuple[IPAddress, ...]],
        key: ObjectKey,
        addresses: tuple[IPAddress, ...],
    ) -> None:
        for address in self._left_by(key):
            self._leaving[address].pop(key)
            if not self._leaving[address]:
                del self._leaving[address]
        memory.pop(key, None)
        if addresses:
            memory[key] = addresses
        for address in self._left_by(key):
            self._leaving.setdefault(address, {})[key] = None

    def _left_by(self, key: ObjectKey) -> list[IPAddress]:
        decided = self._decided.get(key, ())
        return [address for address in self.of(key) if address not in decided]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be written of a Service until this other one has been seen to change."""

    other: ObjectKey


@dataclass(slots=True)
class Turns:
    """Who waits for whom. Where they wait in a circle, as those that swap addresses, one lets go first."""

    _awaited: dict[ObjectKey, ObjectKey] = field(default_factory=dict)
    _waiters: dict[ObjectKey, dict[ObjectKey, None]] = field(default_factory=dict)

    def next_step(self, key: ObjectKey, mine: Outcome | None, shown: Shown) -> Outcome | Wait | None:
        """What may be written of a Service's outcome now; None where it has none."""
        self._leave(key)
        found = shown.awaited(key)
        if mine is None or found is None:
            return mine
        other, address = found
        kept = tuple(each for each in mine.addresses if each in shown.of(key))
        if kept == shown.of(key) or not self._leads_to(other, key):
            self._awaited[key] = other
            self._waiters.setdefault(other, {})[key] = None
            return Wait(other)
        text = f"{address}: on its way here from {other}"
        pool = mine.pool if kept else None
        return replace(mine, addresses=kept, pool=pool, reason=Reason.IN_USE, message=text)

    def is_waiting(self, key: ObjectKey) -> bool:
        """Whether a Service waits for another."""
        return key in self._awaited

    def waiting_for(self, other: ObjectKey) -> list[ObjectKey]:
        """Those to be looked at again after a change of another Service; after that one itself."""
        return list(self._waiters.get(other, ()))

    def _leave(self, key: ObjectKey) -> None:
        other = self._awaited.pop(key, None)
        if other is not None:
            self._waiters[other].pop(key)
            if not self._waiters[other]:
                del self._waiters[other]

    def _leads_to(self, start: ObjectKey, end: ObjectKey) -> bool:
        """Whether `start`, or whoever it waits for, waits for `end`, as far as is known."""
        seen: set[ObjectKey] = set()  # who has let go is waited for until those who wait hear of it
        at: ObjectKey | None = start
        while at is not None and at != end and at not in seen:
            seen.add(at)
            at = self._awaited.get(at)
        return at == end
