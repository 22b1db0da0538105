"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime


def clock_time(seconds: float) -> str:
    """A time of day, UTC, of seconds since the epoch: `12:34:56Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%SZ")
