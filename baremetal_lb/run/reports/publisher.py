"""From what speakers report to what Services say: without haste where thousands change at once."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from baremetal_lb.decide.reports.aggregator import Gathering
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Occupant
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reasons import Note
    from baremetal_lb.run.reports.collector import Hearing

BREATH: Final = 0.02  # seconds between two looks at what is new
BATCH: Final = 10
PACE: Final = 100  # Services a second


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where it leads to."""

    write: Callable[[ObjectKey], None]  # a Service should say something else
    is_busy: Callable[[], bool]  # with what is more urgent
    tell: Callable[[ObjectKey, Note], None]
    see_in_use: Callable[[Mapping[IPAddress, Occupant]], None]  # who else has addresses that Services hold
    see_left: Callable[
        [Mapping[IPAddress, tuple[Occupant, int]]], None
    ]  # who has those that were left; since when


class Relay:
    """`hear` whenever `gathering` was told something. `caught_up` once all that was there before is told."""

    def __init__(self, hearing: Hearing, gathering: Gathering, outlets: Outlets) -> None:
        self._hearing = hearing
        self._gathering = gathering
        self._outlets = outlets
        self.caught_up = asyncio.Event()
        self._heard = asyncio.Event()
        self._owed: dict[ObjectKey, None] = {}
        self._is_owed = asyncio.Event()
        self._in_use: dict[IPAddress, Occupant] = {}

    def hear(self) -> None:
        """There may be something new."""
        self._heard.set()

    async def run(self) -> None:
        """Relay until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._hearing.on_news = self.hear
            group.create_task(self._hearing.run(), name="hear the speakers")
            await self._hearing.catch_up()
            self._outlets.see_left(self._gathering.left())
            self.caught_up.set()
            group.create_task(self._pay(), name="write announcements")
            await self._gather()

    async def _gather(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            self._heard.clear()
            wake_at = self._settle(clock())
            await asyncio.sleep(BREATH)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(wake_at):
                    await self._heard.wait()

    def _settle(self, now: float) -> float | None:
        tidings = self._gathering.settle(now)
        for key, note in tidings.notes:
            self._outlets.tell(key, note)
        if tidings.changed:
            self._owed.update(dict.fromkeys(tidings.changed))
            self._is_owed.set()
        if self._in_use != self._gathering.in_use:
            self._in_use = dict(self._gathering.in_use)
            self._outlets.see_in_use(self._in_use)
        return tidings.wake_at

    async def _pay(self) -> None:
        """A few at a time, and only while nothing more urgent waits; what changes twice is written once."""
        while True:
            await self._is_owed.wait()
            self._is_owed.clear()
            while self._owed:
                for key in () if self._outlets.is_busy() else tuple(islice(self._owed, BATCH)):
                    del self._owed[key]
                    self._outlets.write(key)
                await asyncio.sleep(BATCH / PACE)
