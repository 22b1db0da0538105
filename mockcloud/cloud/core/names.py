"""What the cloud calls its addresses: names for whoever serves them. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final, TypeAlias

from mockcloud.cloud.core.addresses import reverse_name
from mockcloud.cloud.core.values import Address

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import State

IPAddress: TypeAlias = IPv4Address | IPv6Address

DOMAIN: Final = "mockcloud.test"  # RFC 6761 keeps .test for such


def host_names(state: State) -> dict[str, tuple[IPAddress, ...]]:
    """Name below DOMAIN -> its addresses: of each public IPv4 address that somebody holds, as at Hetzner."""
    return {
        name: (each.ip,)
        for each in state.all(Address)
        if each.holder is not None and isinstance(each.ip, IPv4Address)
        for name in (reverse_name(each).rstrip(".").lower(),)
        if name.endswith(f".{DOMAIN}")
    }
