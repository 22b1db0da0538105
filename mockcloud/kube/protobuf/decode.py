"""From Kubernetes' protobuf envelope to the JSON object it stands for.

Go writes a zero for each plain field that is unset, and nothing for an unset pointer: a zero is kept only
where the field is a pointer, as `numbers.json` (written by `generate.py`) knows.
"""

import base64
import struct
import time
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import orjson

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.protobuf.wire import Value, WireError, fields, signed

MAGIC: Final = b"k8s\x00"

_META: Final = "k8s.io.apimachinery.pkg.apis.meta.v1."
_TIMES: Final = (f"{_META}Time", f"{_META}MicroTime")
_NUMBERS_ON_WIRE: Final = ("bool", "double", "int32", "int64")
_QUANTITY: Final = "k8s.io.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING: Final = "k8s.io.apimachinery.pkg.util.intstr.IntOrString"
_EXTENSIONS: Final = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1."
_JSON: Final = f"{_EXTENSIONS}JSON"
_RAW: Final = (f"{_META}FieldsV1", "k8s.io.apimachinery.pkg.runtime.RawExtension", _JSON)
_UNIONS: Final[dict[str, tuple[str, object]]] = {
    f"{_EXTENSIONS}JSONSchemaPropsOrArray": ("jSONSchemas", []),
    f"{_EXTENSIONS}JSONSchemaPropsOrBool": ("allows", False),
    f"{_EXTENSIONS}JSONSchemaPropsOrStringArray": ("property", []),
}
"""A schema or something else: the field of that, and what it is when nothing is said."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    type: str
    pointer: bool
    inline: bool


@dataclass(frozen=True, slots=True)
class _Numbers:
    kinds: dict[str, str]
    messages: dict[str, dict[int, _Field]]


@cache
def _numbers() -> _Numbers:
    raw = orjson.loads(resources.files(__package__).joinpath("numbers.json").read_bytes())
    messages = {
        name: {
            int(number): _Field(json, type_, mark == "*", mark == "+")
            for number, (json, type_, mark) in rows.items()
        }
        for name, rows in raw["messages"].items()
    }
    return _Numbers(raw["kinds"], messages)


def decode(content: bytes) -> JsonObject:
    """The object in an envelope; WireError where it is none, or of a kind that is not known."""
    if not content.startswith(MAGIC):
        msg = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        raise WireError(msg)
    envelope = dict(fields(content[len(MAGIC) :]))
    meta = dict(fields(_bytes(envelope.get(1, b""))))
    group_version, kind = _bytes(meta.get(1, b"")).decode(), _bytes(meta.get(2, b"")).decode()
    raw = _bytes(envelope.get(2, b""))
    if envelope.get(4, b"") == b"application/json":
        parsed: JsonObject = orjson.loads(raw)
        return parsed
    name = _message_name(group_version, kind)
    try:
        return {"apiVersion": group_version, "kind": kind, **_message(name, raw)}
    except RecursionError:
        msg = "the message is nested too deeply"
        raise WireError(msg) from None


def _message_name(group_version: str, kind: str) -> str:
    group, slash, version = group_version.rpartition("/")
    kinds = _numbers().kinds
    # DeleteOptions are the same message in every group.
    key = f"/v1/{kind}" if kind == "DeleteOptions" else f"{group if slash else ''}/{version}/{kind}"
    if key not in kinds:
        msg = f'no kind "{kind}" is registered for version "{group_version}" in protobuf'
        raise WireError(msg)
    return kinds[key]


def _bytes(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    msg = f"found the number {value} where bytes were expected"
    raise WireError(msg)


def _message(name: str, content: bytes) -> JsonObject:
    known = _numbers().messages[name]
    obj: JsonObject = {}
    for number, raw in fields(content):
        field = known.get(number)
        if field is None:
            continue
        if field.type.startswith("[]"):
            obj.setdefault(field.name, []).append(_value(field.type[2:], raw))
        elif field.type.startswith("map:"):
            key, value = _entry(field.type[4:], _bytes(raw))
            obj.setdefault(field.name, {})[key] = value
        elif field.inline:
            obj.update(_message(field.type, _bytes(raw)))
        else:
            single = _value(field.type, raw)
            if field.pointer or single not in (None, "", 0, False, {}):
                obj[field.name] = single
    return obj


def _entry(type_: str, content: bytes) -> tuple[str, object]:
    entry = dict(fields(content))
    value = entry.get(2)
    missing: object = "" if type_ in ("string", "bytes", _QUANTITY) else {}
    return _bytes(entry.get(1, b"")).decode(), missing if value is None else _value(type_, value)


def _value(type_: str, raw: Value) -> object:
    if type_ in _NUMBERS_ON_WIRE:
        return _number(type_, raw)
    raw = _bytes(raw)
    match type_:
        case "string":
            return raw.decode()
        case "bytes":
            return base64.b64encode(raw).decode()
        case _ if type_ in _TIMES:
            return _time(raw, micro=type_ == _TIMES[1])
        case _ if type_ in _RAW:
            return orjson.loads(_bytes(dict(fields(raw)).get(1, b"null")) or b"null")
        case _ if type_ == _QUANTITY:
            return _bytes(dict(fields(raw)).get(1, b"0")).decode()
        case _ if type_ == _INT_OR_STRING:
            return _int_or_string(raw)
        case _:
            return _struct(type_, raw)


def _struct(type_: str, content: bytes) -> object:
    """A message; of a union, what it holds."""
    said = _message(type_, content)
    if type_ not in _UNIONS:
        return said
    other, nothing = _UNIONS[type_]
    return said["schema"] if "schema" in said else said.get(other, nothing)


def _number(type_: str, raw: Value) -> bool | float:
    if isinstance(raw, int):
        if type_ == "double":
            value: float = struct.unpack("<d", raw.to_bytes(8, "little"))[0]
            return int(value) if value.is_integer() else value
        return bool(raw) if type_ == "bool" else signed(raw)
    msg = f"found {len(raw)} bytes where a number was expected"
    raise WireError(msg)


def _time(content: bytes, *, micro: bool) -> str | None:
    parts = dict(fields(content))
    seconds, nanos = parts.get(1), parts.get(2, 0)
    if not isinstance(seconds, int) or not isinstance(nanos, int):
        return None
    fraction = f".{nanos // 1000:06d}" if micro else ""
    moment = time.gmtime(signed(seconds))  # Go's zero time is in the year 1, which %Y would write so
    return f"{moment.tm_year:04}" + time.strftime("-%m-%dT%H:%M:%S", moment) + fraction + "Z"


def _int_or_string(content: bytes) -> int | str:
    parts = dict(fields(content))
    if parts.get(1):
        return _bytes(parts.get(3, b"")).decode()
    number = parts.get(2, 0)
    return signed(number) if isinstance(number, int) else 0
