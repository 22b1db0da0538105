"""A pool out of kind's own network: computed from what `docker network inspect` prints."""

from __future__ import annotations

import json
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MOST: Final = 250
_FEWEST: Final = 16  # addresses of a network that is worth having a pool in


class NoRoom(ValueError):
    """The network has no addresses for a pool; the message says what it has."""


def pool(inspected: str) -> list[str]:
    """Ranges at the end of each of the network's subnets, IPv4 first; docker gives from their beginning.

    NoRoom where there is no IPv4 range, and ValueError where the text is not what docker prints.
    """
    network: dict[str, Any] = json.loads(inspected)[0]
    configured = (network.get("IPAM") or {}).get("Config") or []
    subnets = sorted((ip_network(each["Subnet"]) for each in configured), key=lambda subnet: subnet.version)
    used = set(_used(network, configured))
    ranges = [found for subnet in subnets if (found := _tail(subnet, used))]
    if not any(":" not in each for each in ranges):
        listed = ", ".join(map(str, subnets)) or "no subnet"
        wanted = f"expected an IPv4 subnet with {_FEWEST} free addresses"
        msg = f"docker network {network.get('Name')!r} has {listed}: {wanted}"
        raise NoRoom(msg)
    return ranges


def _used(network: dict[str, Any], configured: Collection[dict[str, Any]]) -> Iterator[int]:
    for each in configured:
        if gateway := each.get("Gateway"):
            yield int(ip_address(gateway.partition("/")[0]))
    for container in (network.get("Containers") or {}).values():
        for key in ("IPv4Address", "IPv6Address"):
            if container.get(key):
                yield int(ip_interface(container[key]).ip)


def _tail(subnet: IPv4Network | IPv6Network, used: Collection[int]) -> str:
    """The end of the subnet that nobody uses, at most half, without broadcast address; "" if too small."""
    if subnet.num_addresses < 2 * _FEWEST:
        return ""
    last = int(subnet.broadcast_address) - 1
    first = last
    lowest = max(last - MOST + 1, last - subnet.num_addresses // 2)
    while first > lowest and first - 1 not in used:
        first -= 1
    if last in used or last - first + 1 < _FEWEST:
        return ""
    address = type(subnet.network_address)
    return f"{address(first)}-{address(last)}"
