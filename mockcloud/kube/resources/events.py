"""Events, and their two faces: core/v1 (as they are stored) and events.k8s.io/v1 (other names)."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind, StorageVersion, field_labels
from mockcloud.kube.resources.printing import Cell, Column, Printer, name_of, since, texts, wide

# core/v1 name -> events.k8s.io/v1 name
_RENAMED: Final = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
_BACK: Final = {new: core for core, new in _RENAMED.items()}
_INVOLVED: Final = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


def to_core(event: JsonObject) -> JsonObject:
    """An events.k8s.io/v1 Event as core/v1."""
    return {**_renamed(event, _BACK), "apiVersion": "v1"}


def from_core(event: JsonObject) -> JsonObject:
    """A core/v1 Event as events.k8s.io/v1."""
    # Typed clients refuse an Event without the key, whatever its value.
    return {"eventTime": None, **_renamed(event, _RENAMED), "apiVersion": "events.k8s.io/v1"}


def _renamed(event: JsonObject, names: dict[str, str]) -> JsonObject:
    return {names.get(name, name): value for name, value in event.items()}


def event_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """An event stands in the namespace of what it is about; `default` for what has none."""
    if not isinstance(new.get("involvedObject"), dict):
        return
    namespace = object_at(new, "metadata").get("namespace") or ""
    about = object_at(new, "involvedObject").get("namespace") or ""
    allowed = (about,) if about else ("", "default", "kube-system")
    if namespace not in allowed:
        yield invalid("involvedObject.namespace", about, "does not match event.namespace")


def _row(event: JsonObject, now: float) -> list[Cell]:
    involved, series = object_at(event, "involvedObject"), object_at(event, "series")
    first = since(event.get("firstTimestamp") or event.get("eventTime"), now)
    last = since(event["lastTimestamp"], now) if event.get("lastTimestamp") else first
    count = int(event.get("count") or 1)
    if series:
        last, count = since(series.get("lastObservedTime"), now), int(series.get("count") or 0)
    kind, name = str(involved.get("kind") or "").lower(), involved.get("name")
    return [
        last,
        str(event.get("type") or ""),
        str(event.get("reason") or ""),
        f"{kind}/{name}" if name else kind,
        str(involved.get("fieldPath") or ""),
        _source(event),
        str(event.get("message") or "").strip(),
        first,
        str(count),
        name_of(event),
    ]


def _source(event: JsonObject) -> str:
    source = object_at(event, "source")
    component = source.get("component") or event.get("reportingComponent") or ""
    instance = source.get("host") or event.get("reportingInstance") or ""
    return f"{component}, {instance}" if instance else str(component)


_PRINTER: Final = Printer(
    (
        *texts("Last Seen", "Type", "Reason", "Object"),
        *wide("Subobject", "Source"),
        Column("Message"),
        *wide("First Seen", "Count", "Name"),
    ),
    _row,
)
EVENT: Final = Kind(
    "",
    "v1",
    "Event",
    "events",
    ("ev",),
    field_labels=field_labels(
        *(f"involvedObject.{name}" for name in _INVOLVED),
        "reason",
        "reportingComponent",
        "type",
        source="source.component|reportingComponent",
    ),
    model="CoreV1Event",
    creates_on_update=True,
    validate=event_problems,
    printer=_PRINTER,
)
EVENT_NEW: Final = Kind(
    "events.k8s.io",
    "v1",
    "Event",
    "events",
    ("ev",),
    field_labels=field_labels(
        "reason",
        "type",
        reportingController="reportingComponent",
        **{f"regarding.{name}": f"involvedObject.{name}" for name in _INVOLVED},
    ),
    model="EventsV1Event",
    creates_on_update=True,
    stored_as=StorageVersion(EVENT, to_core, from_core),
    printer=_PRINTER,
)
