"""What of this node's kernel decides whether an address that is answered for can be used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.addresses import AddressRange


@dataclass(frozen=True, slots=True)
class Surroundings:
    """As it was at the last look. Interfaces by their names."""

    ipv6_off: frozenset[str] = frozenset()
    strict: frozenset[str] = frozenset()  # their reverse path filter (net.ipv4.conf.*.rp_filter) is strict
    # By which interface the kernel sends to a pool's addresses, by its entries; None: it has no route there.
    ways_out: Mapping[AddressRange, str | None] = field(default_factory=dict)
