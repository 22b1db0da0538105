"""Ranges whose addresses no host in a LAN has: whoever asked for one would never reach a Service there."""

from __future__ import annotations

from typing import Final

from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.decide.pools.overlaps import Claimed

# RFC 6890 (special-purpose registries), RFC 5771 and RFC 4291 (multicast). Link-local ranges and 240.0.0.0/4
# are not among them: there are networks that use these.
UNUSABLE: Final = tuple(
    Claimed(what, parse_entry(text))
    for text, what in (
        ("0.0.0.0/8", '"this network"'),
        ("127.0.0.0/8", "loopback"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("::", "the unspecified address"),
        ("::1", "loopback"),
        ("ff00::/8", "multicast"),
    )
)
