"""Python values to XML, by the model of the answer; errors in each protocol's own form."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from mockcloud.cloud.aws.wire.models import operation_model, protocol, service_model

if TYPE_CHECKING:
    from mockcloud.cloud.aws.errors import AwsError
    from mockcloud.cloud.aws.wire.models import Shape

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# XML 1.0 cannot say these, not even escaped; tabs and line ends it would change, unless they are.
_ODD = {number: "" for number in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}
_ODD_ENTITIES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


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
            _members(shape, given, out)
    else:
        wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
        if shape is not None:
            out.append(f"<{wrapper}>")
            _members(shape, given, out)
            out.append(f"</{wrapper}>")
        out.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>")
    out.append(f"</{operation}Response>")
    return "".join(out).encode()


def write_error(service: str, error: AwsError, request_id: str) -> bytes:
    """An error, as the service's protocol has it."""
    code, message = escape(error.code), _text(error.message)
    if protocol(service) == "ec2":
        inner = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        return f"{_HEAD}<Response>{inner}<RequestID>{request_id}</RequestID></Response>".encode()
    namespace = service_model(service).metadata["xmlNamespace"]
    who = "Sender" if error.status < 500 else "Receiver"
    inner = f"<Error><Type>{who}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    rest = f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    return f'{_HEAD}<ErrorResponse xmlns="{namespace}">{inner}{rest}'.encode()


def _members(shape: Shape, given: dict[str, Any], out: list[str]) -> None:
    names = _names(shape)
    for member, value in given.items():
        if value is not None:
            tag, inner = names[member]
            _element(inner, tag, value, out)


def _element(shape: Shape, tag: str, value: Any, out: list[str]) -> None:  # noqa: ANN401 - any shape's
    match shape.type_name:
        case "structure":
            out.append(f"<{tag}>")
            _members(shape, value, out)
            out.append(f"</{tag}>")
        case "list":
            _list(shape, tag, value, out)
        case "map":
            _map(shape, tag, value, out)
        case kind:
            out.append(f"<{tag}>{_scalar(kind, value)}</{tag}>")


def _list(shape: Shape, tag: str, values: list[Any], out: list[str]) -> None:
    if shape.serialization.get("flattened"):
        for each in values:
            _element(shape.member, tag, each, out)
        return
    item = shape.member.serialization.get("name", "member")
    out.append(f"<{tag}>")
    for each in values:
        _element(shape.member, item, each, out)
    out.append(f"</{tag}>")


def _map(shape: Shape, tag: str, values: dict[str, Any], out: list[str]) -> None:
    flat = shape.serialization.get("flattened")
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    if not flat:
        out.append(f"<{tag}>")
    entry = tag if flat else "entry"
    for key, value in values.items():
        out.append(f"<{entry}><{key_name}>{_text(key)}</{key_name}>")
        _element(shape.value, value_name, value, out)
        out.append(f"</{entry}>")
    if not flat:
        out.append(f"</{tag}>")


def _scalar(kind: str, value: Any) -> str:  # noqa: ANN401
    match kind:
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
        case "blob":
            return base64.b64encode(value).decode()
    return _text(str(value))


def _text(value: str) -> str:
    if value.isalnum():
        return value
    return escape(value.translate(_ODD), _ODD_ENTITIES)


@cache
def _names(shape: Shape) -> dict[str, tuple[str, Shape]]:
    """Member -> its tag and shape."""
    found = {}
    for member, inner in shape.members.items():
        tag = inner.serialization.get("name", member)
        if inner.type_name == "list" and inner.serialization.get("flattened"):
            tag = inner.member.serialization.get("name", tag)
        found[member] = (tag, inner)
    return found
