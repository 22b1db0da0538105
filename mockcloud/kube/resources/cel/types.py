"""The types that the checker knows, and JSON values as values of them."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from mockcloud.kube.resources.cel.errors import EvaluationError
from mockcloud.kube.resources.cel.times import parsed_duration, parsed_timestamp
from mockcloud.kube.resources.cel.tokens import RESERVED
from mockcloud.kube.resources.cel.values import KeyedList


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its name, and what it is of. One of a single letter stands for any, each time the same."""

    name: str
    params: tuple["Type", ...] = ()

    def __str__(self) -> str:
        if self.name == "optional_type" or self.params:
            return f"{self.name}({', '.join(map(str, self.params))})"
        return self.name

    @property
    def is_variable(self) -> bool:
        """Whether it stands for others."""
        return len(self.name) == 1 or self.name.startswith("%")


@dataclass(frozen=True, slots=True)
class ListType(Type):
    """A list of known identity: items are the same by these keys, () by all that they are."""

    keys: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class ObjectType(Type):
    """An object of known fields, by their escaped names."""

    fields: Mapping[str, Type] = field(default_factory=dict)
    original: Mapping[str, str] = field(default_factory=dict)
    """Escaped name -> the name in JSON."""


BOOL: Final = Type("bool")
BYTES: Final = Type("bytes")
DOUBLE: Final = Type("double")
DURATION: Final = Type("google.protobuf.Duration")
DYN: Final = Type("dyn")
INT: Final = Type("int")
NULL: Final = Type("null_type")
STRING: Final = Type("string")
TIMESTAMP: Final = Type("google.protobuf.Timestamp")
UINT: Final = Type("uint")
TYPE: Final = Type("type")

_ALIASES: Final = {
    "timestamp": TIMESTAMP,
    "duration": DURATION,
    "Quantity": Type("kubernetes.Quantity"),
    "Semver": Type("kubernetes.Semver"),
    "URL": Type("kubernetes.URL"),
    "IP": Type("net.IP"),
    "CIDR": Type("net.CIDR"),
    "Format": Type("kubernetes.NamedFormat"),
    "Authorizer": Type("kubernetes.authorization.Authorizer"),
    "PathCheck": Type("kubernetes.authorization.PathCheck"),
    "GroupCheck": Type("kubernetes.authorization.GroupCheck"),
    "ResourceCheck": Type("kubernetes.authorization.ResourceCheck"),
    "Decision": Type("kubernetes.authorization.Decision"),
}
NAMES: Final = {
    name: Type(name)
    for name in ("bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint")
}
"""Names of types that expressions may use as values."""
_ESCAPED: Final = re.compile(r"__|\.|-|/")
_ESCAPES: Final = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_SYMBOLS: Final = RESERVED | {"true", "false", "null", "in"}


def list_of(item: Type) -> Type:
    """A list of one type."""
    return Type("list", (item,))


def map_of(key: Type, value: Type) -> Type:
    """A map."""
    return Type("map", (key, value))


def optional_of(inner: Type) -> Type:
    """What may be absent."""
    return Type("optional_type", (inner,))


def type_named(text: str) -> Type:
    """The type of a text as declarations have it: `list<A>`, `map<string,dyn>`, `Quantity`."""
    name, _, rest = text.strip().partition("<")
    if not rest:
        return _ALIASES.get(name, Type(name))
    parts, depth, start = list[str](), 0, 0
    inner = rest.removesuffix(">")
    for i, character in enumerate(f"{inner},"):
        depth += (character == "<") - (character == ">")
        if character == "," and not depth:
            parts.append(inner[start:i])
            start = i + 1
    return Type({"optional": "optional_type"}.get(name, name), tuple(map(type_named, parts)))


def escaped(name: str) -> str | None:
    """A field's name as expressions write it, None where they cannot."""
    if not name or not re.fullmatch(r"[A-Za-z_./-][A-Za-z0-9_./-]*", name):
        return None
    if name in _SYMBOLS:
        return f"__{name}__"
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], name)


def object_of(name: str, fields: Mapping[str, Type]) -> ObjectType:
    """An object with these fields, by their names in JSON."""
    names = {shown: each for each in fields if (shown := escaped(each)) is not None}
    return ObjectType(name, (), {shown: fields[each] for shown, each in names.items()}, names)


def declared(name: str, fields: Mapping[str, Type]) -> ObjectType:
    """An object that the API declares itself: expressions write the names of its fields as they are."""
    return ObjectType(name, (), fields, {each: each for each in fields})


def cel_value(value: Any, kind: Type) -> Any:  # noqa: ANN401
    """A JSON value as a value of the type; what the type does not know is left out."""
    if value is None:
        return None
    if isinstance(kind, ObjectType) and isinstance(value, dict):
        return {
            shown: cel_value(value[name], kind.fields[shown])
            for shown, name in kind.original.items()
            if name in value
        }
    match kind.name:
        case "list" if isinstance(value, list):
            items = [cel_value(each, kind.params[0]) for each in value]
            return _keyed(items, kind.keys) if isinstance(kind, ListType) else items
        case "map" if isinstance(value, dict):
            return {key: cel_value(inner, kind.params[1]) for key, inner in value.items()}
        case "double" if isinstance(value, int):
            return float(value)
        case "int" if isinstance(value, float) and value.is_integer():
            return int(value)
        case _ if isinstance(value, str):
            return _text_value(value, kind)
        case _:
            return value


def _keyed(items: list[Any], keys: tuple[str, ...]) -> KeyedList:
    found = KeyedList(items)
    found.keys = keys
    return found


def _text_value(text: str, kind: Type) -> object:
    try:
        if kind == TIMESTAMP:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                return datetime.fromisoformat(text).replace(tzinfo=UTC)
            return parsed_timestamp(text)
        if kind == DURATION:
            return parsed_duration(text)
        return base64.b64decode(text, validate=True) if kind == BYTES else text
    except (EvaluationError, ValueError, binascii.Error):
        return text  # the schema's own check of formats tells of it
