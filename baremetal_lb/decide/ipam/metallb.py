"""MetalLB beside us on the same Services: what it gave is left to it, or each would undo the other's work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.model.api_names import METALLB_ALLOCATED

if TYPE_CHECKING:
    from baremetal_lb.model.pools import PoolConfig
    from baremetal_lb.model.services import ServiceView


def is_metallbs(view: ServiceView, config: PoolConfig) -> bool:
    """Whether a Service's addresses are MetalLB's gift: by its annotation, of no pool here, and not our word.

    The annotation alone says nothing: it stays when MetalLB goes, also on what we have taken over.
    """
    status = view.status
    if not status.addresses or METALLB_ALLOCATED not in view.annotations:
        return False
    if any(config.containing(address) for address in status.addresses):
        return False
    told = status.condition
    return not (
        told is not None and told.status and all(str(each) in told.message for each in status.addresses)
    )
