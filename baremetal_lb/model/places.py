"""Where addresses are announced, and the sentence that tells it on a Service, for people and to be read back.

`192.168.10.200, fd00:10::200 by node-1 on eth0 (02:00:00:00:00:01)`; several places are joined by `; `, and
so are notes, which begin with NOTE.
Speakers read it to learn which addresses have been ours before, and on which node.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from baremetal_lb.model.addresses import IPAddress

NOTE: Final = "no heartbeats "
_PORT: Final = r"[^ ,;()]+ \([0-9a-f:]+\)"
_PLACE: Final = re.compile(
    rf"(?P<addresses>[^ ,;]+(?:, [^ ,;]+)*) by (?P<node>[^ ,;]+) on (?P<ports>{_PORT}(?:, {_PORT})*)"
)
_ODD: Final = re.compile(r"[\s,;()]")  # the kernel takes them in an interface's name


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """An interface that addresses are announced on, with its MAC as `02:00:00:00:00:01`."""

    interface: str
    mac: str

    def __str__(self) -> str:
        return f"{_ODD.sub('_', self.interface)} ({self.mac})"


@dataclass(frozen=True, slots=True)
class Place:
    """Addresses that one node announces on the same interfaces."""

    addresses: tuple[IPAddress, ...]
    node: str
    ports: tuple[Port, ...]

    def __str__(self) -> str:
        return f"{_listed(self.addresses)} by {self.node} on {_listed(self.ports)}"


def tell(places: Iterable[Place], notes: Iterable[str] = ()) -> str:
    """The sentence, with notes of whom the nodes do not hear."""
    return "; ".join([*map(str, places), *notes])


def note_in(sentence: str) -> str:
    """The notes of a sentence; empty, where there are none."""
    return "; ".join(part for part in sentence.split("; ") if part.startswith(NOTE))


def read(sentence: str) -> tuple[Place, ...]:
    """The places that a sentence tells; none, where it is another sentence."""
    try:
        return tuple(_place(part) for part in sentence.split("; ") if not part.startswith(NOTE))
    except ValueError:
        return ()


def _place(text: str) -> Place:
    match = _PLACE.fullmatch(text)
    if match is None:
        msg = f"{text!r} tells no place"
        raise ValueError(msg)
    addresses = tuple(ip_address(each) for each in match["addresses"].split(", "))
    ports = (each[:-1].partition(" (") for each in match["ports"].split(", "))
    return Place(addresses, match["node"], tuple(Port(name, mac) for name, _, mac in ports))


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
