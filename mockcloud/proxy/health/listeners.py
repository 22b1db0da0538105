"""HTTP listeners that answer health questions; they come and go with Services."""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockcloud.proxy.decide.views import Family, IPAddress, ServiceKey
from mockcloud.proxy.health.answers import Answer

LOG: Final = logging.getLogger(__name__)
SHUTDOWN_SECONDS: Final = 0.1  # who keeps a connection open does not keep the port


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A Service's health port in one family."""

    service: ServiceKey
    family: Family
    port: int


class Listeners:
    """`sync` opens and closes; each place is listened on at all the addresses of its family, or at none."""

    def __init__(
        self,
        addresses: Mapping[Family, tuple[IPAddress, ...]],
        answer: Callable[[Place], Answer],
        refused: Callable[[Place, str], None],
    ) -> None:
        self._addresses = addresses
        self._answer = answer
        self._refused = refused
        self._open: dict[Place, web.ServerRunner] = {}

    async def sync(self, wanted: set[Place]) -> None:
        """Listen on exactly these; what is refused is told, and tried again the next time."""
        for place in sorted(self._open.keys() - wanted):
            await self._open.pop(place).cleanup()
        for place in sorted(wanted - self._open.keys()):
            await self._listen(place)

    async def close(self) -> None:
        """Listen on nothing."""
        await self.sync(set())

    async def _listen(self, place: Place) -> None:
        runner = runner_of(lambda _path: self._answer(place))
        await runner.setup()
        for address in self._addresses.get(place.family, ()):
            try:
                await web.TCPSite(runner, str(address), place.port).start()
            except OSError as error:
                await runner.cleanup()
                where = f"[{address}]" if address.version == 6 else str(address)
                self._refused(place, f"listen tcp {where}:{place.port}: bind: {_words(error)}")
                return
        self._open[place] = runner
        LOG.info("serving health checks of %s on port %d", place.service, place.port)


def runner_of(answer: Callable[[str], Answer]) -> web.ServerRunner:
    """A server, to be set up, whose answer depends on the path alone."""

    async def handle(request: web.BaseRequest) -> web.Response:
        found = answer(request.path)
        return web.Response(status=found.status, body=found.body.encode(), headers=found.headers)

    return web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=SHUTDOWN_SECONDS)


def _words(error: OSError) -> str:
    """The kernel's words for it, as Go writes them: asyncio wraps them in its own."""
    return os.strerror(error.errno).lower() if error.errno else str(error)
