"""What daemons write into their logs -> one form of line for all of them, in the order of time; pure.

mockcloud's daemons write `TIME LEVEL where: text`, baremetal-lb's a JSON object a line. What pods write comes
as the CRI has it, `TIME STREAM F text`: that time counts where the text has none. What else has no time of
its own (a stack trace, a library's complaint) belongs to the line before it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TIMED: Final = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z) (?P<level>[A-Z]+) +(?P<text>.*)")
_CRI: Final = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})\d*Z std(?:out|err) [FP] ")
_DURATION: Final = re.compile(
    r"(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?(?:(?P<seconds>\d+)s)?(?:(?P<milliseconds>\d+)ms)?"
)
_LONGEST: Final = timedelta(days=365)
_LEVEL_WIDTH: Final = len("WARNING")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log of daemon `who`; `level` is "" where it told none."""

    time: datetime
    who: str
    level: str
    text: str


def parse(who: str, written: Iterable[str], before: datetime) -> Iterator[Line]:
    """The lines that a daemon wrote; those before its first time are taken to be of `before`."""
    last = Line(before, who, "", "")
    for line in written:
        text = line
        if found := _CRI.match(line):
            text, last = line[found.end() :], replace(last, time=datetime.fromisoformat(f"{found['time']}Z"))
        first, *more = _read(who, text) or [replace(last, text=text)]
        yield first
        yield from more
        last = first


def merged(lines: Iterable[Line], since: datetime | None, tail: int | None) -> list[Line]:
    """The lines of all daemons in the order of time: those since then, and of these the last `tail`."""
    found = sorted(lines, key=attrgetter("time"))  # stable: what belongs together stays together
    if since is not None:
        found = [line for line in found if line.time >= since]
    return found if tail is None else found[max(len(found) - tail, 0) :]


def form(line: Line, width: int) -> str:
    """The line as it is shown, names of daemons in a column of that width; a terminal obeys none of it."""
    time = line.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    text = "".join(each if each.isprintable() or each == "\t" else repr(each)[1:-1] for each in line.text)
    return f"{time}Z {line.who:{width}} {line.level:{_LEVEL_WIDTH}} {text}".rstrip()


def duration(text: str) -> timedelta:
    """`90s`, `5m`, `1h30m`, `50ms`, at most a year; ValueError names what was expected."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        msg = f"{text!r} is not a duration: expected something like 90s, 5m, 1h30m or 50ms"
        raise ValueError(msg)
    try:
        long = timedelta(**{unit: int(number) for unit, number in found.groupdict(default="0").items()})
    except (OverflowError, ValueError):  # more than a number of C's, or than 4300 digits
        long = timedelta.max
    if long > _LONGEST:
        msg = f"{text[:20]} is too long: expected at most a year, 8760h"
        raise ValueError(msg)
    return long


def _read(who: str, text: str) -> list[Line]:
    """The line, and what follows it in the same entry; nothing where it has no time."""
    if text.startswith("{"):
        return _read_json(who, text)
    found = _TIMED.fullmatch(text)
    if found is None:
        return []
    return [Line(datetime.fromisoformat(found["time"]), who, found["level"], found["text"])]


def _read_json(who: str, text: str) -> list[Line]:
    try:
        entry: dict[str, Any] = json.loads(text)
        time, level, event = datetime.fromisoformat(entry.pop("ts")), entry.pop("level"), entry.pop("event")
    except (ValueError, KeyError, TypeError):
        return []
    trace = str(entry.pop("exception", "")).splitlines()
    values = [f"{key}={_value(value)}" for key, value in entry.items()]
    first = Line(time, who, str(level).upper(), " ".join([str(event), *values]))
    return [first, *(replace(first, text=line) for line in trace)]


def _value(value: object) -> str:
    """As it is where that is one word, else as JSON."""
    plain = isinstance(value, str) and value and not re.search(r'[\s"=]', value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
