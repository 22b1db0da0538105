"""Which network a node is to have, whatever pods and other nodes there are. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Final

from mockcloud.node.host.network.state import Address, Network, Protocol, Route
from mockcloud.proxy.decide.views import IPNetwork

LINK_LOCAL: Final = "fe80::/64"


@dataclass(frozen=True, slots=True)
class Uplink:
    """The node's interface on the LAN, and its addresses there."""

    interface: str
    addresses: tuple[IPv4Interface | IPv6Interface, ...]
    gateways: tuple[IPv4Address | IPv6Address, ...] = ()  # who knows the way to everybody else


def base(uplink: Uplink, services: Sequence[IPNetwork]) -> Network:
    """The LAN, and ways to Services, since a node without a default route could not connect to those.

    Nothing leaves by the latter: the address is rewritten on the way out, or the packet refused.
    """
    return Network(
        addresses=frozenset(
            Address(uplink.interface, str(one.ip), one.network.prefixlen) for one in uplink.addresses
        ),
        routes=frozenset((*_connected(uplink), *_to_services(uplink, services), *_to_the_rest(uplink))),
    )


def _connected(uplink: Uplink) -> Iterator[Route]:
    """What the kernel adds with an address, and does not put back when somebody flushes it."""
    for one in uplink.addresses:
        source = str(one.ip) if one.version == 4 else ""
        yield Route(str(one.network), "", uplink.interface, source, Protocol.KERNEL)
    if any(one.version == 6 for one in uplink.addresses):
        yield Route(LINK_LOCAL, "", uplink.interface, "", Protocol.KERNEL)


def _to_the_rest(uplink: Uplink) -> Iterator[Route]:
    everywhere = {4: "0.0.0.0/0", 6: "::/0"}
    return (Route(everywhere[one.version], str(one), uplink.interface) for one in uplink.gateways)


def _to_services(uplink: Uplink, services: Sequence[IPNetwork]) -> Iterator[Route]:
    versions = {one.version for one in uplink.addresses}
    return (Route(str(one), "", uplink.interface) for one in services if one.version in versions)
