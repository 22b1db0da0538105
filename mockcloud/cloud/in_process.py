"""A cloud in the caller's own process, on a thread of its own: what tests and the pytest plug-in use."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mockcloud.cloud.clock import Clock
from mockcloud.cloud.environment import environment
from mockcloud.cloud.faults import Faults
from mockcloud.cloud.journal import Journal, Nowhere
from mockcloud.cloud.service import CloudService
from mockcloud.cloud.serving.server import CloudServer, Where

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from mockcloud.cloud.faults import Point
    from mockcloud.cloud.keys import KeyPair

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InProcessCloud:
    """A cloud that runs. Its methods are for any thread but its own."""

    url: str
    token: str
    keys: KeyPair
    server: CloudServer
    _loop: asyncio.AbstractEventLoop

    @property
    def hcloud_endpoint(self) -> str:
        """What Hetzner's clients are told (HCLOUD_ENDPOINT)."""
        return f"{self.url}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """What clients of either API need in their environment."""
        return environment(self.url, self.token, self.keys)

    def ask(self, question: Callable[[CloudServer], T]) -> T:
        """Look at the cloud, or change it, between two requests."""

        async def answer() -> T:
            return question(self.server)

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result()

    def advance(self, seconds: float) -> None:
        """Put its clock ahead."""
        self.ask(lambda server: server.cloud.clock.advance(seconds))

    def fault(self, point: Point | str = "request", **fields: object) -> int:
        """Inject a fault, as /_mock/faults takes it; gives its number. WrongFault where it makes no sense."""
        return self.ask(lambda server: server.order({"point": point, **fields}).id)

    def mend(self, number: int | None = None) -> None:
        """Take a fault away, or all of them."""
        self.ask(lambda server: server.faults.clear() if number is None else server.faults.remove(number))

    def calls(self, path: str = "") -> list[dict[str, object]]:
        """What was asked, where the path has this part."""
        return self.ask(lambda server: server.calls.found(path))


@contextlib.contextmanager
def in_process_cloud(
    *,
    journal: Journal | None = None,
    operation_seconds: float = 0.0,
    token: str = "mockcloud",
    seed: int = 0,
    sockets: tuple[socket.socket, ...] = (),
) -> Iterator[InProcessCloud]:
    """A cloud on loopback, for as long as it is entered. OSError where there is no port to be had.

    `sockets`: those that listen already, in place of a port of its own.
    """
    clock = Clock(time.monotonic, time.time_ns() / 1e9)
    service = CloudService(
        clock, journal=journal or Nowhere(), operation_seconds=operation_seconds, faults=Faults(seed)
    )
    server = CloudServer(service, Where(token=token, sockets=sockets))
    began: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_run(server, began)), name="mock cloud")
    thread.start()
    url, loop, stopped = began.result()
    try:
        yield InProcessCloud(url, token, server.where.keys, server, loop)
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join()


async def _run(
    server: CloudServer, began: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]]
) -> None:
    stopped = asyncio.Event()
    try:
        async with server.running() as url:
            began.set_result((url, asyncio.get_running_loop(), stopped))
            await stopped.wait()
    except OSError as error:
        began.set_exception(error)
