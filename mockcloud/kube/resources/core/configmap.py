"""ConfigMaps; and what they share with Secrets: keys that are file names, and `immutable`."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, too_long
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes

MAX_DATA: Final = 1024 * 1024
WHEN_IMMUTABLE: Final = "field is immutable when `immutable` is set"


def config_map_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Keys are file names; 1 MiB in all; nothing changes once it is immutable."""
    data, binary = new.get("data") or {}, new.get("binaryData") or {}
    yield from frozen(new, old, ("data", "binaryData"))
    for name, held in (("data", data), ("binaryData", binary)):
        for key in held:
            yield from causes(f"{name}[{key}]", key, formats.config_key(key))
            if name == "data" and key in binary:
                yield invalid(f"{name}[{key}]", key, "duplicate of key present in binaryData")
    size = sum(len((value or "").encode()) for value in data.values())
    size += sum(decoded_size(value) for value in binary.values())
    if size > MAX_DATA:
        yield too_long("", MAX_DATA)


def frozen(new: JsonObject, old: JsonObject | None, keys: tuple[str, ...]) -> Iterator[Cause]:
    """Nothing under `keys` changes once the object is immutable."""
    if old is None or not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield forbidden("immutable", WHEN_IMMUTABLE)
    for key in keys:
        if (new.get(key) or {}) != (old.get(key) or {}):
            yield forbidden(key, WHEN_IMMUTABLE)


def decoded_size(text: str | None) -> int:
    """Bytes behind a base64 text."""
    held = text or ""
    return len(held) * 3 // 4 - held.count("=", -2)


def _row(config_map: JsonObject, now: float) -> list[Cell]:
    entries = len(object_at(config_map, "data")) + len(object_at(config_map, "binaryData"))
    return [name_of(config_map), entries, age(config_map, now)]


CONFIG_MAP: Final = Kind(
    "",
    "v1",
    "ConfigMap",
    "configmaps",
    ("cm",),
    model="V1ConfigMap",
    validate=config_map_problems,
    printer=Printer(texts("Name", "Data", "Age"), _row),
)
