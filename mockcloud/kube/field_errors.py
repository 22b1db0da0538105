"""Why a write is refused, field by field, in the words of k8s.io/apimachinery's field errors.

A `Cause` is one entry of `details.causes` in a 422 Status object; its `message` is what kubectl prints
after the field's path.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that is wrong: the field's path, the machine-readable reason, the text."""

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Invalid(Exception):
    """The object cannot be accepted; `causes` holds every reason found, in upstream's order."""

    def __init__(self, causes: Iterable[Cause]) -> None:
        self.causes: tuple[Cause, ...] = tuple(causes)
        super().__init__(summary(self.causes))


def summary(causes: Sequence[Cause]) -> str:
    """The text after `Service "x" is invalid: `: one cause bare, several in brackets, repeats left out."""
    texts = list(dict.fromkeys(str(cause) for cause in causes))
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def required(field: str, detail: str = "") -> Cause:
    """A value is missing or empty."""
    return Cause(field, "FieldValueRequired", _sentence("Required value", detail))


def invalid(field: str, value: object, detail: str) -> Cause:
    """A value is malformed or out of bounds."""
    return Cause(field, "FieldValueInvalid", _sentence(f"Invalid value: {quoted(value)}", detail))


def wrong(field: str, detail: str) -> Cause:
    """Several fields do not go together; what they hold is not repeated."""
    return Cause(field, "FieldValueInvalid", _sentence("Invalid value", detail))


def duplicate(field: str, value: object) -> Cause:
    """A value that must be unique is there twice."""
    return Cause(field, "FieldValueDuplicate", f"Duplicate value: {quoted(value)}")


def forbidden(field: str, detail: str) -> Cause:
    """A well-formed value that is not permitted here."""
    return Cause(field, "FieldValueForbidden", _sentence("Forbidden", detail))


def not_supported(field: str, value: object, supported: Iterable[str]) -> Cause:
    """A value outside an enumeration; `supported` is listed in the order given."""
    listed = ", ".join(quoted(each) for each in supported)
    return Cause(
        field, "FieldValueNotSupported", f"Unsupported value: {quoted(value)}: supported values: {listed}"
    )


def not_found(field: str, value: object) -> Cause:
    """A value that refers to something that is not there."""
    return Cause(field, "FieldValueNotFound", f"Not found: {quoted(value)}")


def too_long(field: str, limit: int) -> Cause:
    """A value of more than `limit` bytes; the value is not repeated."""
    unit = "byte" if limit == 1 else "bytes"
    return Cause(field, "FieldValueTooLong", f"Too long: may not be more than {limit} {unit}")


def too_many(field: str, actual: int, limit: int) -> Cause:
    """A list of more than `limit` items."""
    unit = "item" if limit == 1 else "items"
    return Cause(field, "FieldValueTooMany", f"Too many: {actual}: must have at most {limit} {unit}")


def internal(field: str, detail: str) -> Cause:
    """Not the client's fault."""
    return Cause(field, "InternalError", f"Internal error: {detail}")


def quoted(value: object) -> str:
    """A value as upstream prints it: JSON, with Go's escapes for HTML characters in structured values."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _sentence(start: str, detail: str) -> str:
    return f"{start}: {detail}" if detail else start
