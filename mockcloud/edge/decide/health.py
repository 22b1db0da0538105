"""One target's health, from the results of its checks: so many in a row turn it. Pure."""

from dataclasses import dataclass, field, replace
from typing import Final

from mockcloud.cloud.core.forwarding import Check
from mockcloud.cloud.core.health import Health, HealthReason, HealthStatus


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found; `reason` None: the target serves."""

    reason: HealthReason | None = None
    detail: str = ""
    http_status: int | None = None


SERVES: Final = Outcome()


@dataclass(frozen=True, slots=True)
class Tally:
    """Where a target stands, and how many results in a row speak for the other side."""

    health: Health = field(default_factory=Health)
    in_a_row: int = 0


def judged(tally: Tally, check: Check, outcome: Outcome) -> Tally:
    """After one more result. The first good one is enough for a target that nobody knows yet."""
    status, good = tally.health.status, outcome.reason is None
    if good and status is HealthStatus.HEALTHY:
        return Tally(tally.health)
    in_a_row = tally.in_a_row + 1
    if good:
        needed = check.healthy_after if status is HealthStatus.UNHEALTHY else 1
        return (
            Tally(Health(HealthStatus.HEALTHY)) if in_a_row >= needed else replace(tally, in_a_row=in_a_row)
        )
    if status is HealthStatus.UNHEALTHY:
        return Tally(_unhealthy(outcome))  # why is as last seen
    return (
        Tally(_unhealthy(outcome)) if in_a_row >= check.unhealthy_after else replace(tally, in_a_row=in_a_row)
    )


def _unhealthy(outcome: Outcome) -> Health:
    return Health(HealthStatus.UNHEALTHY, outcome.detail, outcome.http_status, outcome.reason)
