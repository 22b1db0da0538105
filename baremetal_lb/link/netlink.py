"""Asks the kernel by netlink, and hears its news. What the messages mean is in wire/rtnetlink.py."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from typing import TYPE_CHECKING, Final, Protocol, Self

from baremetal_lb.wire.rtnetlink import Flag, Kind, Message, failure, listing, messages

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_BYTES: Final = 65536  # more than the kernel puts into one packet
_MOST: Final = 32  # notices taken in at once, for others wait
_ROOM: Final = 1 << 20  # for notices that wait; some kernels grant less
_TRIES: Final = 20  # to list what changes meanwhile


class Picture(Protocol):
    """What the kernel's messages add up to. `complete` is False where only a new list helps."""

    complete: bool

    def notice(self, told: Iterable[Message]) -> None:
        """Take in the messages of one notice."""


class Netlink:
    """A socket for questions to this namespace's kernel. Use as a context manager."""

    def __init__(self) -> None:
        self._socket = _opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()

    async def all_of(self, kind: Kind) -> list[Message]:
        """All links or addresses, by Kind.GET_LINK or GET_ADDRESS. OSError as the kernel has it."""
        for _ in range(_TRIES):
            told = await self._told(kind)
            if not any(each.flags & Flag.INTERRUPTED for each in told):
                break
        return told

    async def ask(self, question: bytes) -> Message:
        """The one message that answers. OSError as the kernel has it."""
        return (await self._exchange(question))[0]

    async def _told(self, kind: Kind) -> list[Message]:
        told = await self._exchange(listing(kind))
        while told[-1].kind != Kind.DONE:
            told += await self._receive()
        return told[:-1]

    async def _exchange(self, question: bytes) -> list[Message]:
        await asyncio.get_running_loop().sock_sendall(self._socket, question)
        return await self._receive()

    async def _receive(self) -> list[Message]:
        told = list(messages(await asyncio.get_running_loop().sock_recv(self._socket, _MOST_BYTES)))
        for each in told:
            if number := failure(each):
                raise OSError(number, os.strerror(number))
        if not told:
            raise OSError(errno.EBADMSG, os.strerror(errno.EBADMSG))
        return told


def hear(groups: int) -> socket.socket:
    """A socket to which the kernel sends its news of these groups (RTMGRP_...), from now on."""
    opened = _opened()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
    opened.bind((0, groups))
    return opened


async def take(notices: socket.socket, picture: Picture) -> None:
    """Wait for notices, and take in those that came together."""
    loop = asyncio.get_running_loop()
    try:
        picture.notice(messages(await loop.sock_recv(notices, _MOST_BYTES)))
        for _ in range(_MOST):
            picture.notice(messages(notices.recv(_MOST_BYTES)))
    except BlockingIOError:
        return
    except OSError as exc:
        if exc.errno != errno.ENOBUFS:
            raise
        picture.complete = False  # more notices than room


def _opened() -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    opened.setblocking(False)
    return opened
