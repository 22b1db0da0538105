"""Hosts, the networks that they are on, their addresses; pure, so that `up`, tests and documents agree."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Any, Final

from mockcloud.lab.errors import LabError, UsageError

PODS4: Final = IPv4Network("10.244.0.0/16")
PODS6: Final = IPv6Network("fd00:10:244::/48")
UPLINK: Final = "eth0"  # a host's interface on its first network

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Network:
    """A switch: a namespace of that name, which holds the bridge and nothing else; at most 15 characters."""

    name: str
    ipv4: IPv4Network
    ipv6: IPv6Network

    def link(self, number: int, interface: str = UPLINK) -> Link:
        """A host's interface on it, with the addresses of that number (1 to 254).

        The IPv6 address shows the same digits as the IPv4 one: ::11 beside .11.
        """
        ipv4 = IPv4Address(int(self.ipv4.network_address) + number)
        ipv6 = IPv6Address(f"{self.ipv6.network_address}{number}")
        return Link(
            self.name,
            interface,
            IPv4Interface((ipv4, self.ipv4.prefixlen)),
            IPv6Interface((ipv6, self.ipv6.prefixlen)),
        )


LAN: Final = Network("lan", IPv4Network("192.168.10.0/24"), IPv6Network("fd00:10::/64"))


@dataclass(frozen=True, slots=True)
class Link:
    """One interface of a host: on which network, and with which addresses."""

    network: str
    interface: str
    ipv4: IPv4Interface
    ipv6: IPv6Interface


@dataclass(frozen=True, slots=True)
class Gateway:
    """A router that knows the way to all other networks."""

    ipv4: IPv4Address
    ipv6: IPv6Address


@dataclass(frozen=True, slots=True)
class Host:
    """A machine with an interface on each of some networks; `pods4`/`pods6` only where it is a node."""

    name: str
    links: tuple[Link, ...]
    pods4: IPv4Network | None = None
    pods6: IPv6Network | None = None
    gateway: Gateway | None = None  # on its first network
    reaches_pods: bool = False  # though it is no node: it has a route to each node's pods

    @property
    def is_node(self) -> bool:
        return self.pods4 is not None

    @property
    def ipv4(self) -> IPv4Interface:
        """Its main address, that on its first network."""
        return self.links[0].ipv4

    @property
    def ipv6(self) -> IPv6Interface:
        return self.links[0].ipv6


@dataclass(frozen=True, slots=True)
class Topology:
    """All networks and hosts of a lab, the control plane first."""

    networks: tuple[Network, ...]
    hosts: tuple[Host, ...]

    def __post_init__(self) -> None:
        """ValueError where two namespaces would have one name, or a link leads nowhere."""
        if twice := {name for name in self.names if self.names.count(name) > 1}:
            msg = f"hosts and networks called {', '.join(sorted(twice))} are defined twice"
            raise ValueError(msg)
        wanted = {link.network for host in self.hosts for link in host.links}
        if missing := wanted - {network.name for network in self.networks}:
            msg = f"hosts have links to networks that are not there: {', '.join(sorted(missing))}"
            raise ValueError(msg)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all its namespaces."""
        return (*(network.name for network in self.networks), *(host.name for host in self.hosts))

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

    def as_json(self) -> str:
        """For a process that is to build it."""
        return json.dumps(asdict(self), default=str)


def from_json(text: str) -> Topology:
    """What `as_json` made."""
    found = json.loads(text)
    networks = (
        Network(each["name"], IPv4Network(each["ipv4"]), IPv6Network(each["ipv6"]))
        for each in found["networks"]
    )
    return Topology(tuple(networks), tuple(_host(each) for each in found["hosts"]))


def _host(fields: dict[str, Any]) -> Host:
    links = tuple(
        Link(each["network"], each["interface"], IPv4Interface(each["ipv4"]), IPv6Interface(each["ipv6"]))
        for each in fields["links"]
    )
    pods4, pods6, gateway = fields["pods4"], fields["pods6"], fields["gateway"]
    return Host(
        str(fields["name"]),
        links,
        IPv4Network(pods4) if pods4 else None,
        IPv6Network(pods6) if pods6 else None,
        Gateway(IPv4Address(gateway["ipv4"]), IPv6Address(gateway["ipv6"])) if gateway else None,
        bool(fields["reaches_pods"]),
    )


def lab_name(text: str) -> str:
    """The name, if it can be a lab's: a DNS label of at most 32 characters (it names a folder)."""
    if not _NAME.fullmatch(text):
        wanted = "at most 32 of a-z, 0-9 and '-', beginning and ending with a letter or digit"
        msg = f"lab name {text!r}: expected {wanted}"
        raise UsageError(msg)
    return text
