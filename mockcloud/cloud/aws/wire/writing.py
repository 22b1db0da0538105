"""Python values to XML, by the model of the answer; errors in each protocol's own form."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from xml.sax.saxutils import escape

from mockcloud.cloud.aws.wire.models import operation_model, protocol, service_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.cloud.aws.errors import AwsError
    from mockcloud.cloud.aws.wire.models import Shape

Write: TypeAlias = "Callable[[Any, list[str]], None]"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# XML 1.0 cannot say these, not even escaped; tabs and line ends it would change, unless they are.
_ODD = {number: "" for number in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}
_ODD_ENTITIES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
_SPECIAL: Final = re.compile("[\x00-\x1f&<>\ufffe\uffff]")


def moment(seconds: float) -> datetime:
    """The clock's time, as answers have it."""
    return datetime.fromtimestamp(seconds, UTC)


def write(service: str, operation: str, given: dict[str, Any], request_id: str) -> bytes:
    """An answer. Members that are None are left out; KeyError for one that the answer has not."""
    model = operation_model(service, operation)
    out = [_HEAD, f'<{operation}Response xmlns="{service_model(service).metadata["xmlNamespace"]}">']
    shape = model.output_shape
    if protocol(service) == "ec2":
        out.append(f"<requestId>{request_id}</requestId>")
        if shape is not None:
            _write_members(shape, given, out)
    else:
        wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
        if shape is not None:
            out.append(f"<{wrapper}>")
            _write_members(shape, given, out)
            out.append(f"</{wrapper}>")
        out.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>")
    out.append(f"</{operation}Response>")
    return "".join(out).encode()


def write_error(service: str, error: AwsError, request_id: str) -> bytes:
    """An error, as the service's protocol has it."""
    code, message = escape(error.code), _text(error.message)
    if protocol(service) == "ec2":
        inner = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        return f"{_HEAD}<Response>{inner}<RequestID>{request_id}</RequestID></Response>".encode(
            errors="replace"
        )
    namespace = service_model(service).metadata["xmlNamespace"]
    who = "Sender" if error.status < 500 else "Receiver"
    inner = f"<Error><Type>{who}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    rest = f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    return f'{_HEAD}<ErrorResponse xmlns="{namespace}">{inner}{rest}'.encode(errors="replace")


def write_json_error(error: AwsError) -> bytes:
    """An error, as the protocols with JSON have it (Smithy's awsJson1_0, awsJson1_1 and restJson1)."""
    return json.dumps({"__type": error.code, "message": error.message}).encode()


# Each element of each answer has a function that writes it, made at its first use: an answer is a walk over
# values then, and no model is asked any more.


def _element(shape: Shape, tag: str) -> Write:
    """What writes a value of a shape between tags."""
    match shape.type_name:
        case "structure":
            return _structure(shape, f"<{tag}>", f"</{tag}>")
        case "list":
            return _list(shape, tag)
        case "map":
            return _map(shape, tag)
        case kind:
            return _between(f"<{tag}>", f"</{tag}>", _SCALARS.get(kind, _text))


def _between(opens: str, closes: str, text_of: Callable[[Any], str]) -> Write:
    def write_scalar(value: Any, out: list[str]) -> None:  # noqa: ANN401 - any shape's
        out.append(f"{opens}{text_of(value)}{closes}")

    return write_scalar


def _structure(shape: Shape, opens: str, closes: str) -> Write:
    def write_structure(value: dict[str, Any], out: list[str]) -> None:
        out.append(opens)
        _write_members(shape, value, out)
        out.append(closes)

    return write_structure


def _list(shape: Shape, tag: str) -> Write:
    if shape.serialization.get("flattened"):
        return _each(_element(shape.member, tag), "", "")
    item = shape.member.serialization.get("name", "member")
    return _each(_element(shape.member, item), f"<{tag}>", f"</{tag}>")


def _each(write_item: Write, opens: str, closes: str) -> Write:
    def write_list(values: list[Any], out: list[str]) -> None:
        out.append(opens)
        for each in values:
            write_item(each, out)
        out.append(closes)

    return write_list


def _map(shape: Shape, tag: str) -> Write:
    flat = shape.serialization.get("flattened")
    entry = tag if flat else "entry"
    write_key = _element(shape.key, shape.key.serialization.get("name", "key"))
    write_value = _element(shape.value, shape.value.serialization.get("name", "value"))

    def write_entry(pair: tuple[str, Any], out: list[str]) -> None:
        out.append(f"<{entry}>")
        write_key(pair[0], out)
        write_value(pair[1], out)
        out.append(f"</{entry}>")

    write_all = _each(write_entry, "", "") if flat else _each(write_entry, f"<{tag}>", f"</{tag}>")
    return lambda values, out: write_all(list(values.items()), out)


def _write_members(shape: Shape, given: dict[str, Any], out: list[str]) -> None:
    writers = _writers(shape)
    for member, value in given.items():
        if value is not None:
            writers[member](value, out)


@cache
def _writers(shape: Shape) -> dict[str, Write]:
    """Of a structure's members. Made when one is written: a shape may contain itself."""
    return {member: _element(inner, _tag(member, inner)) for member, inner in shape.members.items()}


def _tag(member: str, inner: Shape) -> str:
    if inner.type_name == "list" and inner.serialization.get("flattened"):
        named: str | None = inner.member.serialization.get("name")
        if named is not None:
            return named
    name: str = inner.serialization.get("name", member)
    return name


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _timestamp(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"


def _blob(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _text(value: Any) -> str:  # noqa: ANN401 - numbers, too
    text = str(value)
    if _SPECIAL.search(text) is None:
        return text
    return escape(text.translate(_ODD), _ODD_ENTITIES)


_SCALARS: Final[dict[str, Callable[[Any], str]]] = {
    "boolean": _boolean,
    "timestamp": _timestamp,
    "blob": _blob,
    "integer": str,
    "long": str,
    "float": str,
    "double": str,
}
