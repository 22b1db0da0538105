"""externalIPs that pools have: kube-proxy takes them for their Service, whoever is given them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.model.api_names import (
    EventReason,
)
from baremetal_lb.model.reasons import (
    Note,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.decide.ipam.allocations import Allocations
    from baremetal_lb.model.services import ServiceView


def clashes(view: ServiceView, allocations: Allocations) -> tuple[Note, ...]:
    """The Events that a Service's externalIPs deserve, in their order."""
    return tuple(_clashes(view, allocations))


def _clashes(view: ServiceView, allocations: Allocations) -> Iterator[Note]:
    for address in view.external_ips:
        pool, occupancy = allocations.config.containing(address), allocations.occupancy(address)
        if pool is None:
            continue
        others = sorted(str(key) for key in occupancy.holders if key != view.key) if occupancy else []
        if others:
            text = f"{', '.join(others)} has it, too: clients may reach either"
        elif occupancy is None:
            text = "it is not assigned to any Service"
        else:
            continue  # its own
        where = f'externalIPs has {address} of pool "{pool.name}"'
        yield Note(EventReason.EXTERNAL_IP_CLASH, f"{where}: {text}")
