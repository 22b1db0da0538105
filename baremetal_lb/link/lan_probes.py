"""Finds out which interfaces of this node are in one LAN: each says a word to everybody, the others listen.

The word is a frame of the Ethertype that IEEE 802 leaves to local experiments: it changes no table but a
switch's. A random number tells it from the words of other nodes, which the kernel's filter drops.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING, Final

from baremetal_lb.link.bpf import (
    ARRIVED_ON,
    LOAD_BYTE,
    LOAD_HALF,
    LOAD_WORD,
    PACKET_TYPE,
    Step,
    assemble,
    at_most,
    equal,
)
from baremetal_lb.link.closing import Closing
from baremetal_lb.link.ports import Sockets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from baremetal_lb.link.bpf import Instruction
    from baremetal_lb.link.packet_socket import PacketSocket
    from baremetal_lb.model.interfaces import Interface

LOCAL_EXPERIMENTAL: Final = 0x88B5
FIRST_PAUSE: Final = 0.02  # seconds between two words, at first; then twice as long each time
LONGEST_PAUSE: Final = 60.0
_EVERYBODY: Final = b"\xff" * 6
_MAGIC: Final = int.from_bytes(b"bmlb")
_WORD: Final = Struct("!6s6sHIII")  # destination, source, Ethertype; magic, whose, the interface's number
_LEAST: Final = 60  # bytes of an Ethernet frame
_ROOM: Final = 4096


@dataclass(frozen=True, slots=True)
class _Words:
    """Those of one speaker."""

    whose: int
    ethertype: int = LOCAL_EXPERIMENTAL

    def program(self, index: int) -> list[Instruction]:
        """For the interface of that number."""
        lines = (
            *(Step(LOAD_WORD, ARRIVED_ON), equal(index)),
            *(Step(LOAD_BYTE, PACKET_TYPE), at_most(1)),
            *(Step(LOAD_HALF, 12), equal(LOCAL_EXPERIMENTAL)),
            *(Step(LOAD_WORD, 14), equal(_MAGIC)),
            *(Step(LOAD_WORD, 18), equal(self.whose)),
        )
        return assemble(lines, _LEAST)


@dataclass(slots=True)
class LanProbes:
    """Tells `heard` the numbers of an interface that spoke and of one that heard it. For the event loop."""

    heard: Callable[[int, int], None]
    sockets: Sockets = field(default_factory=Sockets)
    _words: _Words = field(default_factory=lambda: _Words(secrets.randbits(32)))
    _open: dict[Interface, PacketSocket] = field(default_factory=dict)
    _closing: Closing = field(default_factory=Closing)
    _pause: float = FIRST_PAUSE
    _timer: asyncio.TimerHandle | None = None

    def fit(self, interfaces: Collection[Interface]) -> None:
        """Find out about these; a single one has nobody to share its LAN with."""
        wanted = interfaces if len(interfaces) > 1 else ()
        loop = asyncio.get_running_loop()
        for gone in [each for each in self._open if each not in wanted]:
            opened = self._open.pop(gone)
            loop.remove_reader(opened)
            self._closing.close(opened)
        fresh = [each for each in wanted if each not in self._open]
        for each in fresh:
            with contextlib.suppress(OSError):  # it went while we came; the next notice says so
                opened = self.sockets.packets(each, self._words)
                opened.shorten_queue(_ROOM)
                self._open[each] = opened
                loop.add_reader(opened, self._take, each, opened)
        if fresh:
            self._pause = FIRST_PAUSE
            self._speak()

    def close(self) -> None:
        """No more of it."""
        self.fit(())
        if self._timer is not None:
            self._timer.cancel()
        self._closing.end(wait=False)

    def _speak(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for interface, opened in self._open.items():
            given = (interface.mac, LOCAL_EXPERIMENTAL, _MAGIC, self._words.whose, interface.index)
            opened.send(_WORD.pack(_EVERYBODY, *given).ljust(_LEAST, b"\0"))
        if self._open:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self._speak)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _take(self, interface: Interface, opened: PacketSocket) -> None:
        try:
            frame = os.read(opened.fileno(), _LEAST)
        except OSError:  # the interface went down or away: the next notice closes this
            return
        if len(frame) >= _WORD.size:
            self.heard(_WORD.unpack_from(frame)[-1], interface.index)
