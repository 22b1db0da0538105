"""Timestamps and durations as texts."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from mockcloud.kube.resources.cel.errors import EvaluationError
from mockcloud.kube.resources.cel.values import Duration

_UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_TIMESTAMP: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def parsed_timestamp(text: str) -> datetime:
    """RFC 3339; EvaluationError where it is none."""
    match = _TIMESTAMP.fullmatch(text)
    try:
        if match is not None:
            zone = "+00:00" if match[4] in "zZ" else match[4]
            fraction = (match[3] or "")[:7]
            return datetime.fromisoformat(f"{match[1]}T{match[2]}{fraction}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    msg = f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse it'
    raise EvaluationError(msg)


def shown_timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, without needless zeros."""
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}{fraction}Z"


def parsed_duration(text: str) -> Duration:
    """Go's notation, `1h30m`; EvaluationError where it is none."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return Duration(0)
    total, position = Decimal(0), 0
    while position < len(rest):
        match = _PART.match(rest, position)
        if match is None:
            break
        total += Decimal(match[1]) * _UNITS[match[2]]
        position = match.end()
    if not rest or position < len(rest):
        msg = f'time: invalid duration "{text}"'
        raise EvaluationError(msg)
    return Duration.of(sign * int(total))
