"""Where a lab's hosts are: on one LAN, or in a cloud's private network with the world outside. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import TYPE_CHECKING, Final

from mockcloud.lab.topology import LAN, Gateway, Link, Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.lab.plan import Plan

CLOUD: Final = "cloud"  # the provider whose labs are a cloud
CLIENT_NUMBER: Final = 100
CONTROL_PLANE_NUMBER: Final = 10
BEFORE_FIRST_NODE: Final = 10  # node-1 is number 11
EDGE_NUMBER: Final = 1

PRIVATE: Final = Network("private", IPv4Network("10.0.0.0/16"), IPv6Network("fd00:10::/64"))
# RFC 5737 and RFC 3849 keep them for documents: nobody's networks have them.
INTERNET: Final = Network("internet", IPv4Network("203.0.113.0/24"), IPv6Network("2001:db8:203::/64"))
ZONES: Final = 3  # nodes go round them; each has a subnet, 10.0.ZONE.0/24


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """The links of the hosts that every lab has. `gateways`: by network, who knows the way to others."""

    networks: tuple[Network, ...]
    control_plane: Link
    client: Link
    node: Callable[[int], Link]  # the first is 1
    gateways: dict[str, Gateway]

    def gateway(self, link: Link) -> Gateway | None:
        """Of the network that a link leads to."""
        return self.gateways.get(link.network)


def zone_of(index: int) -> int:
    """The zone of a node, 1 to ZONES."""
    return (index - 1) % ZONES + 1


def subnet_of(zone: int) -> IPv4Network:
    """A zone's part of the private network."""
    return IPv4Network((int(PRIVATE.ipv4.network_address) + (zone << 8), 24))


def _instance_link(index: int) -> Link:
    """A node's address is in the subnet of its zone; the last digits are as on a LAN."""
    number = BEFORE_FIRST_NODE + index
    ipv4 = IPv4Address(int(subnet_of(zone_of(index)).network_address) + number)
    ipv6 = IPv6Address(f"{PRIVATE.ipv6.network_address}{number}")
    return Link(
        PRIVATE.name,
        PRIVATE.link(number).interface,
        IPv4Interface((ipv4, PRIVATE.ipv4.prefixlen)),
        IPv6Interface((ipv6, PRIVATE.ipv6.prefixlen)),
    )


def _router(network: Network) -> Gateway:
    link = network.link(EDGE_NUMBER)
    return Gateway(link.ipv4.ip, link.ipv6.ip)


ON_A_LAN: Final = AddressPlan(
    (LAN,),
    LAN.link(CONTROL_PLANE_NUMBER),
    LAN.link(CLIENT_NUMBER),
    lambda index: LAN.link(BEFORE_FIRST_NODE + index),
    {},
)
IN_A_CLOUD: Final = AddressPlan(
    (PRIVATE, INTERNET),
    PRIVATE.link(CONTROL_PLANE_NUMBER),
    INTERNET.link(CLIENT_NUMBER),
    _instance_link,
    {network.name: _router(network) for network in (PRIVATE, INTERNET)},
)


def address_plan(plan: Plan) -> AddressPlan:
    """Of the lab that was asked for."""
    return IN_A_CLOUD if plan.provider == CLOUD else ON_A_LAN
