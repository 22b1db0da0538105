"""The cloud's DNS in a lab: answers for its own names, and asks others about the rest where there are any."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from mockcloud.dns.decide.names import IPAddress, Name, parse
from mockcloud.dns.decide.zone import Zone, ZoneFacts
from mockcloud.dns.serving.datagrams import DatagramServer
from mockcloud.dns.serving.responder import Responder
from mockcloud.dns.serving.streams import StreamServer
from mockcloud.dns.serving.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockcloud.dns.decide.views import Server


class NameServer:
    """`own` is where it listens, `upstream` who knows other names."""

    def __init__(self, domain: str, own: Sequence[IPAddress], upstream: tuple[Server, ...]) -> None:
        self._zone = Zone(ZoneFacts(domain=parse(domain), servers=tuple(own), ttl=5))
        self._zone.complete = True
        self._responder = Responder(self._zone, upstream=bool(upstream))
        self._upstream = Upstream(upstream, self._responder)

    def know(self, hosts: Mapping[str, tuple[IPAddress, ...]]) -> None:
        """These names from now on, and no others. What is no name is left out."""
        known: dict[Name, tuple[IPAddress, ...]] = {}
        for text, addresses in hosts.items():
            with contextlib.suppress(ValueError):
                known[parse(text)] = addresses
        self._responder.changed(self._zone.put_hosts(known))

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """On UDP and listening TCP sockets, until cancelled."""
        async with asyncio.TaskGroup() as group:
            with contextlib.ExitStack() as stack:
                for each in sockets:
                    if each.type == socket.SOCK_DGRAM:
                        datagrams = DatagramServer(each, self._responder, self._upstream, group)
                        datagrams.start()
                        stack.callback(datagrams.stop)
                    else:
                        streams = StreamServer(each, self._responder, self._upstream)
                        group.create_task(streams.run(), name="streams")
                await asyncio.get_running_loop().create_future()
