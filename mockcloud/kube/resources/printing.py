"""What `kubectl get` prints of a kind: its columns, and one row of cells for each object.

Kubernetes always sends the wide columns, and kubectl hides those of priority 1. That is why an EXTERNAL-IP
is never cut short here: the server prints as for `-o wide`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.times import epoch_seconds

NONE: Final = "<none>"
UNKNOWN: Final = "<unknown>"
INVALID: Final = "<invalid>"

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
YEAR: Final = 365 * DAY

Cell = str | int | float | None
Row = Callable[[JsonObject, float], list[Cell]]
"""An object and the time (seconds since the epoch) -> its cells."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; those of priority 1 are shown by `-o wide` only."""

    name: str
    type: str = "string"
    priority: int = 0
    format: str = ""
    description: str = ""

    def definition(self) -> JsonObject:
        """The column as a Table announces it; kubectl looks for the one of format `name`."""
        return {
            "name": self.name,
            "type": self.type,
            "format": "name" if self.name == "Name" else self.format,
            "description": self.description,
            "priority": self.priority,
        }


def wide(*names: str) -> tuple[Column, ...]:
    """Columns of texts that only `-o wide` shows."""
    return tuple(Column(name, priority=1) for name in names)


def texts(*names: str) -> tuple[Column, ...]:
    """Columns of texts."""
    return tuple(Column(name) for name in names)


def integers(*names: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(name, "integer") for name in names)


@dataclass(frozen=True, slots=True)
class Printer:
    """How one kind is shown."""

    columns: tuple[Column, ...]
    row: Row

    def definitions(self) -> list[JsonObject]:
        """The columns as a Table announces them."""
        return [column.definition() for column in self.columns]


def name_of(obj: JsonObject) -> str:
    """The object's name."""
    return str(obj["metadata"]["name"])


def age(obj: JsonObject, now: float) -> str:
    """How long the object has existed."""
    return since(obj["metadata"].get("creationTimestamp"), now)


def since(text: str | None, now: float) -> str:
    """How long ago an RFC 3339 time was."""
    then = epoch_seconds(text or "")
    return UNKNOWN if then is None else duration(now - then)


# (shorter than, its unit, unit's letter, smaller unit or 0, its letter), as apimachinery's HumanDuration.
_STEPS: Final = (
    (2 * MINUTE, 1, "s", 0, ""),
    (10 * MINUTE, MINUTE, "m", 1, "s"),
    (3 * HOUR, MINUTE, "m", 0, ""),
    (8 * HOUR, HOUR, "h", MINUTE, "m"),
    (48 * HOUR, HOUR, "h", 0, ""),
    (8 * DAY, DAY, "d", HOUR, "h"),
    (2 * YEAR, DAY, "d", 0, ""),
    (8 * YEAR, YEAR, "y", DAY, "d"),
)


def duration(seconds: float) -> str:
    """A time span in two or three digits; clocks that differ by a second or two count as now."""
    whole = int(seconds)
    if whole < -1:
        return INVALID
    whole = max(whole, 0)
    for limit, unit, letter, smaller, small_letter in _STEPS:
        if whole < limit:
            rest = whole % unit // smaller if smaller else 0
            return f"{whole // unit}{letter}" + (f"{rest}{small_letter}" if rest else "")
    return f"{whole // YEAR}y"


def few(items: Sequence[str], most: int = 3) -> str:
    """The first few of a list, and how many more there are."""
    if not items:
        return NONE
    shown = ",".join(items[:most])
    return f"{shown} + {len(items) - most} more..." if len(items) > most else shown


def label_text(labels: JsonObject) -> str:
    """Labels as `a=b,c=d`."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or NONE


def selector_text(selector: JsonObject) -> str:
    """A LabelSelector as the text that a LIST takes: `app=web,tier in (a,b)`."""
    terms = [f"{key}={value}" for key, value in sorted(object_at(selector, "matchLabels").items())]
    for expression in objects_at(selector, "matchExpressions"):
        key, values = expression.get("key"), ",".join(sorted(expression.get("values") or ()))
        match expression.get("operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "Exists":
                terms.append(f"{key}")
            case _:
                terms.append(f"!{key}")
    return ",".join(terms)


def _name_and_age(obj: JsonObject, now: float) -> list[Cell]:
    return [name_of(obj), age(obj, now)]


NAME_AND_AGE: Final = Printer(texts("Name", "Age"), _name_and_age)
"""That of a kind without a printer of its own."""


def _name_and_birth(obj: JsonObject, _now: float) -> list[Cell]:
    return [name_of(obj), str(obj["metadata"].get("creationTimestamp") or "")]


NAME_AND_BIRTH: Final = Printer((*texts("Name"), Column("Created At", "date")), _name_and_birth)
"""That of a kind for which upstream has none."""
