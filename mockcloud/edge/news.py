"""News that many may wait for, and waiting for a moment of the cloud's own clock."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockcloud.cloud.clock import Clock


class News:
    """Whoever waits hears of what is told from then on."""

    def __init__(self) -> None:
        self._next: asyncio.Future[None] | None = None

    def tell(self) -> None:
        """To all that wait now."""
        if self._next is not None and not self._next.done():
            self._next.set_result(None)
        self._next = None

    async def heard(self) -> None:
        """Once something is told."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._next)


class CloudTime:
    """The cloud's clock, to be waited for; it may be put ahead, or stand still, meanwhile."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._news = clock, News()
        clock.watchers.append(self._news.tell)

    def now(self) -> float:
        """What the clock shows."""
        return self._clock.now()

    def real(self, seconds: float) -> float:
        """How many of the machine's seconds those are, as the clock goes now; it may stand still."""
        return seconds / self._clock.rate if self._clock.rate else seconds

    async def until(self, at: float) -> None:
        """Return when the clock shows it."""
        while (left := at - self._clock.now()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left / self._clock.rate if self._clock.rate else None):
                    await self._news.heard()
