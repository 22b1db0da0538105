"""Hears claims on addresses and asks after them, beside the thread that answers and out of its way.

Sockets of their own, read by the event loop: a little at a time and so many frames a second at most, so that
a flood of them stops nothing else; what is too much the kernel drops, and it is counted.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.acd.claims import Claim, read_arp, read_ndp
from baremetal_lb.decide.layer2.acd.spans import spans
from baremetal_lb.link.batches import Batch
from baremetal_lb.link.closing import Closing
from baremetal_lb.link.conflict_filters import ArpClaims, NdpClaims
from baremetal_lb.link.groups import Groups
from baremetal_lb.link.ports import Sockets
from baremetal_lb.link.sources import ipv4_source, ipv6_source
from baremetal_lb.model.addresses import Family
from baremetal_lb.model.conflicts import Unheeded
from baremetal_lb.wire import arp, ndp

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Iterable

    from baremetal_lb.link.packet_socket import PacketSocket, Wanted
    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.interfaces import Interface

ALL_NODES: Final = bytes.fromhex("333300000001")  # whom advertisements go to
MOST: Final = 200  # frames in a WINDOW, of one socket
WINDOW: Final = 0.1  # seconds
ROOM: Final = 128 * 1024  # bytes that the kernel may keep; a small frame takes 768
_SLOT: Final = 256
_WORD: Final = 0xFFFFFFFF


@dataclass(slots=True)
class _Ear:
    """One socket, and how much was read from it lately."""

    interface: str
    socket: PacketSocket
    read: Callable[[bytes], Claim | Unheeded]
    window: float = float("-inf")
    taken: int = 0
    resting: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class _Spot:
    """One interface: an ear for each protocol, and the groups of the IPv6 addresses to be heard of."""

    interface: Interface
    arp: _Ear
    ndp: _Ear
    groups: Groups
    open_socket: Callable[[], socket.socket]

    def probe(self, address: IPAddress) -> bool:
        mac = self.interface.mac
        if isinstance(address, IPv4Address):
            return self.arp.socket.send(arp.frames_from(mac).probe(address))
        return self.ndp.socket.send(ndp.frames_from(mac).probe(address))

    def ask(self, address: IPAddress) -> bool:
        frames = arp.frames_from(self.interface.mac)
        if isinstance(address, IPv4Address):
            source = ipv4_source(self.arp.socket, self.interface.name)
            return self.arp.socket.send(frames.question(address, source)) if source else self.probe(address)
        source_6 = ipv6_source(self.open_socket, self.interface)
        if source_6 is None:
            return self.probe(address)
        return self.ndp.socket.send(ndp.frames_from(self.interface.mac).question(address, source_6))

    def defend(self, address: IPAddress) -> bool:
        mac = self.interface.mac
        if isinstance(address, IPv4Address):
            return self.arp.socket.send(arp.frames_from(mac).gratuitous(address)[0])
        return self.ndp.socket.send(ndp.frames_from(mac).unsolicited(address))


@dataclass(slots=True)
class ConflictListener:
    """Tells `on_claim` of each claim, with the interface. Every method is for the event loop's thread.

    `reaches` says whether it is to be asked for an address on the interface of a name; `answers`, whether
    it is answered for there.
    """

    on_claim: Callable[[Claim, str], None]
    reaches: Callable[[IPAddress, str], bool]
    sockets: Sockets = field(default_factory=Sockets)
    answers: Callable[[IPAddress, str], bool] = lambda _address, _interface: True
    unheeded: dict[Unheeded, int] = field(default_factory=lambda: dict.fromkeys(Unheeded, 0))
    _spots: dict[Interface, _Spot] = field(default_factory=dict)
    _filters: tuple[ArpClaims, NdpClaims] = ArpClaims(()), NdpClaims(())
    _batch: Batch = field(default_factory=lambda: Batch(_SLOT, _SLOT))
    _probed: set[IPv6Address] = field(default_factory=set)
    _closing: Closing = field(default_factory=Closing)

    def fit(self, interfaces: Collection[Interface]) -> None:
        """Listen on these and no others. CapabilityMissing without NET_RAW."""
        wanted = frozenset(interfaces)
        for gone in [each for each in self._spots if each not in wanted]:
            spot = self._spots.pop(gone)
            spot.groups.close()
            self._close(spot.arp)
            self._close(spot.ndp)
        for interface in interfaces:
            if interface not in self._spots:
                with contextlib.suppress(OSError):  # it went while we came; the next notice says so
                    self._spots[interface] = self._open(interface)

    def heed(self, ranges: Iterable[AddressRange]) -> None:
        """Claims on addresses in these ranges are of interest, and few others need be heard."""
        by_family: dict[Family, list[tuple[int, int]]] = {family: [] for family in Family}
        for each in ranges:
            by_family[each.family].append(_last_words(each))
        arp_claims, ndp_claims = (
            ArpClaims(spans(by_family[Family.V4])),
            NdpClaims(spans(by_family[Family.V6])),
        )
        if (arp_claims, ndp_claims) != self._filters:
            self._filters = arp_claims, ndp_claims
            for spot in self._spots.values():
                spot.arp.socket.want(arp_claims, spot.interface.index)
                spot.ndp.socket.want(ndp_claims, spot.interface.index)

    def probe(self, address: IPAddress) -> int:
        """Ask whether anybody has it, without saying that we might; frames sent.

        From then on what others send to find out the same is heard, too (RFC 4862 5.4.2), until `forget`.
        """
        if isinstance(address, IPv6Address) and address not in self._probed:
            self._probed.add(address)
            for spot in self._spots.values():
                spot.groups.join([address])
        return sum(spot.probe(address) for spot in self._where(address))

    def forget(self, addresses: Iterable[IPAddress]) -> None:
        """These are not probed for any more."""
        gone = [each for each in addresses if isinstance(each, IPv6Address) and each in self._probed]
        self._probed.difference_update(gone)
        for spot in self._spots.values() if gone else ():
            spot.groups.leave(gone)

    def ask(self, address: IPAddress) -> int:
        """Ask who has it, as any client would; without an address of our own as a probe. Frames sent."""
        return sum(spot.ask(address) for spot in self._where(address))

    def defend(self, address: IPAddress) -> int:
        """Tell everybody once that it is ours; frames sent."""
        spots = (each for each in self._where(address) if self.answers(address, each.interface.name))
        return sum(spot.defend(address) for spot in spots)

    def close(self) -> None:
        """Listen no more."""
        self.fit(())
        self._closing.end(wait=False)

    def _where(self, address: IPAddress) -> list[_Spot]:
        return [each for each in self._spots.values() if self.reaches(address, each.interface.name)]

    def _open(self, interface: Interface) -> _Spot:
        arp_claims, ndp_claims = self._filters
        with contextlib.ExitStack() as stack:
            asked = self._socket(interface, arp_claims, stack)
            told = self._socket(interface, ndp_claims, stack)
            told.receive_group(interface.index, ALL_NODES)
            stack.pop_all()
        ears = _Ear(interface.name, asked, read_arp), _Ear(interface.name, told, read_ndp)
        for ear in ears:
            self._listen(ear)
        groups = Groups(interface.index, told, self.sockets.groups)
        groups.join(self._probed)
        return _Spot(interface, *ears, groups, self.sockets.groups)

    def _socket(self, interface: Interface, wanted: Wanted, stack: contextlib.ExitStack) -> PacketSocket:
        opened = self.sockets.packets(interface, wanted)
        stack.callback(opened.close)
        opened.shorten_queue(ROOM)
        return opened

    def _close(self, ear: _Ear) -> None:
        asyncio.get_running_loop().remove_reader(ear.socket)
        if ear.resting is not None:
            ear.resting.cancel()
        self._closing.close(ear.socket)

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
            self.on_claim(claim, ear.interface)


def _last_words(addresses: AddressRange) -> tuple[int, int]:
    """The last 32 bits of the addresses; all that there are where these differ in more."""
    first, last = int(addresses.first), int(addresses.last)
    return (first & _WORD, last & _WORD) if first >> 32 == last >> 32 else (0, _WORD)
