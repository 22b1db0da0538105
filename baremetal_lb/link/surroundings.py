"""Asks this node's kernel for the ways back to the LANs of addresses, and for settings in the way."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Final

from baremetal_lb.link.netlink import Netlink
from baremetal_lb.model.surroundings import Surroundings
from baremetal_lb.wire.rtnetlink import route_question, way_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from baremetal_lb.model.addresses import AddressRange, IPAddress

MOST_SITES: Final = 256  # /24s and /64s that are asked for; a pool may have thousands of single addresses
_CONF: Final = Path("/proc/sys/net")
_STRICT: Final = 1  # rp_filter
_NO_ROUTE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EINVAL})


async def look(names: Mapping[int, str], entries: Iterable[AddressRange]) -> Surroundings:
    """How it is now: for these interfaces by number, and for these entries of pools."""
    everywhere = _read("ipv4", "all", "rp_filter")  # the greater of the two counts
    strict = {each for each in names.values() if max(everywhere, _read("ipv4", each, "rp_filter")) == _STRICT}
    ipv6_off = {each for each in names.values() if _read("ipv6", each, "disable_ipv6") != 0}
    ways_out: dict[AddressRange, str | None] = {}
    with Netlink() as netlink:
        asked: dict[int, tuple[bool, int]] = {}
        for entry in entries:
            sample = _sample(entry)
            site = int(sample) >> (8 if sample.version == 4 else 64)
            if site not in asked and len(asked) == MOST_SITES:
                continue
            known, number = asked[site] = asked.get(site) or await _way_out(netlink, sample)
            if known:
                ways_out[entry] = names.get(number, f"interface {number}") if number else None
    return Surroundings(frozenset(ipv6_off), frozenset(strict), ways_out)


def _sample(entry: AddressRange) -> IPAddress:
    """One of them, in the midst: the first may be a network's own, which hosts have no route to."""
    return entry.family.address((int(entry.first) + int(entry.last)) // 2)


async def _way_out(netlink: Netlink, address: IPAddress) -> tuple[bool, int]:
    """Whether it is known, and the number of the interface; 0 where there is no route."""
    try:
        found = way_out(await netlink.ask(route_question(address)))
    except OSError as exc:
        return exc.errno in _NO_ROUTE, 0
    return found is not None, found or 0


def _read(family: str, name: str, setting: str) -> int:
    """A setting of an interface; -1 where there is none: the interface is gone, or the family is off."""
    try:
        return int((_CONF / family / "conf" / name / setting).read_text())
    except (OSError, ValueError):
        return -1
