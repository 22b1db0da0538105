"""What the models say of values, and how AWS words it where they are not so."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.wire.models import operation_model
from mockcloud.cloud.aws.wire.parsing import Fault, Parsed, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.cloud.aws.wire.models import Shape


def check(service: str, operation: str, parsed: Parsed) -> None:
    """AwsError for the first thing that is wrong (ec2), or for all of them."""
    shape = operation_model(service, operation).input_shape
    found = list(parsed.problems)
    if shape is not None:
        spelling = _Ec2Spelling() if service == "ec2" else _QuerySpelling()
        found += _problems(shape, parsed.wanted, "", spelling)
    if found:
        raise _ec2_error(found[0]) if service == "ec2" else _query_error(found)


class _QuerySpelling:
    """Of a parameter in an error: listeners.1.member.port."""

    def member(self, path: str, name: str) -> str:
        lowered = name[:1].lower() + name[1:]
        return f"{path}.{lowered}" if path else lowered

    def element(self, path: str, number: int) -> str:
        return f"{path}.{number}.member"


class _Ec2Spelling:
    """IpPermissions.1.IpProtocol."""

    def member(self, path: str, name: str) -> str:
        return f"{path}.{name}" if path else name

    def element(self, path: str, number: int) -> str:
        return f"{path}.{number}"


# EC2 says of a value what it has to be, the others what a member must.
_PLAIN: Final = {
    "Member must have ": "a ",
    "Member must satisfy enum value set: ": "one of ",
    "Member must satisfy regular expression pattern: ": "text that matches ",
}


def _ec2_error(problem: Problem) -> AwsError:
    match problem.fault:
        case Fault.MISSING:
            return AwsError("MissingParameter", f"The request must contain the parameter {problem.path}")
        case Fault.UNKNOWN:
            return AwsError("UnknownParameter", f"The parameter {problem.path} is not recognized")
    expected = problem.expected
    for coral, plain in _PLAIN.items():
        expected = expected.replace(coral, plain)
    said = f"Value ({problem.value}) for parameter {problem.path} is invalid. Expected: {expected}"
    return AwsError("InvalidParameterValue", said)


def _query_error(problems: list[Problem]) -> AwsError:
    count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
    return AwsError("ValidationError", count + "; ".join(map(_worded, problems)))


def _worded(problem: Problem) -> str:
    match problem.fault:
        case Fault.MISSING:
            value, expected = "null", "Member must not be null"
        case Fault.UNKNOWN:
            value, expected = "null", "Member is not known"
        case Fault.TYPE:
            value, expected = f"'{problem.value}'", f"Member must be of type {problem.expected}"
        case Fault.CONSTRAINT:
            value, expected = f"'{problem.value}'", problem.expected
    return f"Value {value} at '{problem.path}' failed to satisfy constraint: {expected}"


def _problems(
    shape: Shape,
    value: Any,  # noqa: ANN401 - any shape's
    path: str,
    spelling: _QuerySpelling | _Ec2Spelling,
) -> Iterator[Problem]:
    """What of a value is not as its shape has it. None: it could not be read, which is said already."""
    match shape.type_name:
        case "structure":
            for name in shape.required_members:
                if name not in value:
                    yield Problem(Fault.MISSING, spelling.member(path, name))
            for name, each in value.items():
                yield from _problems(shape.members[name], each, spelling.member(path, name), spelling)
        case "list":
            yield from _length(shape, value, path)
            for number, each in enumerate(value, 1):
                yield from _problems(shape.member, each, spelling.element(path, number), spelling)
        case "string" | "integer" | "long" if value is not None:
            yield from _scalar(shape, value, path)


def _scalar(shape: Shape, value: str | int, path: str) -> Iterator[Problem]:
    if isinstance(value, int):
        yield from _bounds(shape, value, str(value), path, "value")
        return
    if shape.enum and value not in shape.enum:
        expected = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        yield Problem(Fault.CONSTRAINT, path, value, expected)
    yield from _length(shape, value, path)
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not _compiled(pattern).fullmatch(value):
        expected = f"Member must satisfy regular expression pattern: {pattern}"
        yield Problem(Fault.CONSTRAINT, path, value, expected)


def _length(shape: Shape, value: str | list[Any], path: str) -> Iterator[Problem]:
    shown = value if isinstance(value, str) else f"[{', '.join(map(str, value))}]"
    yield from _bounds(shape, len(value), shown, path, "length")


def _bounds(shape: Shape, size: int, shown: str, path: str, what: str) -> Iterator[Problem]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        expected = f"Member must have {what} greater than or equal to {least}"
        yield Problem(Fault.CONSTRAINT, path, shown, expected)
    if most is not None and size > most:
        expected = f"Member must have {what} less than or equal to {most}"
        yield Problem(Fault.CONSTRAINT, path, shown, expected)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    r"""Java's classes \p{L}, \p{Z}, \p{N}, which come together, are \w and \s here; the rest is alike."""
    return re.compile(pattern.replace(r"\p{L}\p{Z}\p{N}", r"\w\s"), re.DOTALL)
