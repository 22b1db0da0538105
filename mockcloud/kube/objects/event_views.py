"""The two faces of an Event: core/v1 (as it is stored) and events.k8s.io/v1 (other names)."""

from typing import Final

from mockcloud.kube.json_types import JsonObject

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


def to_core(event: JsonObject) -> JsonObject:
    """An events.k8s.io/v1 Event as core/v1."""
    return {**_renamed(event, _BACK), "apiVersion": "v1"}


def from_core(event: JsonObject) -> JsonObject:
    """A core/v1 Event as events.k8s.io/v1."""
    # Typed clients refuse an Event without the key, whatever its value.
    return {"eventTime": None, **_renamed(event, _RENAMED), "apiVersion": "events.k8s.io/v1"}


def _renamed(event: JsonObject, names: dict[str, str]) -> JsonObject:
    return {names.get(name, name): value for name, value in event.items()}
