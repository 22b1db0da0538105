"""The rows of a cloud's part of the page, made of what its own API of the lab (/_mock) tells; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """Where one port of a balancer sends; one without ports, and a port without targets, has one row."""

    key: str
    balancer: str
    kind: str
    state: str
    addresses: tuple[str, ...]
    port: str
    target: str
    health: str  # "" where there is no target
    why: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of a client, and how it was answered."""

    key: str
    time: str
    dialect: str
    asked: str
    status: int
    code: str
    fault: str


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one thing costs, in the bill's currency."""

    key: str
    what: str
    name: str
    hourly: str
    so_far: str


@dataclass(frozen=True, slots=True)
class CloudShown:
    """All of it; `said` is why there is nothing newer, "" where it is new."""

    said: str = ""
    targets: tuple[TargetRow, ...] = ()
    calls: tuple[CallRow, ...] = ()
    costs: tuple[CostRow, ...] = ()
    total: str = ""


def shown(balancers: Sequence[Json], calls: Sequence[Json], invoice: Json) -> CloudShown:
    """`calls` newest first."""
    money = invoice["currency"]
    return CloudShown(
        "",
        tuple(row for each in balancers for row in _targets(each)),
        tuple(map(_call, calls)),
        tuple(_cost(number, each) for number, each in enumerate(invoice["rows"])),
        f"{invoice['hourly']} {money} an hour, {invoice['so_far']} {money} so far",
    )


def _targets(balancer: Json) -> Iterator[TargetRow]:
    name = balancer["name"]
    front = (name, balancer["kind"], balancer["state"])
    if not balancer["ports"]:
        yield TargetRow(name, *front, tuple(balancer["addresses"]), "", "", "", "")
    for port in balancer["ports"]:
        where = f"{port['port']}/{port['protocol']}"
        ways = tuple(port["addresses"])
        key = f"{name} {where} {' '.join(ways)}"
        if not port["targets"]:
            yield TargetRow(key, *front, ways, where, "", "", "")
        for each in port["targets"]:
            health = "draining" if each["draining"] else each["health"]
            target = _target(each)
            yield TargetRow(f"{key} {target}", *front, ways, where, target, health, each["why"])


def _target(target: Json) -> str:
    address = f"[{target['address']}]" if ":" in target["address"] else target["address"]
    return f"{target['instance']} {address}:{target['port']}".lstrip()


def _call(call: Json) -> CallRow:
    time = datetime.fromtimestamp(call["at"], tz=UTC).isoformat()
    asked = f"{call['method']} {call['path']}"
    fault = str(call["fault"] or "")
    return CallRow(
        str(call["number"]), time, call["dialect"], asked, call["status"], call["code"] or "", fault
    )


def _cost(number: int, row: Json) -> CostRow:
    return CostRow(f"{number}", row["what"], row["name"], row["hourly"], row["so_far"])
