"""Somebody else who writes the same statuses: after a few times we hold back, ever longer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey

AT_ONCE: Final = 3  # times that the same addresses are written anew without a wait
FIRST: Final = 5.0  # seconds that are waited then, and twice as long each time
LONGEST: Final = 300.0
FORGIVEN: Final = 600.0  # seconds without a change by others after which it is as if there had been none


@dataclass(slots=True)
class _Written:
    addresses: tuple[IPAddress, ...]
    at: float
    times: int = 1


@dataclass(slots=True)
class Contention:
    """Told of each write that changes addresses; `wait` is asked before. Seconds of one clock."""

    _written: dict[ObjectKey, _Written] = field(default_factory=dict)

    def see_written(self, key: ObjectKey, addresses: tuple[IPAddress, ...], now: float) -> None:
        """These addresses stand there in the place of others."""
        before = self._written.get(key)
        if before is None or before.addresses != addresses or now > before.at + FORGIVEN:
            self._written[key] = _Written(addresses, now)
        else:
            before.at, before.times = now, before.times + 1

    def wait(self, key: ObjectKey, addresses: tuple[IPAddress, ...], now: float) -> float:
        """Seconds until these may be written (again); above 0 where somebody keeps writing others."""
        before = self._written.get(key)
        if before is None or before.addresses != addresses or before.times < AT_ONCE:
            return 0.0
        due = before.at + min(FIRST * 2.0 ** min(before.times - AT_ONCE, 10), LONGEST)
        return max(0.0, due - now) if now <= before.at + FORGIVEN else 0.0

    def forget(self, key: ObjectKey) -> None:
        """The Service is gone."""
        self._written.pop(key, None)
