"""The pools of a run, beside those that the cluster has: computed from its configuration, nothing asked."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import yaml

from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.model.addresses import AddressRange, IPAddress

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAIN: Final = "e2e"
"""Given to Services of the suite's namespaces, and to no other."""
SMALL: Final = "e2e-small"
"""One IPv4 address; given only to who asks for it, or for the pool."""
WANTED: Final = 64  # addresses taken from a pool of the cluster's own
FEWEST: Final = 12


class NoGround(Exception):
    """There are no addresses for the suite: the message says where they were looked for, and what to do."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The configuration while the suite runs, and which addresses are the suite's in it."""

    config: str
    pools: int
    main: tuple[AddressRange, ...]
    small: IPAddress
    lasting: str
    """A pool that stays when a chart writes its configuration anew: the cluster's own, if it has one."""

    def has(self, address: str) -> bool:
        """Whether it is of the main pool."""
        return any(ip_address(address) in each for each in self.main)

    @property
    def size(self) -> int:
        """How many IPv4 addresses the main pool has."""
        return sum(_size(each) for each in self.main if each.first.version == 4)

    @property
    def last(self) -> IPAddress:
        """The last IPv4 address of the main pool, to ask for by name: who does not gets the first ones."""
        return max((each.last for each in self.main if each.first.version == 4), key=int)


def given(config: str, addresses: str, namespaces: Collection[str]) -> Ground:
    """The suite's pools are made of these addresses (as in a pool, by commas); ValueError, NoGround."""
    entries = [_hosts_of(parse_entry(each)) for each in addresses.split(",")]
    return _ground(_parsed(config), entries, namespaces, {})


def taken(config: str, in_use: Collection[IPAddress], namespaces: Collection[str]) -> Ground:
    """The suite's pools are made of free addresses in a row of a pool that anybody may have; NoGround."""
    document = _parsed(config)
    for pool in document["address-pools"]:
        if not _for_everybody(pool):
            continue
        left, free = [], []
        whole = not pool.get("skip-network-broadcast", True)
        for entry in map(parse_entry, pool["addresses"]):
            rest, run = _split(entry if whole else _hosts_of(entry), in_use)
            left += rest
            free += [run] if run else []
        if any(each.first.version == 4 for each in free):
            pool["addresses"] = list(map(str, left))
            kept = ("node-selectors", "interfaces", "preferred-node-selectors")
            return _ground(document, free, namespaces, {key: pool[key] for key in kept if key in pool})
    msg = (
        f"no pool of layer 2 that every Service may use has {FEWEST} free IPv4 addresses in a row, and "
        "as many that stay: pass --pool with addresses of the nodes' LAN that nobody has"
    )
    raise NoGround(msg)


def _parsed(config: str) -> dict[str, Any]:
    document = yaml.safe_load(config) or {}
    document.setdefault("address-pools", [])
    return document


def _ground(
    document: dict[str, Any],
    entries: Iterable[AddressRange],
    namespaces: Collection[str],
    like: dict[str, Any],
) -> Ground:
    """The small pool has the first address of the last IPv4 entry."""
    ranges = list(entries)
    source = next((each for each in reversed(ranges) if each.first.version == 4 and _size(each) > 1), None)
    if source is None:
        msg = f"{', '.join(map(str, ranges))}: expected a range of IPv4 addresses among the suite's"
        raise NoGround(msg)
    small = source.first
    ranges[ranges.index(source)] = AddressRange(small + 1, source.last)
    common = {"protocol": "layer2", **like}
    main = {
        "name": MAIN,
        "addresses": list(map(str, ranges)),
        "service-allocation": {"priority": 1, "namespaces": sorted(namespaces)},
    }
    single = {"name": SMALL, "addresses": [f"{small}-{small}"], "auto-assign": False}
    pools = [*document["address-pools"], {**main, **common}, {**single, **common}]
    text = yaml.safe_dump({**document, "address-pools": pools}, sort_keys=False)
    own = (each["name"] for each in document["address-pools"] if _for_everybody(each) and _has_ipv4(each))
    return Ground(text, len(pools), tuple(ranges), small, next(own, MAIN))


def _for_everybody(pool: dict[str, Any]) -> bool:
    automatic = pool.get("auto-assign", True) and "service-allocation" not in pool
    return bool(automatic) and pool.get("protocol") == "layer2"


def _has_ipv4(pool: dict[str, Any]) -> bool:
    return any(parse_entry(each).first.version == 4 for each in pool["addresses"])


def _hosts_of(entry: AddressRange) -> AddressRange:
    """A CIDR without its first and last address, as a pool gives it: of a range both ends would be given."""
    if entry.prefix_length is None or _size(entry) <= 2:
        return AddressRange(entry.first, entry.last)
    return AddressRange(entry.first + 1, entry.last - (1 if entry.first.version == 4 else 0))


def _split(
    entry: AddressRange, in_use: Collection[IPAddress]
) -> tuple[list[AddressRange], AddressRange | None]:
    """What stays of an entry, and its last free run: as long as wanted, and never more than half of it."""
    used = sorted(int(each) for each in in_use if each in entry)
    edges = [int(entry.first) - 1, *used, int(entry.last) + 1]
    most = min(WANTED, _size(entry) // 2)
    for before, after in reversed(list(pairwise(edges))):
        length = min(most, after - before - 1)
        if length >= FEWEST:
            free = _range(entry, after - length, after - 1)
            ends = ((int(entry.first), after - length - 1), (after, int(entry.last)))
            return [_range(entry, *each) for each in ends if each[0] <= each[1]], free
    return [entry], None


def _range(like: AddressRange, first: int, last: int) -> AddressRange:
    family = type(like.first)
    return AddressRange(family(first), family(last))


def _size(entry: AddressRange) -> int:
    return int(entry.last) - int(entry.first) + 1
