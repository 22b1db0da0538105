"""metadata.managedFields as a value: kept apart from the object, in whose text it is put for who reads it.

Thousands of objects are written alike, so the field sets are texts that they share.
"""

from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import Any, Final, TypeAlias

import orjson

from mockcloud.kube.decimals import is_decimal

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
    """As JSON, the field sets as they are."""
    return f"[{','.join(map(_text, managed))}]".encode()


def _text(entry: Entry) -> str:
    head, tail = _frame(entry.manager, entry.operation, entry.api_version, entry.subresource)
    time = f',"time":{orjson.dumps(entry.time).decode()}' if entry.time else ""
    return f'{head}{time},"fieldsType":"FieldsV1","fieldsV1":{entry.fields}{tail}'


@lru_cache(maxsize=1024)
def _frame(manager: str, operation: str, api_version: str, subresource: str) -> tuple[str, str]:
    """What an entry begins and ends with: its identity is that of many others."""
    named = {"manager": manager} if manager else {}
    head = orjson.dumps({**named, "operation": operation, "apiVersion": api_version}).decode()
    tail = orjson.dumps({"subresource": subresource}).decode()[1:] if subresource else "}"
    return head[:-1], f",{tail}" if subresource else tail


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
        if not _is_field_set(each.get("fieldsV1") or {}):
            return None
        entry = _entry(each)
        found[entry.identity] = entry
    return tuple(sorted(found.values(), key=lambda entry: entry.order))


def _is_field_set(said: object) -> bool:
    """Whether it is an object of steps and objects, all the way down (its depth is bounded by the body's)."""
    if not isinstance(said, dict):
        return False
    return all(_is_step(step) and _is_field_set(below) for step, below in said.items())


def _is_step(step: str) -> bool:
    """As structured-merge-diff reads one: `.`, `f:NAME`, `k:OBJECT`, `v:VALUE`, `i:INDEX`."""
    prefix, said = step[:2], step[2:]
    if step == "." or prefix == "f:":
        return True
    if prefix == "i:":
        return is_decimal(said.removeprefix("-"))
    if prefix not in ("k:", "v:"):
        return False
    try:
        value: object = orjson.loads(said)
    except orjson.JSONDecodeError:
        return False
    if prefix == "v:":
        return True
    return isinstance(value, dict) and not any(isinstance(each, dict | list) for each in value.values())


def _entry(each: dict[str, Any]) -> Entry:
    fields = intern(orjson.dumps(each.get("fieldsV1") or {}, option=orjson.OPT_SORT_KEYS).decode())
    manager, version, part = (
        intern(str(each.get(name) or "")) for name in ("manager", "apiVersion", "subresource")
    )
    return Entry(manager, intern(each["operation"]), version, str(each.get("time") or ""), fields, part)
