"""All interfaces on which this node announces, and what it says there."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from baremetal_lb.decide.interfaces import why_silent
from baremetal_lb.decide.responder import Answer
from baremetal_lb.link.answering import Answering, Port
from baremetal_lb.link.packet_socket import PacketSocket
from baremetal_lb.wire.arp import frames_from

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.interfaces import Interface


@dataclass(frozen=True, slots=True)
class Refit:
    """What became of the ports: opened, closed, and those that could not be opened, with the reason."""

    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Ports:
    """A port on each interface that answers. Every method is for the event loop's thread."""

    answering: Answering
    open_socket: Callable[[Interface], PacketSocket] = PacketSocket.open
    _ports: dict[Interface, Port] = field(default_factory=dict)
    _addresses: frozenset[IPv4Address] = frozenset()

    @property
    def addresses(self) -> frozenset[IPv4Address]:
        """What is answered for."""
        return self._addresses

    def fit(self, interfaces: Iterable[Interface]) -> Refit:
        """Open and close ports so that they are those of `interfaces`. Raises CapabilityMissing."""
        wanted = [each for each in interfaces if why_silent(each) is None]
        gone = [each for each in self._ports if each not in wanted]
        for interface in gone:
            self.answering.remove(self._ports.pop(interface))
        opened, failed = [], []
        for interface in wanted:
            if interface not in self._ports:
                try:
                    self._open(interface)
                    opened.append(interface.name)
                except OSError as exc:  # it went while we came; the next notice says so
                    failed.append((interface.name, str(exc)))
        return Refit(tuple(opened), tuple(each.name for each in gone), tuple(failed))

    def change(self, won: Collection[IPAddress], lost: Collection[IPAddress]) -> list[IPAddress]:
        """Answer for the addresses won from now on, no more for those lost; those that ARP cannot serve."""
        gained = [address for address in won if isinstance(address, IPv4Address)]
        self._addresses = self._addresses.difference(lost).union(gained)
        for port in self._ports.values():
            answers = dict(port.responder.answers)
            for address in lost:
                answers.pop(address.packed, None)
            answers.update(_answers(port.interface, gained))
            port.responder.answers = answers
        return [address for address in won if not isinstance(address, IPv4Address)]

    def shout(self, address: IPAddress) -> int:
        """Gratuitous ARP for an address on every port; how many frames the kernel took."""
        if not isinstance(address, IPv4Address) or address not in self._addresses:
            return 0
        return sum(
            port.socket.send(frame)
            for port in self._ports.values()
            for frame in frames_from(port.interface.mac).gratuitous(address)
        )

    def _open(self, interface: Interface) -> None:
        port = Port(interface, self.open_socket(interface), _answers(interface, self._addresses))
        self._ports[interface] = port
        self.answering.add(port)


def _answers(interface: Interface, addresses: Iterable[IPv4Address]) -> dict[bytes, Answer]:
    frames = frames_from(interface.mac)
    return {address.packed: Answer(frames.reply_middle(address)) for address in addresses}
