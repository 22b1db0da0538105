"""What a Service's own status says of whether an address has been ours up to now."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from baremetal_lb.model.api_names import (
    AnnouncedReason,
)

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.services import ServiceStatus

# What can only be said of an address that was announced.
_WHILE_ANNOUNCED = frozenset(
    {AnnouncedReason.CONFLICT_SEEN, AnnouncedReason.NOT_ANSWERING, AnnouncedReason.NO_WAY_BACK}
)


class Proof(Enum):
    """Whether an address is known to be used by our nodes and nobody else."""

    NONE = "none"
    USED = "used"
    REFUSED = "refused"  # somebody else had it when last we asked


def proof_of(status: ServiceStatus, address: IPAddress) -> Proof:
    """As the condition `Announced` has it."""
    if any(address in place.addresses for place in status.places()):
        return Proof.USED
    if status.announced is None or status.announced.status:
        return Proof.NONE
    if status.announced.reason in _WHILE_ANNOUNCED:
        return Proof.USED
    return Proof.REFUSED if status.announced.reason == AnnouncedReason.ADDRESS_IN_USE else Proof.NONE
