"""Who is on the lab's LAN, with which addresses; pure, so that `up`, tests and documents say the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Final

from mockcloud.lab.errors import LabError, UsageError

SUBNET4: Final = IPv4Network("192.168.10.0/24")
SUBNET6: Final = IPv6Network("fd00:10::/64")
PODS4: Final = IPv4Network("10.244.0.0/16")
PODS6: Final = IPv6Network("fd00:10:244::/48")
FIRST_ADDRESS4: Final = SUBNET4[200]  # what the first Service gets
POOL4: Final = f"{FIRST_ADDRESS4}-{SUBNET4[250]}"
POOL6: Final = f"{SUBNET6.network_address}200-{SUBNET6.network_address}250"

CONTROL_PLANE: Final = "control-plane"
CLIENT: Final = "client"
UPLINK: Final = "eth0"  # a host's interface on the LAN
LAN: Final = "lan"  # the switch: a namespace that holds the bridge and nothing else
MOST_NODES: Final = 80  # node-80 is .90; the client is .100, the pool starts at .200

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Host:
    """A machine on the LAN; `pods4`/`pods6` only where it is a node."""

    name: str
    ipv4: IPv4Interface
    ipv6: IPv6Interface
    pods4: IPv4Network | None = None
    pods6: IPv6Network | None = None

    @property
    def is_node(self) -> bool:
        return self.pods4 is not None


@dataclass(frozen=True, slots=True)
class Topology:
    """All hosts of a lab, the control plane first."""

    hosts: tuple[Host, ...]

    @property
    def nodes(self) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.is_node)

    def host(self, name: str) -> Host:
        """The host of that name; LabError names the ones there are."""
        for host in self.hosts:
            if host.name == name:
                return host
        msg = f"no host is called {name!r}: this lab has {', '.join(host.name for host in self.hosts)}"
        raise LabError(msg)


def lab_name(text: str) -> str:
    """The name, if it can be a lab's: a DNS label of at most 32 characters (it names a folder)."""
    if not _NAME.fullmatch(text):
        wanted = "at most 32 of a-z, 0-9 and '-', beginning and ending with a letter or digit"
        msg = f"lab name {text!r}: expected {wanted}"
        raise UsageError(msg)
    return text


def topology(nodes: int) -> Topology:
    """The lab with that many nodes (1 to 80): control-plane, node-1 .. node-K, client."""
    if not 1 <= nodes <= MOST_NODES:
        msg = f"{nodes} nodes: expected 1 to {MOST_NODES}"
        raise UsageError(msg)
    return Topology(
        (_host(CONTROL_PLANE, 10), *(_node(index) for index in range(1, nodes + 1)), _host(CLIENT, 100)),
    )


def _host(name: str, number: int) -> Host:
    return Host(name, *_lan_addresses(number))


def _node(index: int) -> Host:
    pods4 = IPv4Network((int(PODS4.network_address) + (index << 8), 24))
    pods6 = IPv6Network(f"{str(PODS6.network_address).removesuffix(':')}{index}::/64")  # the same digits
    return Host(f"node-{index}", *_lan_addresses(10 + index), pods4, pods6)


def _lan_addresses(number: int) -> tuple[IPv4Interface, IPv6Interface]:
    # The IPv6 address shows the same digits as the IPv4 one: ::11 beside .11.
    ipv4 = IPv4Address(int(SUBNET4.network_address) + number)
    ipv6 = IPv6Address(f"{SUBNET6.network_address}{number}")
    return IPv4Interface(f"{ipv4}/{SUBNET4.prefixlen}"), IPv6Interface(f"{ipv6}/{SUBNET6.prefixlen}")
