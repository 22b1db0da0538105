"""A client that connects again and again, to see an address move: sockets of the lab's host `client`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from mockcloud.client.clock import unix_nanoseconds
from mockcloud.dashboard.decide.gaps import ProbeShown, Try, shown
from mockcloud.tunnel.inside import Inside

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.dashboard.decide.asked import Place
    from mockcloud.lab.state import LabFolder

HOST: Final = "client"
EVERY: Final = 0.1
PATIENCE: Final = 0.9
"""Seconds: a kernel sends a lost SYN again after one, so a connection that takes longer has lost a packet."""
_LONGEST: Final = 600.0
_TELL_SECONDS: Final = 0.5
NONE: Final = ProbeShown("", False, "")


class Prober:
    """At most one probe of a lab; `tell` gets what is to be shown of it, about twice a second."""

    def __init__(self, folder: LabFolder, tell: Callable[[ProbeShown], None]) -> None:
        self._folder, self._tell = folder, tell
        self._task: asyncio.Task[None] | None = None

    async def start(self, place: Place) -> None:
        """Probe this from now on, in place of what was probed. LabError where the lab has no such client."""
        await self.stop()
        inside = Inside(self._folder, self._folder.read(), HOST)
        self._task = asyncio.get_running_loop().create_task(self._run(inside, place), name="probe")

    async def stop(self) -> None:
        """End it; what it has seen stays shown."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self, inside: Inside, place: Place) -> None:
        tries: list[Try] = []
        said = "it was stopped"
        try:
            async with asyncio.timeout(_LONGEST):
                await self._connect_for_ever(inside, place, tries)
        except TimeoutError:
            said = f"it has ended after {_LONGEST / 60:g} minutes"
        except ExceptionGroup as errors:  # OSError of a connection: the lab makes no sockets any more
            said = f"no more sockets of {HOST}: {errors.exceptions[0]}"
        finally:
            inside.close()
            self._tell(shown(str(place), tries, _now(), running=False, said=said))

    async def _connect_for_ever(self, inside: Inside, place: Place, tries: list[Try]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._report(place, tries), name="report")
            while True:
                group.create_task(_connect(inside, place, tries), name="connection")
                await asyncio.sleep(EVERY)

    async def _report(self, place: Place, tries: list[Try]) -> None:
        while True:
            self._tell(shown(str(place), tries, _now(), running=True))
            await asyncio.sleep(_TELL_SECONDS)


async def _connect(inside: Inside, place: Place, tries: list[Try]) -> None:
    """One connection, made and closed. OSError where the lab has no sockets any more."""
    loop, began = asyncio.get_running_loop(), _now()
    started = loop.time()
    with inside.socket(place.address, "TCP") as made:
        took = None
        with contextlib.suppress(OSError):  # TimeoutError is one
            async with asyncio.timeout(PATIENCE):
                await loop.sock_connect(made, (place.address, place.port))
                took = loop.time() - started
    tries.append(Try(began, took))


def _now() -> float:
    return unix_nanoseconds() / 1e9
