"""Schedules of CronJobs, as k8s.io uses github.com/robfig/cron v3: five fields, names, steps, @daily, @every.

The API refuses by it what the controllers could not follow; so both have it from here.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

YEARS_AHEAD: Final = 5
DESCRIPTORS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
EVERY: Final = "@every "
LONGEST: Final = (1 << 63) / 1e9
"""Seconds that Go's time.Duration holds."""
MOST_DIGITS: Final = 18
"""Of a number that Go's int holds, whatever the digits are."""


class MalformedSchedule(ValueError):
    """It names no times; the text says why, in upstream's words."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers that a field may have, and their names."""

    low: int
    high: int
    names: tuple[str, ...] = ()


FIELDS: Final = (Bounds(0, 59), Bounds(0, 23), Bounds(1, 31), Bounds(1, 12, MONTHS), Bounds(0, 6, DAYS))


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something is to happen: at these minutes, or (`every` is not None) so long after the last time."""

    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    either: bool = False  # the day of the month or that of the week, where both are stated
    every: timedelta | None = None

    def after(self, moment: datetime, zone: tzinfo = UTC) -> datetime | None:
        """The first time after `moment`; None where there is none within five years (30 February).

        Nor is there one after the year 9999, of `@every` with a delay of millennia.
        """
        if self.every is not None:
            begin = moment.replace(microsecond=0)
            ends = datetime.max.replace(tzinfo=begin.tzinfo)
            return begin + self.every if self.every < ends - begin else None
        last = moment + timedelta(days=366 * YEARS_AHEAD)
        found = (moment + timedelta(minutes=1)).replace(second=0, microsecond=0).astimezone(UTC)
        while found < last:
            local = found.astimezone(zone)
            if not self._is_day(local):
                midnight = datetime(local.year, local.month, local.day, tzinfo=zone) + timedelta(days=1)
                # Where clocks are put back at midnight, the day begins twice.
                found = max(midnight.astimezone(UTC), found + timedelta(minutes=1))
            elif local.hour not in self.hours:
                found += timedelta(minutes=60 - local.minute)
            elif local.minute not in self.minutes:
                found += timedelta(minutes=1)
            else:
                return found
        return None

    def _is_day(self, local: datetime) -> bool:
        if local.month not in self.months:
            return False
        day, weekday = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        return day or weekday if self.either else day and weekday


def parse_schedule(text: str) -> Schedule:
    """From `*/5 * * * *`, `@daily`, `@every 90s`; MalformedSchedule for anything else."""
    if not text:
        msg = "empty spec string"
        raise MalformedSchedule(msg)
    if text.startswith(("TZ=", "CRON_TZ=")):
        text = text.partition(" ")[2].strip()
    if text.startswith(EVERY):
        return Schedule(every=_delay(text))
    if text.startswith("@"):
        if text not in DESCRIPTORS:
            msg = f"unrecognized descriptor: {text}"
            raise MalformedSchedule(msg)
        text = DESCRIPTORS[text]
    fields = text.split()
    if len(fields) != len(FIELDS):
        msg = f"expected exactly {len(FIELDS)} fields, found {len(fields)}: [{' '.join(fields)}]"
        raise MalformedSchedule(msg)
    minutes, hours, days, months, weekdays = (
        _field(field, bounds) for field, bounds in zip(fields, FIELDS, strict=True)
    )
    either = not (_is_any(fields[2]) or _is_any(fields[4]))
    return Schedule(minutes, hours, days, months, weekdays, either)


def _delay(text: str) -> timedelta:
    parts = re.findall(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|ns)", text.removeprefix(EVERY))
    if not parts or "".join(number + unit for number, unit in parts) != text.removeprefix(EVERY):
        msg = f'failed to parse duration {text}: time: invalid duration "{text.removeprefix(EVERY)}"'
        raise MalformedSchedule(msg)
    seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    if seconds > LONGEST:
        msg = f'failed to parse duration {text}: time: invalid duration "{text.removeprefix(EVERY)}"'
        raise MalformedSchedule(msg)
    return timedelta(seconds=max(1, int(seconds)))


def _is_any(field: str) -> bool:
    """Whether the field says nothing: `*`, also with a step of 1."""
    return any(part.partition("/")[0] in ("*", "?") and _step(part) == 1 for part in field.split(","))


def _field(field: str, bounds: Bounds) -> frozenset[int]:
    return frozenset(number for part in field.split(",") if part for number in _range(part, bounds))


def _range(part: str, bounds: Bounds) -> range:
    span, slash, _ = part.partition("/")
    first, last = _span(part, span, bounds)
    if part.count("/") > 1:
        msg = f"too many slashes: {part}"
        raise MalformedSchedule(msg)
    step = _step(part)
    if slash and "-" not in span:
        last = bounds.high
    _require_within(part, bounds, first, last)
    if step == 0:
        msg = f"step of range should be a positive number: {part}"
        raise MalformedSchedule(msg)
    return range(first, last + 1, step)


def _span(part: str, span: str, bounds: Bounds) -> tuple[int, int]:
    low, dash, high = span.partition("-")
    if low in ("*", "?"):
        return bounds.low, bounds.high
    first = _number(low, bounds)
    if "-" in high:
        msg = f"too many hyphens: {part}"
        raise MalformedSchedule(msg)
    return first, _number(high, bounds) if dash else first


def _require_within(part: str, bounds: Bounds, first: int, last: int) -> None:
    msg = ""
    if first < bounds.low:
        msg = f"beginning of range ({first}) below minimum ({bounds.low}): {part}"
    elif last > bounds.high:
        msg = f"end of range ({last}) above maximum ({bounds.high}): {part}"
    elif first > last:
        msg = f"beginning of range ({first}) beyond end of range ({last}): {part}"
    if msg:
        raise MalformedSchedule(msg)


def _step(part: str) -> int:
    _, slash, step = part.partition("/")
    return _number(step, Bounds(0, 0)) if slash else 1


def _number(text: str, bounds: Bounds) -> int:
    if text.lower() in bounds.names:
        return bounds.names.index(text.lower()) + bounds.low
    if re.fullmatch("[+-]?[0-9]+", text) is None:
        msg = f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax'
        raise MalformedSchedule(msg)
    if len(text.lstrip("+-0")) > MOST_DIGITS:
        msg = f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": value out of range'
        raise MalformedSchedule(msg)
    if int(text) < 0:
        msg = f"negative number ({int(text)}) not allowed: {text}"
        raise MalformedSchedule(msg)
    return int(text)
