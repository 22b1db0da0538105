"""Who is on the cluster's LAN, and with which addresses; no I/O here.

The LAN and its numbers are a lab's (mockcloud/lab/topology.py): a scenario finds the same hosts in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mockcloud.lab.topology import LAN, PODS4, PODS6

SWITCH: Final = "lan"
CONTROL: Final = "control"  # the API's host, and an administrator's
CLIENT: Final = "client"
NEIGHBOUR: Final = "neighbour"  # a foreign host: what it does is nobody's business but its own
CLUSTER_CIDRS: Final = f"{PODS4},{PODS6}"
_NUMBERS: Final = {CONTROL: 2, CLIENT: 100, NEIGHBOUR: 101}
_FIRST_NODE: Final = 11
MOST_NODES: Final = 9


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the LAN."""

    name: str
    number: int

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """IPv4 and IPv6 on the LAN, each with the length of its prefix."""
        link = LAN.link(self.number)
        return tuple((str(each.ip), each.network.prefixlen) for each in (link.ipv4, link.ipv6))

    @property
    def ips(self) -> tuple[str, str]:
        """The same without prefixes."""
        (four, _), (six, _) = self.addresses
        return four, six


@dataclass(frozen=True, slots=True)
class Node(Host):
    """A host that runs pods."""

    @property
    def pod_ranges(self) -> tuple[str, str]:
        """The IPv4 and the IPv6 range of its pods."""
        four = list(PODS4.subnets(new_prefix=24))[self.number - _FIRST_NODE + 1]
        six = next(
            each
            for place, each in enumerate(PODS6.subnets(new_prefix=64))
            if place == self.number - _FIRST_NODE + 1
        )
        return str(four), str(six)


def host(name: str) -> Host:
    """One of those that run no pods."""
    return Host(name, _NUMBERS[name])


def hosts() -> tuple[Host, ...]:
    """All that run no pods."""
    return tuple(host(name) for name in _NUMBERS)


def nodes(count: int) -> tuple[Node, ...]:
    """node-1, node-2 and so on."""
    return tuple(Node(f"node-{number}", _FIRST_NODE + number - 1) for number in range(1, count + 1))
