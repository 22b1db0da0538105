"""Hears when somebody else changes our tables: the kernel says who did what (nftables' netlink group).

A socket filter keeps our own transactions from being heard, so that a load of 5,000 Services costs
nothing here. They are known by the port id of libnftables' socket, which a transaction without effect
finds out.
"""

import asyncio
import ctypes
import socket
import struct
import sys
from collections.abc import Callable, Collection, Iterator
from types import TracebackType
from typing import Final, Self

from mockcloud.proxy.nftables import Nft

NETLINK_NETFILTER: Final = 12
SOL_NETLINK: Final = 270
NETLINK_ADD_MEMBERSHIP: Final = 1
NFNLGRP_NFTABLES: Final = 7
NEW_GENERATION: Final = 15  # NFT_MSG_NEWGEN ends a transaction and names no table
SO_ATTACH_FILTER: Final = 26
HEADER: Final = struct.Struct("=IHHII")  # nlmsghdr; an nfgenmsg of 4 bytes follows
SENDER_AT: Final = 12  # nlmsg_pid in it
TABLE_AT: Final = HEADER.size + 4  # every message's first attribute is the table's name
PROBE: Final = "mockcloud-probe"
READ: Final = 1 << 18

Heard = set[tuple[int, str]]  # port id of the sender, table
OVERFLOW: Final = -1  # the kernel had to leave messages out


class Guard:
    """While open, calls `wake` when something was heard of our tables; `damaged` then says what it means."""

    def __init__(self, nft: Nft, tables: Collection[str], wake: Callable[[], None]) -> None:
        self._nft = nft
        self._tables = tables
        self._wake = wake
        self._heard: Heard = set()
        self._own = 0
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, NETLINK_NETFILTER)

    def __enter__(self) -> Self:
        self._socket.bind((0, 0))
        self._socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES)
        self._recognize()
        asyncio.get_running_loop().add_reader(self._socket, self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def damaged(self) -> bool:
        """Whether somebody else changed our tables since the last call. To be asked between transactions."""
        if not self._foreign():
            return False
        self._recognize()  # libnftables may have opened its socket anew
        foreign = self._foreign()
        self._heard.clear()
        return bool(foreign)

    def _foreign(self) -> Heard:
        return {one for one in self._heard if one[0] != self._own}

    def _listen(self) -> None:
        self._heard |= {one for one in self._read() if one[1] in self._tables or one[0] == OVERFLOW}
        if self._heard:
            self._wake()

    def _recognize(self) -> None:
        """Find out our own port id, and hear it no more."""
        _attach(self._socket, [(RETURN, 0, 0, EVERYTHING)])
        self._nft.run(f"add table ip {PROBE}\ndelete table ip {PROBE}\n")
        heard = self._read()
        self._own = next((sender for sender, table in heard if table == PROBE), self._own)
        self._heard |= {one for one in heard if one[1] in self._tables}
        native = int.from_bytes(self._own.to_bytes(4, sys.byteorder), "big")  # as the filter loads words
        _attach(
            self._socket,
            [
                (LOAD_WORD, 0, 0, SENDER_AT),
                (JUMP_EQUAL, 0, 1, native),
                (RETURN, 0, 0, 0),
                (RETURN, 0, 0, EVERYTHING),
            ],
        )

    def _read(self) -> Heard:
        """All that waits to be heard."""
        heard: Heard = set()
        while True:
            try:
                heard.update(_messages(self._socket.recv(READ)))
            except BlockingIOError:
                return heard
            except OSError:  # ENOBUFS
                heard.add((OVERFLOW, ""))


def _messages(data: bytes) -> Iterator[tuple[int, str]]:
    at = 0
    while at + TABLE_AT <= len(data):
        size, kind, _, _, sender = HEADER.unpack_from(data, at)
        if kind & 0xFF != NEW_GENERATION and size >= TABLE_AT + 4:
            (length,) = struct.unpack_from("=H", data, at + TABLE_AT)
            name = data[at + TABLE_AT + 4 : at + TABLE_AT + length]
            yield sender, name.rstrip(b"\0").decode(errors="replace")
        at += max((size + 3) & ~3, HEADER.size)


# Classic BPF: what a socket filter is made of (linux/filter.h).
LOAD_WORD: Final = 0x20
JUMP_EQUAL: Final = 0x15
RETURN: Final = 0x06
EVERYTHING: Final = 0xFFFFFFFF


def _attach(to: socket.socket, program: list[tuple[int, int, int, int]]) -> None:
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    held = ctypes.create_string_buffer(code, len(code))
    to.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(held))
    )
