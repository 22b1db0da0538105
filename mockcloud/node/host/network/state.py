"""What a node's network is made of, as it is to be and as it is. Nouns only."""

from dataclasses import dataclass
from enum import IntEnum


class Protocol(IntEnum):
    """Who made a route (rtnetlink(7))."""

    KERNEL = 2
    STATIC = 4
    OURS = 109  # a number that no routing daemon uses: such routes are ours to remove, too


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """An interface's own address, with the length of its network's prefix."""

    interface: str
    ip: str
    bits: int

    def __str__(self) -> str:
        return f"address {self.ip}/{self.bits} on {self.interface}"


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """A range, and the host that it is behind or the interface that it is on."""

    destination: str
    gateway: str = ""  # empty: straight on the interface
    interface: str = ""  # empty: whichever leads to the gateway
    source: str = ""  # with which address the node itself speaks there; empty: the kernel's choice
    protocol: int = Protocol.OURS

    @property
    def way(self) -> str:
        """Where it leads, by which two routes are the same one."""
        onward = f"via {self.gateway}" if self.gateway else f"dev {self.interface}"
        return f"{self.destination} {onward}"

    def __str__(self) -> str:
        return f"route {self.way}"


@dataclass(frozen=True, slots=True, order=True)
class Neighbour:
    """Whose hardware address is written down for good, so that nobody has to be asked."""

    interface: str
    ip: str
    mac: str

    def __str__(self) -> str:
        return f"neighbour {self.ip} ({self.mac}) on {self.interface}"


@dataclass(frozen=True, slots=True)
class Network:
    """A network as it is to be, or as it was seen."""

    interfaces: frozenset[str] = frozenset()  # seen: all there are
    up: frozenset[str] = frozenset()
    addresses: frozenset[Address] = frozenset()
    routes: frozenset[Route] = frozenset()
    neighbours: frozenset[Neighbour] = frozenset()
