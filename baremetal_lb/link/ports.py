"""All interfaces on which this node announces, and what it says there."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from baremetal_lb.decide.layer2.interfaces import EXCLUDED, why_silent
from baremetal_lb.decide.layer2.responder.arp import ArpAnswer, ArpResponder
from baremetal_lb.decide.layer2.responder.ndp import NdpAnswer, NdpResponder
from baremetal_lb.decide.layer2.responder.responder import AnswerCounts, DropReason, no_drops
from baremetal_lb.link.groups import Groups, group_socket
from baremetal_lb.link.packet_socket import ARP, NDP, PacketSocket, Wanted
from baremetal_lb.link.responder_thread import Port, ResponderThread
from baremetal_lb.wire import arp, mld, ndp

if TYPE_CHECKING:
    import re
    import socket
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.interfaces import Interface


@dataclass(frozen=True, slots=True)
class PortChanges:
    """What became of the ports: opened, closed, and those that could not be opened, with the reason."""

    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sockets:
    """How sockets are opened on this node."""

    packets: Callable[[Interface, Wanted], PacketSocket] = PacketSocket.open
    groups: Callable[[], socket.socket] = group_socket


@dataclass(frozen=True, slots=True)
class _Link:
    """One interface: a port for each protocol, the groups of the IPv6 addresses, and all addresses there."""

    interface: Interface
    arp: Port[ArpResponder]
    ndp: Port[NdpResponder]
    groups: Groups
    bound: set[IPAddress] = field(default_factory=set)

    def answer_also(self, tallies: Mapping[IPAddress, AnswerCounts]) -> None:
        self.bound.update(tallies)
        middle = arp.frames_from(self.interface.mac).reply_middle
        frames = ndp.frames_from(self.interface.mac)
        asked: dict[bytes, ArpAnswer] = {}
        solicited: dict[bytes, NdpAnswer] = {}
        for address, tally in tallies.items():
            if isinstance(address, IPv4Address):
                asked[address.packed] = ArpAnswer(middle(address), tally)
            else:
                reply, to_all = frames.reply(address), frames.unsolicited(address)
                solicited[address.packed] = NdpAnswer(reply, to_all, tally)
        self.groups.join(_of_v6(tallies))  # first, or the first question might not reach us
        self.arp.responder.answer_also(asked)
        self.ndp.responder.answer_also(solicited)

    def answer_no_more(self, addresses: Collection[IPAddress]) -> None:
        self.bound.difference_update(addresses)
        gone = {each.packed for each in addresses}
        self.arp.responder.answer_no_more(gone)
        self.ndp.responder.answer_no_more(gone)
        self.groups.leave(_of_v6(addresses))

    def shout(self, address: IPAddress) -> int:
        """How many frames the kernel took, besides those for switches."""
        mac = self.interface.mac
        if isinstance(address, IPv4Address):
            return sum(self.arp.socket.send(each) for each in arp.frames_from(mac).gratuitous(address))
        self.ndp.socket.send(mld.report(mac, address))
        return int(self.ndp.socket.send(ndp.frames_from(mac).unsolicited(address)))


@dataclass(slots=True)
class Ports:
    """What answers on each interface that does. Every method is for the event loop's thread."""

    answering: ResponderThread
    sockets: Sockets = field(default_factory=Sockets)
    excluded: Sequence[re.Pattern[str]] = EXCLUDED
    # Whether an address is to be announced on an interface, by its name.
    reaches: Callable[[IPAddress, str], bool] = lambda _address, _interface: True
    arp_drops: dict[DropReason, int] = field(default_factory=no_drops)
    ndp_drops: dict[DropReason, int] = field(default_factory=no_drops)
    _links: dict[Interface, _Link] = field(default_factory=dict)
    _tallies: dict[IPAddress, AnswerCounts] = field(default_factory=dict)

    @property
    def tallies(self) -> Mapping[IPAddress, AnswerCounts]:
        """What is answered for, and how often it was."""
        return self._tallies

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """Those that are open."""
        return tuple(self._links)

    @property
    def names(self) -> list[str]:
        """The interfaces on which it is answered."""
        return [each.name for each in list(self._links)]

    def where(self, address: IPAddress) -> tuple[tuple[str, str], ...]:
        """The interfaces that an address is answered for on: name, and MAC as `02:00:00:00:00:01`."""
        links = [each.interface for each in list(self._links.values()) if address in each.bound]
        return tuple((each.name, each.mac.hex(":")) for each in links)

    def announceable(self, interfaces: Iterable[Interface]) -> list[Interface]:
        """Those of them that answers may be given on."""
        return [each for each in interfaces if why_silent(each, self.excluded) is None]

    def fit(self, interfaces: Iterable[Interface]) -> PortChanges:
        """Open and close ports so that they are those of `interfaces`. Raises CapabilityMissing."""
        wanted = dict.fromkeys(self.announceable(interfaces))
        gone = [each for each in self._links if each not in wanted]
        for interface in gone:
            self._close(self._links.pop(interface))
        opened, failed = [], []
        for interface in wanted:
            if interface not in self._links:
                try:
                    self._links[interface] = self._open(interface)
                    opened.append(interface.name)
                except OSError as exc:  # it went while we came; the next notice says so
                    failed.append((interface.name, str(exc)))
        return PortChanges(tuple(opened), tuple(each.name for each in gone), tuple(failed))

    def change(self, won: Collection[IPAddress], lost: Collection[IPAddress]) -> None:
        """Answer for the addresses won from now on, no more for those lost."""
        gone = [each for each in lost if self._tallies.pop(each, None)]
        fresh = {each: AnswerCounts() for each in won if each not in self._tallies}
        self._tallies.update(fresh)
        for link in self._links.values():
            if gone:
                link.answer_no_more(gone)
            if fresh:
                link.answer_also(self._reaching(link, fresh))

    def rebind(self) -> list[str]:
        """Heed what `reaches` says now of the addresses that are there; where neighbours have to hear of it.

        That is on interfaces that got one more; on all, where one has less: they may believe what it said.
        """
        widened, narrowed = [], False
        for link in self._links.values():
            wanted = self._reaching(link, self._tallies)
            fresh = {each: tally for each, tally in wanted.items() if each not in link.bound}
            if gone := link.bound - wanted.keys():
                link.answer_no_more(gone)
                narrowed = True
            if fresh:
                link.answer_also(fresh)
                widened.append(link.interface.name)
        return [each.interface.name for each in self._links.values() if each.bound] if narrowed else widened

    def shout(self, address: IPAddress, where: str | None = None) -> int:
        """Gratuitous ARP or an unsolicited advertisement, on one interface or on all; frames sent."""
        tally = self._tallies.get(address)
        if tally is None:
            return 0
        links = [each for each in self._links.values() if where in (None, each.interface.name)]
        sent = sum(link.shout(address) for link in links if address in link.bound)
        tally.shouted += sent
        return sent

    def _open(self, interface: Interface) -> _Link:
        asked = self.sockets.packets(interface, ARP)
        try:
            solicited = self.sockets.packets(interface, NDP)
        except OSError:
            asked.close()
            raise
        link = _Link(
            interface,
            Port(asked, ArpResponder(interface.mac, {}, self.arp_drops)),
            Port(solicited, NdpResponder(interface.mac, {}, self.ndp_drops)),
            Groups(interface.index, solicited, self.sockets.groups),
        )
        link.answer_also(self._reaching(link, self._tallies))
        for port in (link.arp, link.ndp):
            self.answering.add(port)
        return link

    def _reaching(
        self, link: _Link, tallies: Mapping[IPAddress, AnswerCounts]
    ) -> dict[IPAddress, AnswerCounts]:
        name = link.interface.name
        return {each: tally for each, tally in tallies.items() if self.reaches(each, name)}

    def _close(self, link: _Link) -> None:
        link.groups.close()
        for port in (link.arp, link.ndp):
            self.answering.remove(port)


def _of_v6(addresses: Iterable[IPAddress]) -> list[IPv6Address]:
    return [each for each in addresses if isinstance(each, IPv6Address)]
