"""Calls to be made, as values. A later one may need what an earlier one's answer has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Params = Mapping[str, Any]

EC2: Final = "ec2"
CLASSIC: Final = "elb"
NETWORK: Final = "elbv2"


@dataclass(frozen=True, slots=True)
class Made:
    """A part of the answer to the call of that name: keys and positions, outside first."""

    by: str
    path: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of one of AWS' services, by botocore's names; `name` is for `Made` to point to."""

    service: str
    operation: str
    params: Params = field(default_factory=dict)
    name: str = ""


def resolved(value: Any, answers: Mapping[str, Any]) -> Any:  # noqa: ANN401 - parameters are JSON
    """`value` with each `Made` in it replaced by what it points to."""
    if isinstance(value, Made):
        found = answers[value.by]
        for step in value.path:
            found = found[step]
        return found
    if isinstance(value, Mapping):
        return {key: resolved(each, answers) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(each, answers) for each in value]
    return value


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
