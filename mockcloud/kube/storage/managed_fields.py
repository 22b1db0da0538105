"""metadata.managedFields as a value: kept apart from the object, in whose text it is put for who reads it.

Thousands of objects are written alike, so the field sets are texts that they share.
"""

from dataclasses import dataclass
from sys import intern
from typing import Any, Final, TypeAlias

import orjson

APPLY: Final = "Apply"
UPDATE: Final = "Update"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one manager owns. `fields` is the JSON text of `fieldsV1`; `time` is "" where nobody knows it."""

    manager: str
    operation: str
    api_version: str
    time: str
    fields: str
    subresource: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What no two entries of an object have in common; an applier stays the same in another version."""
        version = "" if self.operation == APPLY else self.api_version
        return (self.manager, self.operation, version, self.subresource)

    @property
    def order(self) -> tuple[str, str, str, str, str]:
        """Their order in an object: those that apply first, then by time."""
        return (self.operation, self.time, self.manager, self.api_version, self.subresource)


ManagedFields: TypeAlias = tuple[Entry, ...]


def text(managed: ManagedFields) -> bytes:
    """As JSON."""
    return orjson.dumps([shown(entry) for entry in managed])


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as the API has it, for orjson: the field set goes in as it is."""
    found: dict[str, Any] = {"manager": entry.manager} if entry.manager else {}
    found |= {"operation": entry.operation, "apiVersion": entry.api_version}
    if entry.time:
        found["time"] = entry.time
    found |= {"fieldsType": "FieldsV1", "fieldsV1": orjson.Fragment(entry.fields)}
    if entry.subresource:
        found["subresource"] = entry.subresource
    return found


def read(said: object) -> ManagedFields | None:
    """What a client says of them; None where it is not in the form that they have (upstream's decoding)."""
    if not isinstance(said, list):
        return None
    found: dict[object, Entry] = {}
    for each in said:
        if not isinstance(each, dict) or each.get("operation") not in (APPLY, UPDATE):
            return None
        if not each.get("apiVersion") or each.get("fieldsType") != "FieldsV1":
            return None
        entry = _entry(each)
        found[entry.identity] = entry
    return tuple(sorted(found.values(), key=lambda entry: entry.order))


def _entry(each: dict[str, Any]) -> Entry:
    fields = intern(orjson.dumps(each.get("fieldsV1") or {}, option=orjson.OPT_SORT_KEYS).decode())
    manager, version, part = (
        intern(str(each.get(name) or "")) for name in ("manager", "apiVersion", "subresource")
    )
    return Entry(manager, intern(each["operation"]), version, str(each.get("time") or ""), fields, part)
