"""A report as the text of a speaker's object, and back. Nothing is taken on trust: a node may be stolen.

Equal reports have equal texts, so whoever writes them can tell whether anything is new. A text never outgrows
LIMIT, which leaves room in the API's 1 MiB for an object: what has no room is left out, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from baremetal_lb.decide.pools.entries import parse_address
from baremetal_lb.model.conflicts import Conflict, ConflictKind, Finding, FindingKind
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import HEARS_ALL, Deaf, Flaw, Left, Out, Report, Silence, Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from enum import StrEnum

    from baremetal_lb.model.addresses import IPAddress

VERSION: Final = 1
LIMIT: Final = 900_000  # characters
MOST_ADDRESSES: Final = 16_000
MOST_TROUBLES: Final = 500  # conflicts, findings and addresses left, of each kind
MOST_PORTS: Final = 64  # interfaces of one address
MOST_NAMES: Final = 50  # nodes named for one reason
MOST_REASONS: Final = 32

Kind = TypeVar("Kind", bound="StrEnum")
Count = Annotated[int, Field(ge=0)]
NodeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,253}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,40}$")]
Interface = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,15}$")]
Mac = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
Addresses = Annotated[list[str], Field(max_length=MOST_ADDRESSES)]


class _Part(BaseModel):
    # What a newer speaker adds is passed over: versions differ while a DaemonSet is rolled out.
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _Announced(_Part):
    on: Annotated[list[tuple[Interface, Mac]], Field(min_length=1, max_length=MOST_PORTS)]
    addresses: Addresses


class _Out(_Part):
    why: Word
    nodes: Annotated[list[NodeName], Field(max_length=MOST_NAMES)]
    more: Count = 0


class _Silence(_Part):
    why: Word
    out: Annotated[list[_Out], Field(max_length=MOST_REASONS)] = []
    addresses: Addresses


class _Conflict(_Part):
    address: str
    kind: Word
    mac: Mac
    interface: Interface
    node: NodeName | None = None
    at: Count = 0


class _Finding(_Part):
    address: str
    kind: Word
    owner: NodeName
    mac: Mac | None = None
    interface: Interface | None = None
    way_out: Interface | None = None


class _Deaf(_Part):
    port: Annotated[int, Field(ge=0, le=65535)]
    nodes: Annotated[list[NodeName], Field(max_length=MOST_NAMES)] = []


class SpokenDocument(_Part):
    """What every text of a speaker begins with."""

    version: int
    node: NodeName


Spoken = TypeVar("Spoken", bound=SpokenDocument)


@dataclass(frozen=True, slots=True)
class Form:
    """What is expected of a kind of text: its name in messages, its version, the most characters."""

    name: str
    version: int
    limit: int


class _Document(SpokenDocument):
    announced: list[_Announced] = []
    silent: list[_Silence] = []
    conflicts: Annotated[list[_Conflict], Field(max_length=MOST_TROUBLES)] = []
    findings: Annotated[list[_Finding], Field(max_length=MOST_TROUBLES)] = []
    left: Annotated[list[_Conflict], Field(max_length=MOST_TROUBLES)] = []
    omitted: Count = 0
    seen: Count | None = None
    unheard: _Deaf | None = None
    held: bool = False


def write(report: Report) -> str:
    """The text, as compact as JSON is."""
    most = MOST_ADDRESSES
    while len(text := _render(_within(report, most))) > LIMIT:
        most //= 2
    return text


def read(text: str, node: str) -> Report | Unusable:
    """The report in the object of that node, or what is wrong with it."""
    document = read_document(_Document, text, node, Form("report", VERSION, LIMIT))
    return document if isinstance(document, Unusable) else _report(document)


def read_document(of: type[Spoken], text: str, node: str, form: Form) -> Spoken | Unusable:
    """The document in the object of that node, or what is wrong with it: checks of all speakers' texts."""
    if len(text) > form.limit:
        return Unusable(Flaw.TOO_LONG, f"{len(text)} characters; expected at most {form.limit}")
    try:
        document = of.model_validate_json(text)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(map(str, first["loc"])) or form.name
        return Unusable(Flaw.MALFORMED, f"{where}: {first['msg']}")
    if document.version != form.version:
        return Unusable(Flaw.VERSION, f"version {document.version}; expected {form.version}")
    if document.node != node:
        return Unusable(Flaw.OTHER_NODE, f"speaks of node {document.node!r}; expected {node!r}")
    return document


def _within(report: Report, most: int) -> Report:
    """The report with so many addresses at most."""
    room, announced, silences = most, [], []
    for place in report.announced:
        announced.append(replace(place, addresses=place.addresses[:room]))
        room -= len(announced[-1].addresses)
    for silence in report.silences:
        silences.append(replace(silence, addresses=silence.addresses[:room]))
        room -= len(silences[-1].addresses)
    held = [each.addresses for each in report.announced] + [each.addresses for each in report.silences]
    return replace(
        report,
        announced=tuple(each for each in announced if each.addresses),
        silences=tuple(each for each in silences if each.addresses),
        conflicts=report.conflicts[:MOST_TROUBLES],
        findings=report.findings[:MOST_TROUBLES],
        left=report.left[:MOST_TROUBLES],
        omitted=report.omitted + sum(map(len, held)) - (most - room),
    )


def _render(report: Report) -> str:
    document: dict[str, object] = {
        "version": VERSION,
        "node": report.node,
        "announced": [
            {"on": [(plain(port.interface), port.mac) for port in place.ports], "addresses": _texts(place)}
            for place in report.announced
        ],
        "silent": [
            {
                "why": silence.why,
                "out": [{"why": each.why, "nodes": each.nodes, "more": each.more} for each in silence.out],
                "addresses": _texts(silence),
            }
            for silence in report.silences
        ],
        "conflicts": [_conflict_json(each) for each in report.conflicts],
        "findings": [
            {
                "address": str(each.address),
                "kind": each.kind,
                "owner": each.owner,
                "mac": each.mac.hex(":") or None,
                "interface": plain(each.interface) or None,
                "way_out": plain(each.way_out) or None,
            }
            for each in report.findings
        ],
        "left": [{**_conflict_json(each.conflict), "at": each.at} for each in report.left],
        "omitted": report.omitted,
        **({} if report.seen is None else {"seen": report.seen}),
    }
    if report.deaf.nodes:
        document["unheard"] = {"port": report.deaf.port, "nodes": report.deaf.nodes[:MOST_NAMES]}
    if report.held:
        document["held"] = True
    return orjson.dumps(document).decode()


def _conflict_json(conflict: Conflict) -> dict[str, str | None]:
    return {
        "address": str(conflict.address),
        "kind": conflict.kind,
        "mac": conflict.mac.hex(":"),
        "interface": plain(conflict.interface),
        "node": conflict.node,
    }


def _texts(holder: Place | Silence) -> list[str]:
    return [str(address) for address in holder.addresses]


def plain(interface: str) -> str:
    """An interface's name in printable ASCII; the kernel takes more."""
    return "".join(each if "!" <= each <= "~" else "?" for each in interface)


def _report(document: _Document) -> Report:
    conflicts = (_conflict(each) for each in document.conflicts)
    findings = (_finding(each) for each in document.findings)
    left = ((_conflict(each), each.at) for each in document.left)
    return Report(
        node=document.node,
        announced=tuple(
            Place(_addresses(each.addresses), document.node, tuple(Port(*port) for port in each.on))
            for each in document.announced
        ),
        silences=tuple(
            Silence(each.why, _addresses(each.addresses), tuple(map(_out, each.out)))
            for each in document.silent
        ),
        conflicts=tuple(each for each in conflicts if each),
        findings=tuple(each for each in findings if each),
        left=tuple(Left(each, at) for each, at in left if each),
        omitted=document.omitted,
        seen=document.seen,
        deaf=Deaf(unheard.port, tuple(unheard.nodes)) if (unheard := document.unheard) else HEARS_ALL,
        held=document.held,
    )


def _out(part: _Out) -> Out:
    return Out(part.why, tuple(part.nodes), part.more)


def _conflict(part: _Conflict) -> Conflict | None:
    address, kind = parse_address(part.address), _kind(ConflictKind, part.kind)
    if address is None or kind is None:
        return None
    return Conflict(address, kind, _mac(part.mac), part.interface, part.node)


def _finding(part: _Finding) -> Finding | None:
    address, kind = parse_address(part.address), _kind(FindingKind, part.kind)
    if address is None or kind is None:
        return None
    return Finding(address, kind, part.owner, _mac(part.mac or ""), part.interface or "", part.way_out or "")


def _kind(kinds: type[Kind], text: str) -> Kind | None:
    """None: only a newer speaker knows it."""
    return next((each for each in kinds if each == text), None)


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _addresses(texts: Sequence[str]) -> tuple[IPAddress, ...]:
    return tuple(address for text in texts if (address := parse_address(text)))
