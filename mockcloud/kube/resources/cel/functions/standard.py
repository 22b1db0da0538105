"""Sizes, conversions, times and patterns: what the language itself has."""

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError
from mockcloud.kube.resources.cel.functions.operators import bounded, unsigned
from mockcloud.kube.resources.cel.times import parsed_duration, parsed_timestamp, shown_timestamp
from mockcloud.kube.resources.cel.values import EPOCH, Duration, TypeName, UInt, type_name

Number = TypeVar("Number", int, float)
_OFFSET: Final = re.compile(r"([+-]?)(\d\d):(\d\d)")


def number_text(value: float) -> str:
    """A double as Go's shortest form has it."""
    if math.isinf(value) or math.isnan(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)


def _int_of(value: Any) -> int:  # noqa: ANN401
    if isinstance(value, datetime):
        return math.floor((value - EPOCH).total_seconds())
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            msg = "integer overflow"
            raise EvaluationError(msg)
        return bounded(int(value))
    return bounded(_parsed(int, value))


def _uint_of(value: Any) -> UInt:  # noqa: ANN401
    return unsigned(_parsed(int, value))


def _parsed(kind: Callable[[Any], Number], value: Any) -> Number:  # noqa: ANN401
    """The number; of texts only plain ones."""
    try:
        if isinstance(value, str) and (value.strip() != value or "_" in value):
            raise ValueError
        return kind(value)
    except (ValueError, OverflowError) as exc:
        parse = "ParseFloat" if kind is float else "ParseInt"
        msg = f'strconv.{parse}: parsing "{value}": invalid syntax'
        raise EvaluationError(msg) from exc


def _bool_of(text: str) -> bool:
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if text in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    msg = f'strconv.ParseBool: parsing "{text}": invalid syntax'
    raise EvaluationError(msg)


def text_of(value: Any) -> str:  # noqa: ANN401
    """`string(value)`."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return number_text(value)
        case datetime():
            return shown_timestamp(value)
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError as exc:
                msg = "invalid UTF-8 in bytes, cannot convert to string"
                raise EvaluationError(msg) from exc
        case _:
            return str(value)


def _moment(seconds: int) -> datetime:
    try:
        return EPOCH + timedelta(seconds=seconds)
    except OverflowError as exc:
        msg = "timestamp overflow"
        raise EvaluationError(msg) from exc


def _in_zone(moment: datetime, zone: str) -> datetime:
    offset = _OFFSET.fullmatch(zone)
    try:
        if offset is not None:
            span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            return moment.astimezone(timezone(-span if offset[1] == "-" else span))
        return moment.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        msg = f"unknown time zone {zone}"
        raise EvaluationError(msg) from exc
    except OverflowError as exc:
        msg = "timestamp overflow"
        raise EvaluationError(msg) from exc


_PARTS: Final[dict[str, Callable[[datetime], int]]] = {
    "getFullYear": lambda t: t.year,
    "getMonth": lambda t: t.month - 1,
    "getDate": lambda t: t.day,
    "getDayOfMonth": lambda t: t.day - 1,
    "getDayOfWeek": lambda t: t.isoweekday() % 7,
    "getDayOfYear": lambda t: t.timetuple().tm_yday - 1,
    "getHours": lambda t: t.hour,
    "getMinutes": lambda t: t.minute,
    "getSeconds": lambda t: t.second,
    "getMilliseconds": lambda t: t.microsecond // 1000,
}
_SPANS: Final = {
    "getHours": 3600 * 10**9,
    "getMinutes": 60 * 10**9,
    "getSeconds": 10**9,
    "getMilliseconds": 10**6,
}


def _times() -> Iterator[Row]:
    for name, part in _PARTS.items():
        yield f"timestamp :: {name}() -> int", lambda t, part=part: part(t)
        yield f"timestamp :: {name}(string) -> int", lambda t, zone, part=part: part(_in_zone(t, zone))
    for name, unit in _SPANS.items():
        yield f"duration :: {name}() -> int", lambda d, unit=unit: int(d.nanoseconds / unit)


def _conversions(name: str, convert: Callable[[Any], Any], *kinds: str) -> Iterator[Row]:
    for kind in kinds:
        yield f"{name}({kind}) -> {name}", convert


def _sizes() -> Iterator[Row]:
    for kind in ("string", "bytes", "list<A>", "map<A,B>"):
        yield f"size({kind}) -> int", len
        yield f"{kind} :: size() -> int", len


ROWS: Final[tuple[Row, ...]] = (
    *_sizes(),
    *_conversions("int", _int_of, "int", "uint", "double", "string", "timestamp"),
    *_conversions("uint", _uint_of, "int", "uint", "double", "string"),
    *_conversions("double", lambda v: _parsed(float, v), "int", "uint", "double", "string"),
    *_conversions("bool", lambda v: v, "bool"),
    *_conversions("bool", _bool_of, "string"),
    *_conversions(
        "string", text_of, "string", "int", "uint", "double", "bool", "bytes", "timestamp", "duration"
    ),
    *_conversions("string", text_of, "IP", "CIDR"),
    *_conversions("bytes", lambda v: v, "bytes"),
    *_conversions("bytes", str.encode, "string"),
    *_conversions("timestamp", parsed_timestamp, "string"),
    *_conversions("timestamp", lambda v: v, "timestamp"),
    *_conversions("timestamp", _moment, "int"),
    *_conversions("duration", parsed_duration, "string"),
    *_conversions("duration", lambda v: v, "duration"),
    *_conversions("duration", Duration, "int"),
    ("dyn(A) -> dyn", lambda value: value),
    ("type(A) -> type<A>", lambda value: TypeName(type_name(value))),
    ("string :: contains(string) -> bool", lambda text, part: part in text),
    ("string :: startsWith(string) -> bool", str.startswith),
    ("string :: endsWith(string) -> bool", str.endswith),
    *_times(),
)
