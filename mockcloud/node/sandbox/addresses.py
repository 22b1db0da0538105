"""Which address a new pod gets. Pure."""

from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network
from typing import Final

# A range may be a /64: more pods than this are never on one node.
MOST: Final = 4096
RESERVED: Final = 2  # the network's own address, and the first, which users take for the node's


def next_free(network: IPv4Network | IPv6Network, used: Collection[str], last: str | None) -> str | None:
    """The first free address after `last`, going round; None where the range is full.

    Not the lowest, so that a replaced pod's address is not soon another's.
    """
    size = min(network.num_addresses - RESERVED - (network.version == 4), MOST)
    base = int(network.network_address) + RESERVED
    start = _offset(network, base, last) + 1 if last else 0
    for step in range(size):
        address = str(network.network_address + (RESERVED + (start + step) % size))
        if address not in used:
            return address
    return None


def _offset(network: IPv4Network | IPv6Network, base: int, last: str) -> int:
    address = type(network.network_address)(last)
    return int(address) - base if address in network else -1
