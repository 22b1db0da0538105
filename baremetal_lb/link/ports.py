"""All interfaces on which this node announces, and what it says there."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from baremetal_lb.decide.layer2.interfaces import EXCLUDED, why_silent
from baremetal_lb.link.answering import messages
from baremetal_lb.link.groups import Groups, group_socket
from baremetal_lb.link.packet_socket import ARP, NDP, PacketSocket, Wanted
from baremetal_lb.wire import arp, mld, ndp

if TYPE_CHECKING:
    import re
    import socket
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from baremetal_lb.decide.layer2.responder.responder import DropReason
    from baremetal_lb.link.answering.ledger import Counts
    from baremetal_lb.link.answering.process import Port, ResponderProcess
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
    answering: ResponderProcess
    arp: Port
    ndp: Port
    groups: Groups
    bound: set[IPAddress] = field(default_factory=set)

    def answer_also(self, tallies: Mapping[IPAddress, Counts]) -> None:
        self.bound.update(tallies)
        middle = arp.frames_from(self.interface.mac).reply_middle
        frames = ndp.frames_from(self.interface.mac)
        asked: dict[bytes, bytes] = {}
        solicited: dict[bytes, bytes] = {}
        for address, tally in tallies.items():
            key = address.packed
            if isinstance(address, IPv4Address):
                asked[key] = messages.RECORDS[messages.ARP].pack(key, tally.at, middle(address))
            else:
                both = frames.reply(address), frames.unsolicited(address)
                solicited[key] = messages.RECORDS[messages.NDP].pack(key, tally.at, *both)
        self.groups.join(_of_v6(tallies))  # first, or the first question might not reach us
        self.answering.answer(self.arp, asked)
        self.answering.answer(self.ndp, solicited)

    def answer_no_more(self, addresses: Collection[IPAddress]) -> None:
        """When this returns, nothing is answered for them here."""
        self.bound.difference_update(addresses)
        six = _of_v6(addresses)
        self.answering.silence(self.arp, [each.packed for each in addresses if each.version == 4])
        self.answering.silence(self.ndp, [each.packed for each in six])
        self.groups.leave(six)

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

    answering: ResponderProcess
    sockets: Sockets = field(default_factory=Sockets)
    excluded: Sequence[re.Pattern[str]] = EXCLUDED
    # Whether an address is to be announced on an interface, by its name.
    reaches: Callable[[IPAddress, str], bool] = lambda _address, _interface: True
    _links: dict[Interface, _Link] = field(default_factory=dict)
    _tallies: dict[IPAddress, Counts] = field(default_factory=dict)

    @property
    def tallies(self) -> Mapping[IPAddress, Counts]:
        """What is answered for, and how often it was."""
        return self._tallies

    @property
    def arp_drops(self) -> Mapping[DropReason, int]:
        """What got no answer."""
        return self.answering.ledger.arp_drops

    @property
    def ndp_drops(self) -> Mapping[DropReason, int]:
        """What got no answer."""
        return self.answering.ledger.ndp_drops

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
        self.answering.sync()
        return PortChanges(tuple(opened), tuple(each.name for each in gone), tuple(failed))

    def change(self, won: Collection[IPAddress], lost: Collection[IPAddress]) -> None:
        """Answer for the addresses won from now on, no more for those lost: not one, when this returns."""
        gone = {each: tally for each in lost if (tally := self._tallies.pop(each, None))}
        fresh = {each: self.answering.ledger.take() for each in won if each not in self._tallies}
        self._tallies.update(fresh)
        for link in self._links.values():
            if gone:
                link.answer_no_more(gone)
            if fresh:
                link.answer_also(self._reaching(link, fresh))
        self.answering.sync()
        for tally in gone.values():
            self.answering.ledger.give_back(tally)

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
        self.answering.sync()
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
            self.answering,
            self.answering.port(messages.ARP, interface.mac, asked),
            self.answering.port(messages.NDP, interface.mac, solicited),
            Groups(interface.index, solicited, self.sockets.groups),
        )
        link.answer_also(self._reaching(link, self._tallies))
        for port in (link.arp, link.ndp):
            self.answering.serve(port)
        return link

    def _reaching(self, link: _Link, tallies: Mapping[IPAddress, Counts]) -> dict[IPAddress, Counts]:
        name = link.interface.name
        return {each: tally for each, tally in tallies.items() if self.reaches(each, name)}

    def _close(self, link: _Link) -> None:
        link.groups.close()
        for port in (link.arp, link.ndp):
            self.answering.remove(port)


def _of_v6(addresses: Iterable[IPAddress]) -> list[IPv6Address]:
    return [each for each in addresses if isinstance(each, IPv6Address)]
