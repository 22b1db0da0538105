"""The UDP side: questions are read and answered in batches, without a task for each."""

import asyncio
import socket
from typing import Final

from mockcloud.dns.serving.responder import Responder, UpstreamQuery
from mockcloud.dns.serving.upstream import Upstream
from mockcloud.dns.wire.query import Fault

# After so many questions the loop sees to watches, TCP and errands, too.
BATCH: Final = 64
MOST_BYTES: Final = 4096
Asker = tuple[str, int] | tuple[str, int, int, int]


class DatagramServer:
    """Answers on one socket; `group` owns the errands."""

    def __init__(
        self, wire: socket.socket, responder: Responder, upstream: Upstream, group: asyncio.TaskGroup
    ) -> None:
        self._wire = wire
        self._responder = responder
        self._upstream = upstream
        self._group = group

    def start(self) -> None:
        """From now on; what has come before is still there."""
        self._wire.setblocking(False)
        asyncio.get_running_loop().add_reader(self._wire, self._read)

    def stop(self) -> None:
        """What comes from now on waits in the socket."""
        asyncio.get_running_loop().remove_reader(self._wire)

    def _read(self) -> None:
        receive, quick = self._wire.recvfrom, self._responder.quick
        for _ in range(BATCH):
            try:
                packet, asker = receive(MOST_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # somebody did not want an earlier reply (ICMP)
            reply = quick(packet) or self._responder.reply(packet, stream=False)
            if isinstance(reply, UpstreamQuery):
                self._group.create_task(self._run(reply, asker), name="ask upstream")
            elif reply is not None:
                self._send(reply, asker)

    async def _run(self, asked: UpstreamQuery, asker: Asker) -> None:
        self._send(await self._upstream.do(asked), asker)

    def _send(self, reply: bytes, asker: Asker) -> None:
        try:
            self._wire.sendto(reply, asker)
        except OSError:  # no room, no route, port 0: a client asks again
            self._responder.faults[Fault.UNSENT] += 1
