"""What AWS says of a target of a group: its state, why, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mockcloud.cloud.core.elastic.lookup import user_of
from mockcloud.cloud.core.health import HealthReason, HealthStatus
from mockcloud.cloud.core.instances import power
from mockcloud.cloud.core.state import ref_to
from mockcloud.cloud.core.values import Balancer, Instance, Power

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from mockcloud.cloud.core.elastic_values import Member, TargetGroup
    from mockcloud.cloud.core.health import Health
    from mockcloud.cloud.core.state import State


class TargetState(StrEnum):
    """AWS' words (TargetHealthStateEnum)."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNUSED = "unused"
    DRAINING = "draining"


class TargetReason(StrEnum):
    """AWS' words (TargetHealthReasonEnum)."""

    REGISTERING = "Elb.RegistrationInProgress"
    FIRST_CHECKS = "Elb.InitialHealthChecking"
    CODES = "Target.ResponseCodeMismatch"
    TIMEOUT = "Target.Timeout"
    FAILED = "Target.FailedHealthChecks"
    NOT_REGISTERED = "Target.NotRegistered"
    NOT_IN_USE = "Target.NotInUse"
    DRAINING = "Target.DeregistrationInProgress"
    INVALID_STATE = "Target.InvalidState"
    IP_UNUSABLE = "Target.IpUnusable"


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """Of one target; a healthy one has no reason."""

    state: TargetState
    reason: TargetReason | None = None
    description: str = ""


def _unused(reason: TargetReason, description: str) -> TargetHealth:
    return TargetHealth(TargetState.UNUSED, reason, description)


NOT_REGISTERED = _unused(TargetReason.NOT_REGISTERED, "Target is not registered to the target group")


def target_health(
    state: State, group: TargetGroup, member: Member, known: Health, now: float
) -> TargetHealth:
    """`known`: what whoever looks at the target has seen."""
    if member.drains(now):
        said = "Target deregistration is in progress"
        return TargetHealth(TargetState.DRAINING, TargetReason.DRAINING, said)
    if not member.is_there(now):
        return NOT_REGISTERED
    user = user_of(state, group.id)
    if user is None:
        said = "Target group is not configured to receive traffic from the load balancer"
        return _unused(TargetReason.NOT_IN_USE, said)
    hindered = _hindered(state, user, member, now)
    if hindered is not None:
        return hindered
    if is_being_made(state, user, now):
        said = "Target registration is in progress"
        return TargetHealth(TargetState.INITIAL, TargetReason.REGISTERING, said)
    return _seen(known)


def address_of(state: State, group: TargetGroup, member: Member) -> IPv4Address | IPv6Address | None:
    """By which a target is reached; None where its instance is not in the group's network."""
    if member.instance is None:
        return member.ip
    instance = state.find(Instance, member.instance)
    return instance.at(group.network) if instance is not None else None


def is_being_made(state: State, balancer: Balancer, now: float) -> bool:
    """Whether a balancer is not there yet."""
    last = state.last_operation.get(ref_to(balancer))
    return last is not None and last.command == "create_load_balancer" and last.is_running(now)


def _hindered(state: State, user: Balancer, member: Member, now: float) -> TargetHealth | None:
    zones = {each.zone for each in user.places}
    if member.instance is None:
        if any(member.ip == place.ip for each in state.all(Balancer) for place in each.attachments):
            said = "Target IP address is reserved for use by a load balancer"
            return _unused(TargetReason.IP_UNUSABLE, said)
        zone = member.zone
    else:
        instance = state.get(Instance, member.instance)
        if power(instance, state.last_operation.get(ref_to(instance)), now) in (Power.STOPPING, Power.OFF):
            return _unused(TargetReason.INVALID_STATE, "Target is in the stopped state")
        zone = instance.zone
    if zone and zone not in zones:
        said = "Target is in an Availability Zone that is not enabled for the load balancer"
        return _unused(TargetReason.NOT_IN_USE, said)
    return None


def _seen(known: Health) -> TargetHealth:
    if known.status is HealthStatus.HEALTHY:
        return TargetHealth(TargetState.HEALTHY)
    if known.status is HealthStatus.UNKNOWN:
        said = "Initial health checks in progress"
        return TargetHealth(TargetState.INITIAL, TargetReason.FIRST_CHECKS, said)
    match known.reason:
        case HealthReason.TIMEOUT:
            reason, said = TargetReason.TIMEOUT, "Request timed out"
        case HealthReason.STATUS_CODE:
            said = f"Health checks failed with these codes: [{known.http_status}]"
            reason = TargetReason.CODES
        case _:
            reason, said = TargetReason.FAILED, "Health checks failed"
    return TargetHealth(TargetState.UNHEALTHY, reason, said)
