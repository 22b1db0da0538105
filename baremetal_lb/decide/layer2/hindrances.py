"""What of its own node keeps an owner's address from working, though the owner would answer for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.model.conflicts import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.surroundings import Surroundings


def no_way_back(
    node: str,
    address: IPAddress,
    where: Collection[str],
    surroundings: Surroundings,
    entry: AddressRange | None,
) -> Finding | None:
    """Why clients get no reply from an address that is announced on the interfaces `where`; None: they may.

    `entry`: the pool's that has the address. Where one of the interfaces is the way out, all is well.
    """
    if entry is None or entry not in surroundings.ways_out:
        return None
    way_out, first = surroundings.ways_out[entry], min(where)
    if way_out is None:
        return Finding(address, FindingKind.NO_ROUTE, node, interface=first)
    if address.version == 4 and way_out not in where and surroundings.strict.issuperset(where):
        return Finding(address, FindingKind.REVERSE_PATH, node, interface=first, way_out=way_out)
    return None


def ipv6_off(node: str, address: IPAddress, off: Collection[str]) -> Finding | None:
    """Why an address of ours is announced nowhere: on all interfaces for it, `off`, IPv6 is switched off."""
    return Finding(address, FindingKind.IPV6_OFF, node, interface=min(off)) if off else None
