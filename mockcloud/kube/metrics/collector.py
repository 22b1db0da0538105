"""Asks the nodes' agents what is used, when a client wants to know; nobody is asked in between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.metrics.readings import LONGEST, SHORTEST, Reading, Window, earlier, parse, used
from mockcloud.kube.streams.nodes import Answer, Network, ask
from mockcloud.kube.writes.refusals import Refusal

PATH: Final = "/metrics/resource"
READ_SECONDS: Final = 8.0  # until an agent's whole answer is there
MOST_BYTES: Final = 16 << 20
_MARGIN: Final = 0.05  # agents tell the time in milliseconds

log = logging.getLogger(__name__)


class Collector:
    """What the agents have said of late."""

    def __init__(self, network: Network, token_of: Callable[[str], str]) -> None:
        """`token_of`: by which a node's agent knows us, by the node's name."""
        self._network = network
        self._token_of = token_of
        self._nodes: dict[str, _Readings] = {}

    async def windows(self, nodes: Sequence[JsonObject]) -> dict[str, Window]:
        """What was used of late, by node; a node that does not answer is left out, and the log says why.

        It takes a second where nobody has asked in the last 30: CPU is measured between two times.
        """
        found = await asyncio.gather(*(self._window(node) for node in nodes))
        names = [str(node["metadata"]["name"]) for node in nodes]
        return {name: window for name, window in zip(names, found, strict=True) if window is not None}

    async def _window(self, node: JsonObject) -> Window | None:
        name = str(node["metadata"]["name"])
        readings = self._nodes.setdefault(name, _Readings())
        try:
            return await readings.window(lambda: self._read(node, name))
        except (Refusal, ValueError, OSError, EOFError) as error:
            readings.failed(name, str(error) or type(error).__name__)
            return None

    async def _read(self, node: JsonObject, name: str) -> Reading:
        headers = {"Authorization": f"Bearer {self._token_of(name)}", "Connection": "close"}
        async with asyncio.timeout(READ_SECONDS):
            answer = await ask(self._network, node, PATH, headers, version="1.0")
            try:
                return parse((await answer.reader.readexactly(_size(answer))).decode())
            finally:
                answer.close()


class _Readings:
    """Those of one node."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()  # clients that ask at the same time have one answer
        self._kept: list[Reading] = []
        self._asked = 0.0  # by the loop's clock: when the last one came
        self._failure = ""

    async def window(self, read: Callable[[], Awaitable[Reading]]) -> Window:
        """Up to now, or to less than a second ago."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            last = self._kept[-1] if self._kept and now - self._asked < SHORTEST else await self._next(read)
            before = earlier(self._kept, last)
            if before is None:
                await asyncio.sleep(SHORTEST + _MARGIN)
                before, last = last, await self._next(read)
            self._failure = ""
            return used(before, last)

    async def _next(self, read: Callable[[], Awaitable[Reading]]) -> Reading:
        last = await read()
        self._asked = asyncio.get_running_loop().time()
        # What is from a later time is from before the clock was set back.
        self._kept = [one for one in self._kept if 0 < last.at - one.at <= LONGEST] + [last]
        return last

    def failed(self, node: str, why: str) -> None:
        """Say it once for as long as the reason stays."""
        if why != self._failure:
            log.warning("node %s: could not read what it uses: %s", node, why)
        self._failure = why


def _size(answer: Answer) -> int:
    """How many bytes the figures have; ValueError where there are none."""
    size = int(answer.headers.get("Content-Length") or 0)
    if answer.status != 200:
        msg = f"{PATH} was answered with status {answer.status}; expected 200"
        raise ValueError(msg)
    if not 0 < size <= MOST_BYTES:
        msg = f"{PATH} was answered with {size} bytes; expected 1 to {MOST_BYTES}"
        raise ValueError(msg)
    return size
