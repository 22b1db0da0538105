"""What is known of a target: told by whoever looks at targets, read by the dialects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HealthStatus(StrEnum):
    """What is known of a target."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"  # nobody has looked, or not often enough to say


class HealthReason(StrEnum):
    """Why a target is unhealthy."""

    TIMEOUT = "timeout"  # no answer in time
    FAILED = "failed"  # no connection, or an answer that is none
    STATUS_CODE = "status code"  # an answer of HTTP with another code than is asked for


@dataclass(frozen=True, slots=True)
class Health:
    """Of one target; `detail`, `http_status` and `reason` only where it is unhealthy."""

    status: HealthStatus = HealthStatus.UNKNOWN
    detail: str = ""
    http_status: int | None = None
    reason: HealthReason | None = None
