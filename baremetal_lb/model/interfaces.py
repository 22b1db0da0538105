"""A network interface of this node, as the kernel describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HERE: Final = -1  # the namespace of a lower interface that is in this one, too


@dataclass(frozen=True, slots=True)
class Interface:
    """One link of the node's network namespace. `mac` has 6 bytes; where there is no Ethernet it is empty."""

    index: int
    name: str
    mac: bytes
    up: bool = True
    broadcast: bool = True
    noarp: bool = False
    enslaved: bool = False
    carrier: bool = True  # there is somebody at the other end
    # Whose frames it takes part in, by number and namespace: a macvlan's lower interface. A VLAN has none.
    lower: tuple[int, int] | None = None
