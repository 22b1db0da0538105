"""Asks the servers that know the names outside, one after the other, by UDP or TCP as it was asked."""

import asyncio
import secrets
import socket
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
from dns.rdatatype import RdataType

from mockcloud.dns.decide.answer import Rcode
from mockcloud.dns.decide.names import ROOT
from mockcloud.dns.decide.views import Server
from mockcloud.dns.serving.responder import Responder, UpstreamQuery
from mockcloud.dns.wire.prepared import Shape
from mockcloud.dns.wire.query import HEADER, PAYLOAD, QR
from mockcloud.dns.wire.render import render

PATIENCE: Final = 2.0  # seconds for each server; a resolver's own is 5
MOST_UNDER_WAY: Final = 1000  # as kubeadm's Corefile
MOST_BYTES: Final = 65535


class Upstream:
    """Does errands; at most MOST_UNDER_WAY at a time."""

    def __init__(self, servers: tuple[Server, ...], responder: Responder) -> None:
        self._servers = servers
        self._responder = responder
        self._under_way = 0

    async def do(self, asked: UpstreamQuery) -> bytes:
        """The reply: SERVFAIL where no server gave one, REFUSED where too many questions are under way."""
        if self._under_way >= MOST_UNDER_WAY:
            return self._responder.failure(asked, Rcode.REFUSED)
        self._under_way += 1
        try:
            reply = await (self._pass_on(asked) if not asked.begun.records else self._complete(asked))
        finally:
            self._under_way -= 1
        return reply or self._responder.failure(asked, Rcode.SERVFAIL)

    async def _pass_on(self, asked: UpstreamQuery) -> bytes | None:
        """The question as it is, and what is said to it as it comes."""
        reply = await self._exchange(asked.packet, stream=asked.shape >= Shape.STREAM)
        return None if reply is None else asked.packet[:2] + reply[2:]

    async def _complete(self, asked: UpstreamQuery) -> bytes | None:
        """The alias that is ours with what its target is outside."""
        target = dns.name.from_wire(asked.begun.elsewhere or ROOT, 0)[0]
        question = dns.message.make_query(target, RdataType.make(asked.query.kind), payload=PAYLOAD)
        found = await self._exchange(question.to_wire(), stream=asked.shape >= Shape.STREAM)
        if found is None:
            return None
        try:
            rest = dns.message.from_wire(found)
            ours = dns.message.from_wire(render(asked.query, asked.begun, recursive=True).wire)
            query = dns.message.from_wire(asked.packet)
        except (dns.exception.DNSException, ValueError):
            return None
        response = dns.message.make_response(query, recursion_available=True, our_payload=PAYLOAD)
        response.flags |= rest.flags & dns.flags.TC
        response.answer = [*ours.answer, *rest.answer]
        response.authority = rest.authority
        response.set_rcode(rest.rcode())
        return response.to_wire(max_size=asked.shape.limit, prefer_truncation=True)

    async def _exchange(self, question: bytes, *, stream: bool) -> bytes | None:
        """The first whole reply to the question, which goes out with an id of its own."""
        asked = secrets.token_bytes(2) + question[2:]
        ask = _ask_stream if stream else _ask_datagram
        for server in self._servers:
            try:
                async with asyncio.timeout(PATIENCE):
                    return await ask(server, asked)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                continue
        return None


async def _ask_datagram(server: Server, asked: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    # A socket for each question: its port, too, is one that nobody can guess (RFC 5452).
    family = socket.AF_INET if server.ip.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as wire:
        wire.connect((str(server.ip), server.port))
        await loop.sock_sendall(wire, asked)
        while True:
            reply = await loop.sock_recv(wire, MOST_BYTES)
            if _answers(reply, asked):
                return reply


async def _ask_stream(server: Server, asked: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(str(server.ip), server.port)
    try:
        writer.write(len(asked).to_bytes(2) + asked)
        reply = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
    finally:
        writer.close()
    if not _answers(reply, asked):
        msg = f"{server.ip} said something else than was asked"
        raise ConnectionError(msg)
    return reply


def _answers(reply: bytes, asked: bytes) -> bool:
    """Whether it is the reply to that question: the same id, and the same question where it has one."""
    if len(reply) < HEADER or reply[:2] != asked[:2] or not reply[2] & QR:
        return False
    end = asked.find(b"\0", HEADER) + 5
    return reply[4:6] == b"\0\0" or reply[HEADER:end].lower() == asked[HEADER:end].lower()
