"""Wall-clock time as the API writes it. Only shells call this; deciding code gets times as arguments."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.fromtimestamp(time.time_ns() / 1e9, tz=UTC)


def unix_nanoseconds() -> int:
    """Now, since the epoch: for names that sort by time."""
    return time.time_ns()


def seconds_text(moment: datetime) -> str:
    """metav1.Time: RFC 3339 in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def micros_text(moment: datetime) -> str:
    """metav1.MicroTime: RFC 3339 with six digits, as Leases have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """Either form back to a moment; ValueError where it is neither."""
    return datetime.fromisoformat(text)
