"""What the client can read, from its Accept header: the object itself, a Table, or metadata only."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from mockcloud.kube.writes.refusals import not_acceptable

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
OFFERED: Final = (JSON, YAML)
_SERVED: Final = (JSON, YAML, "*/*", "application/*", "")


class Form(Enum):
    """How objects are shown."""

    PLAIN = "plain"
    TABLE = "Table"
    METADATA = "PartialObjectMetadata"


@dataclass(frozen=True, slots=True)
class Medium:
    """One entry of an Accept header: its type and its parameters."""

    type: str
    parameters: tuple[tuple[str, str], ...] = ()

    def parameter(self, name: str) -> str:
        """The parameter's value, "" where it is absent."""
        return dict(self.parameters).get(name, "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an answer looks like."""

    form: Form = Form.PLAIN
    yaml: bool = False
    # Without managedFields: a parameter of our own, for the lab's programs, which keep thousands of objects.
    bare: bool = False
    version: str = "v1"


@lru_cache(maxsize=256)
def media(accept: str) -> tuple[Medium, ...]:
    """The header's entries in the client's order."""
    entries: list[Medium] = []
    for entry in accept.split(","):
        type_, *parameters = (part.strip() for part in entry.split(";"))
        pairs = tuple(
            (name, value) for name, _, value in (parameter.partition("=") for parameter in parameters)
        )
        entries.append(Medium(type_.lower(), pairs))
    return tuple(entries)


@lru_cache(maxsize=256)
def wanted(accept: str, *, tables: bool = True) -> Wanted:
    """The first entry that can be served; 406 where there is none. Some answers can be no Table.

    Who takes nothing but protobuf gets JSON: client-go reads what an answer's Content-Type says.
    """
    for types in (_SERVED, (PROTOBUF,)):
        for medium in media(accept or JSON):
            form = _form(medium) if medium.type in types else None
            if form is not None and (tables or form is not Form.TABLE):
                bare = medium.parameter("managed-fields") == "none"
                return Wanted(form, medium.type == YAML, bare, medium.parameter("v") or "v1")
    raise not_acceptable(OFFERED)


def _form(medium: Medium) -> Form | None:
    match medium.parameter("as"):
        case "":
            return Form.PLAIN
        case "Table":
            return Form.TABLE
        case "PartialObjectMetadata" | "PartialObjectMetadataList":
            return Form.METADATA
        case _:
            return None
