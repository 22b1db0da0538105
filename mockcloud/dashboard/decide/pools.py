"""Pools as the balancer's ConfigMap has them, and how much of each is in use; pure.

The text is whoever's: what cannot be read of it is said, and what can is shown. Whether it is in force is the
controller's to say (its verdict).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

import yaml

from mockcloud.cluster_defaults import BAREMETAL_LB_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from ipaddress import IPv4Address, IPv6Address

NAMESPACE: Final = BAREMETAL_LB_NAMESPACE
NAME: Final = "config"
_VERDICT: Final = "baremetal-lb.io/verdict"
_BUGGY: Final = (0, 255)
MOST: Final = 100
"""Pools that are shown, and addresses of each: aliases of YAML make a short text stand for billions."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a pool gives, from first to last; none where first is after last."""

    version: int
    first: int
    last: int

    def count(self, *, avoid_buggy: bool) -> int:
        """How many addresses those are; `avoid_buggy` leaves out what ends in .0 and .255."""
        size = max(0, self.last - self.first + 1)
        if not size or not avoid_buggy or self.version != 4:
            return size
        return size - sum((self.last - end) // 256 - (self.first - 1 - end) // 256 for end in _BUGGY)

    def has(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether the address is one of them."""
        return address.version == self.version and self.first <= int(address) <= self.last


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool; `size` is text, since JavaScript's numbers end before IPv6 does."""

    name: str
    addresses: tuple[str, ...]
    size: str
    used: int
    share: float  # of it in use, 0 to 1
    automatic: bool  # also for Services that do not ask for it
    note: str  # what cannot be read


@dataclass(frozen=True, slots=True)
class PoolsShown:
    """All pools, and what is to be said of the ConfigMap as a whole."""

    said: str
    wrong: bool
    pools: tuple[PoolRow, ...] = ()


def shown(config_map: Mapping[str, Any] | None, in_use: Iterable[str]) -> PoolsShown:
    """The pools of the ConfigMap (None: there is none); `in_use`: external addresses of Services."""
    if config_map is None:
        return PoolsShown(
            f"there is no ConfigMap {NAMESPACE}/{NAME}: nobody here gives addresses by it", False
        )
    verdict = str((config_map["metadata"].get("annotations") or {}).get(_VERDICT) or "no verdict on it yet")
    wrong = verdict.startswith("rejected")
    try:
        read = yaml.safe_load(str((config_map.get("data") or {}).get("config") or ""))
    except (yaml.YAMLError, RecursionError):
        return PoolsShown(f"{verdict}; it is not YAML", True)
    entries = read.get("address-pools") if isinstance(read, dict) else None
    held = {address for each in in_use if (address := _address(each)) is not None}
    listed = entries if isinstance(entries, list) else []
    rows = [_row(each, held) for each in listed[:MOST] if isinstance(each, dict)]
    left_out = f"; {len(listed) - MOST} more pools are not shown" if len(listed) > MOST else ""
    return PoolsShown(f"{verdict}{left_out}", wrong, tuple(rows))


def _row(entry: Mapping[str, Any], held: set[IPv4Address | IPv6Address]) -> PoolRow:
    told = entry.get("addresses")
    listed = told if isinstance(told, list) else []
    texts = tuple(map(_text, listed[:MOST]))
    skip = entry.get("skip-network-broadcast", True) is not False
    found = [(text, span(text, skip_edges=skip)) for text in texts]
    spans = [each for _, each in found if each is not None]
    buggy = entry.get("avoid-buggy-ips") is True
    size = sum(each.count(avoid_buggy=buggy) for each in spans)
    used = sum(any(each.has(address) for each in spans) for address in held)
    notes = []
    if bad := [text for text, each in found if each is None]:
        notes.append(f"cannot be read: {', '.join(bad)}")
    if len(listed) > MOST:
        notes.append(f"{len(listed) - MOST} more entries are not counted")
    return PoolRow(
        _text(entry.get("name", "")),
        texts,
        str(size),
        used,
        min(1.0, used / size) if size else 0.0,
        entry.get("auto-assign", True) is not False,
        "; ".join(notes),
    )


def _text(value: object) -> str:
    """As it is shown; of what holds other values, only what kind of thing it is: it may hold any number."""
    return f"a {type(value).__name__}" if isinstance(value, list | dict | set | tuple) else str(value)


def span(text: str, *, skip_edges: bool) -> Span | None:
    """A CIDR, a range or one address; None where it is none of them.

    `skip_edges`: without network and broadcast address of a CIDR, in IPv6 without the subnet-router anycast
    (RFC 4291 2.6.1); /31, /32, /127 and /128 have none (RFC 3021, RFC 6164).
    """
    try:
        if "/" in text:
            return _of_network(text, skip_edges=skip_edges)
        first, _, last = text.partition("-")
        low, high = ip_address(first.strip()), ip_address((last or first).strip())
    except ValueError:
        return None
    return Span(low.version, int(low), int(high)) if low.version == high.version else None


def _of_network(text: str, *, skip_edges: bool) -> Span:
    network = ip_network(text.strip(), strict=False)
    first, last = int(network.network_address), int(network.broadcast_address)
    if skip_edges and network.max_prefixlen - network.prefixlen > 1:
        first += 1
        last -= network.version == 4
    return Span(network.version, first, last)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """None where it is a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None
