"""The one place where the wall clock is read; everybody else is told the time."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time of day, for Events, conditions and rests. Durations are measured by the loop's own clock."""
    return datetime.now(UTC)  # noqa: TID251 - this is the edge
