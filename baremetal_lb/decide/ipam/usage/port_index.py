"""The lowest of many shared addresses on which given ports are free, without looking at each of them.

A tree over places (an address's number in the order of giving), sixteen ways a level. Each node counts its
addresses, and on how many of them each port is taken: a part where a port is taken everywhere is passed over
whole. One port is found in O(log n); for several, a part may be entered in vain where each is free somewhere
in it, but never all on one address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from baremetal_lb.model.services import ServicePort

BITS: Final = 4  # of a place, for each level


@dataclass(slots=True)
class _Node:
    addresses: int = 0
    taken: dict[ServicePort, int] = field(default_factory=dict)

    def is_taken(self, ports: Collection[ServicePort]) -> bool:
        """Whether one of the ports is taken on every address."""
        return any(self.taken.get(port) == self.addresses for port in ports)


@dataclass(slots=True)
class PortIndex:
    """Places below `size`, each with the ports that are taken there."""

    size: int
    _nodes: dict[tuple[int, int], _Node] = field(default_factory=dict)  # by level and leading bits

    def __len__(self) -> int:
        root = self._nodes.get((self._height, 0))
        return root.addresses if root else 0

    def add(self, place: int, ports: Collection[ServicePort]) -> None:
        """A place comes in, with the ports that are taken there."""
        for level in range(self._height + 1):
            self._nodes.setdefault((level, place >> BITS * level), _Node()).addresses += 1
        for port in ports:
            self.take(place, port)

    def remove(self, place: int, ports: Collection[ServicePort]) -> None:
        """A place goes out; `ports` must be all that are taken there."""
        for port in ports:
            self.release(place, port)
        for level in range(self._height + 1):
            at = (level, place >> BITS * level)
            self._nodes[at].addresses -= 1
            if not self._nodes[at].addresses:
                del self._nodes[at]

    def take(self, place: int, port: ServicePort) -> None:
        """A port that was free at a place is taken."""
        for level in range(self._height + 1):
            taken = self._nodes[level, place >> BITS * level].taken
            taken[port] = taken.get(port, 0) + 1

    def release(self, place: int, port: ServicePort) -> None:
        """A port that was taken at a place is free."""
        for level in range(self._height + 1):
            taken = self._nodes[level, place >> BITS * level].taken
            taken[port] -= 1
            if not taken[port]:
                del taken[port]

    def lowest(self, ports: Collection[ServicePort], below: int | None = None) -> int | None:
        """The lowest place, under `below` where given, on which all of the ports are free."""
        return self._search(self._height, 0, ports, self.size if below is None else below)

    def _search(self, level: int, prefix: int, ports: Collection[ServicePort], below: int) -> int | None:
        node = self._nodes.get((level, prefix))
        if node is None or prefix << BITS * level >= below or node.is_taken(ports):
            return None
        if level == 0:
            return prefix
        for child in range(prefix << BITS, (prefix + 1) << BITS):
            found = self._search(level - 1, child, ports, below)
            if found is not None:
                return found
        return None

    @property
    def _height(self) -> int:
        return -(-(self.size - 1).bit_length() // BITS)
