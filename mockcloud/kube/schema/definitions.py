"""The field definitions as values, read once from the generated file.

`definitions.json` is written by `generate.py`; nothing else knows its layout. A type is spelled `string`,
`int32`, `int64`, `number`, `boolean`, `date-time`, `bytes`, `quantity`, `int-or-string`, `object` (any JSON),
`[]T`, `map[T]`, or the name of another definition.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import orjson

GVK = tuple[str, str, str]
"""Group ("" for core), version, kind."""


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """One field: its type, whether it must be there, and how a patch treats it."""

    type: str
    required: bool = False
    description: str = ""
    patch_strategy: str = ""
    patch_merge_key: str = ""
    list_type: str = ""
    list_map_keys: tuple[str, ...] = ()
    map_type: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A struct: its full upstream name and its fields by JSON name."""

    name: str
    map_type: str = ""
    fields: dict[str, FieldDefinition] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """As Go prints it: package and type, `v1.ServicePort`."""
        return ".".join(self.name.rsplit(".", 2)[1:])


@cache
def _document() -> dict[str, dict[str, dict[str, object]]]:
    text = resources.files(__package__).joinpath("definitions.json").read_bytes()
    parsed: dict[str, dict[str, dict[str, object]]] = orjson.loads(text)
    return parsed


@cache
def kinds() -> dict[GVK, str]:
    """The definition's name of every kind that has one."""
    found: dict[GVK, str] = {}
    for text, name in _document()["kinds"].items():
        group, version, kind = text.split("/")
        found[group, version, kind] = str(name)
    return found


@cache
def definition(name: str) -> Definition | None:
    """The struct of that name, or None where `name` is a plain type."""
    raw = _document()["definitions"].get(name)
    if raw is None:
        return None
    fields = raw["fields"]
    assert isinstance(fields, dict)
    return Definition(
        name, str(raw.get("map_type", "")), {key: _field(value) for key, value in fields.items()}
    )


def of_kind(gvk: GVK) -> Definition | None:
    """The struct of a kind, or None for a kind that has no definition."""
    name = kinds().get(gvk)
    return definition(name) if name else None


def item_type(type_: str) -> str | None:
    """What a list or map holds, or None for any other type."""
    if type_.startswith("[]"):
        return type_[2:]
    if type_.startswith("map["):
        return type_[4:-1]
    return None


def _field(raw: dict[str, object]) -> FieldDefinition:
    keys = raw.get("list_map_keys", ())
    assert isinstance(keys, list | tuple)
    return FieldDefinition(**{**raw, "list_map_keys": tuple(keys)})  # type: ignore[arg-type]
