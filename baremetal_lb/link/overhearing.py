"""Listens for frames that claim addresses, beside the thread that answers and out of its way.

Sockets of their own, read by the event loop: a little at a time and so many frames a second at most, so that
a flood of them stops nothing else; what is too much the kernel drops, and it is counted.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.conflicts.claims import Claim, read_arp, read_ndp
from baremetal_lb.decide.conflicts.spans import spans
from baremetal_lb.link.batches import Batch
from baremetal_lb.link.claim_filters import ArpClaims, NdpClaims
from baremetal_lb.model.conflicts import Unheeded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from baremetal_lb.link.packet_socket import PacketSocket, Wanted
    from baremetal_lb.link.ports import Sockets
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.interfaces import Interface

ALL_NODES: Final = bytes.fromhex("333300000001")  # whom advertisements go to
MOST: Final = 200  # frames in a WINDOW, of one socket
WINDOW: Final = 0.1  # seconds
ROOM: Final = 128 * 1024  # bytes that the kernel may keep; a small frame takes 768
_SLOT: Final = 256
_LAST_WORD: Final = 0xFFFFFFFF


@dataclass(slots=True)
class _Ear:
    """One socket, and how much was read from it lately."""

    interface: Interface
    socket: PacketSocket
    read: Callable[[bytes], Claim | Unheeded]
    window: float = float("-inf")
    taken: int = 0
    resting: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Overhearing:
    """Tells `on_claim` of each claim, with the interface. Every method is for the event loop's thread."""

    on_claim: Callable[[Claim, str], None]
    sockets: Sockets
    unheeded: dict[Unheeded, int] = field(default_factory=lambda: dict.fromkeys(Unheeded, 0))
    _ears: dict[Interface, tuple[_Ear, _Ear]] = field(default_factory=dict)
    _filters: tuple[ArpClaims, NdpClaims] = ArpClaims(()), NdpClaims(())
    _batch: Batch = field(default_factory=lambda: Batch(_SLOT, _SLOT))

    def fit(self, interfaces: Collection[Interface]) -> None:
        """Listen on these and no others. CapabilityMissing without NET_RAW."""
        for gone in [each for each in self._ears if each not in interfaces]:
            for ear in self._ears.pop(gone):
                self._close(ear)
        for interface in interfaces:
            if interface not in self._ears:
                with contextlib.suppress(OSError):  # it went while we came; the next notice says so
                    self._ears[interface] = self._open(interface)

    def heed(self, addresses: Iterable[IPAddress]) -> None:
        """Claims on these addresses are of interest, and few others need be heard."""
        by_version: dict[int, list[int]] = {4: [], 6: []}
        for address in addresses:
            by_version[address.version].append(int(address) & _LAST_WORD)
        filters = ArpClaims(spans(by_version[4])), NdpClaims(spans(by_version[6]))
        if filters == self._filters:
            return
        self._filters = filters
        arp, ndp = filters
        for interface, (asked, told) in self._ears.items():
            asked.socket.want(arp, interface.index)
            told.socket.want(ndp, interface.index)

    def close(self) -> None:
        """Listen no more."""
        self.fit(())

    def _open(self, interface: Interface) -> tuple[_Ear, _Ear]:
        arp, ndp = self._filters
        with contextlib.ExitStack() as stack:
            asked = self._socket(interface, arp, stack)
            told = self._socket(interface, ndp, stack)
            told.receive_group(interface.index, ALL_NODES)
            stack.pop_all()
        ears = _Ear(interface, asked, read_arp), _Ear(interface, told, read_ndp)
        for ear in ears:
            self._listen(ear)
        return ears

    def _socket(self, interface: Interface, wanted: Wanted, stack: contextlib.ExitStack) -> PacketSocket:
        opened = self.sockets.packets(interface, wanted)
        stack.callback(opened.close)
        opened.shorten_queue(ROOM)
        return opened

    def _close(self, ear: _Ear) -> None:
        asyncio.get_running_loop().remove_reader(ear.socket)
        if ear.resting is not None:
            ear.resting.cancel()
        ear.socket.close()

    def _listen(self, ear: _Ear) -> None:
        ear.resting = None
        self.unheeded[Unheeded.TOO_MANY] += ear.socket.overruns()
        asyncio.get_running_loop().add_reader(ear.socket, self._take, ear)

    def _take(self, ear: _Ear) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now >= ear.window + WINDOW:
            ear.window, ear.taken = now, 0
        try:
            count = self._batch.receive(ear.socket.fileno())
        except OSError:  # the interface went down or away: the next notice closes this
            count = 0
        ear.taken += count
        for at in range(count):
            self._hear(ear, bytes(self._batch.buffer[at * _SLOT : at * _SLOT + self._batch.sizes[at]]))
        if ear.taken >= MOST:
            loop.remove_reader(ear.socket)
            ear.resting = loop.call_at(ear.window + WINDOW, self._listen, ear)

    def _hear(self, ear: _Ear, frame: bytes) -> None:
        claim = ear.read(frame)
        if isinstance(claim, Unheeded):
            self.unheeded[claim] += 1
        else:
            self.on_claim(claim, ear.interface.name)
