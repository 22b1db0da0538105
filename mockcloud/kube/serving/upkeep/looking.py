"""A look that is repeated whenever something changed: what the API does on its own is made of these."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container
from typing import Final

from mockcloud.kube.storage.store import Change, Key, Listener, ObjectTooLarge
from mockcloud.kube.writes.refusals import Refusal

AGAIN_SECONDS: Final = 10.0
"""How often kube-apiserver looks after its own objects: here only where making them right has failed."""
PAUSE_SECONDS: Final = 1.0
"""Between two looks: somebody else may want an object otherwise, again and again."""

log = logging.getLogger(__name__)


class Upkeep:
    """Calls `look` once, and again after each change it is woken for; `task` is what failed, for the log."""

    def __init__(self, task: str, look: Callable[[], Awaitable[None]], pause: float = PAUSE_SECONDS) -> None:
        self._task = task
        self._look = look
        self._pause = pause
        self._changed = asyncio.Event()
        self._changed.set()

    def wake(self) -> None:
        """Look again, now or when the pause after the last look is over."""
        self._changed.set()

    def seeing(self, keys: Container[Key] | None = None) -> Listener:
        """What a store tells of changes, of all objects or of those."""

        def see(change: Change) -> None:
            if keys is None or change.key in keys:
                self.wake()

        return see

    async def run(self) -> None:
        """Look for ever."""
        again: float | None = None
        while True:
            try:
                async with asyncio.timeout(again):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            again = None
            try:
                await self._look()
            except (Refusal, ObjectTooLarge, OSError) as exc:
                log.warning("could not %s: %s", self._task, exc)
                again = AGAIN_SECONDS
            await asyncio.sleep(self._pause)
