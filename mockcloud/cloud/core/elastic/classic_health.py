"""What AWS says of a classic balancer's instances: a state, whose fault, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.elastic.classic import instances_of
from mockcloud.cloud.core.elastic.health import is_being_made
from mockcloud.cloud.core.health import HealthStatus
from mockcloud.cloud.core.instances import power
from mockcloud.cloud.core.state import ref_to
from mockcloud.cloud.core.values import Power

if TYPE_CHECKING:
    from mockcloud.cloud.core.health import Health
    from mockcloud.cloud.core.state import State
    from mockcloud.cloud.core.values import Balancer, Instance


@dataclass(frozen=True, slots=True)
class InstanceState:
    """AWS' words (InstanceState)."""

    state: str
    reason: str = "N/A"
    description: str = "N/A"


IN_SERVICE: Final = InstanceState("InService")
_LEAVING: Final = InstanceState("InService", "N/A", "Instance deregistration currently in progress.")


def _out(reason: str, description: str) -> InstanceState:
    return InstanceState("OutOfService", reason, description)


_STRANGER: Final = _out("ELB", "Instance is not currently registered with the LoadBalancer.")
_STOPPED: Final = _out("Instance", "Instance is in stopped state.")
_PENDING: Final = _out("Instance", "Instance is in pending state.")
_FAR: Final = _out(
    "ELB",
    "Instance is in the EC2 Availability Zone for which LoadBalancer is not configured to route traffic to.",
)
_NEW: Final = _out("ELB", "Instance registration is still in progress.")
_FAILED: Final = _out(
    "Instance", "Instance has failed at least the UnhealthyThreshold number of health checks consecutively."
)


def instance_state(
    state: State, balancer: Balancer, instance: Instance, known: Health, now: float
) -> InstanceState:
    """`known`: what whoever looks at the instance has seen."""
    if instance.id not in instances_of(balancer):
        leaves = any(each.instance == instance.id and now < each.until for each in balancer.leavers)
        return _LEAVING if leaves else _STRANGER
    does = power(instance, state.last_operation.get(ref_to(instance)), now)
    if does in (Power.STOPPING, Power.OFF):
        return _STOPPED
    if does is Power.INITIALIZING:
        return _PENDING
    if balancer.places and instance.zone not in {each.zone for each in balancer.places}:
        return _FAR
    if is_being_made(state, balancer, now) or known.status is HealthStatus.UNKNOWN:
        return _NEW
    return IN_SERVICE if known.status is HealthStatus.HEALTHY else _FAILED
