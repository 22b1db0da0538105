"""What a request of the page asks to be broken: JSON to a fault, or why not; pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from mockcloud.faults.decide.plan import LEAST_PERCENT, Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_LATEST: Final = 60_000
_LEAST_LATE: Final = 0.001
_ALL: Final = 100
_LAST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Connection:
    """One to be followed: from where, and to what, as `mockcloud trace` has them."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Place:
    """An address and a port, to connect to."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class NotAsked(Exception):
    """What is wrong with the request, in words."""


def fault(body: object) -> Fault:
    """The fault that the body of a POST describes, without a number. NotAsked."""
    if not isinstance(body, dict):
        msg = f"{_short(body)}: expected an object with the kind of a fault"
        raise NotAsked(msg)
    match wanted := _kind(body):
        case Kind.LINK | Kind.POWER:
            return Fault(0, wanted, "", _hosts(body, "hosts"))
        case Kind.LOSS:
            return Fault(
                0, Kind.LOSS, "", _hosts(body, "hosts"), percent=_number(body, "percent", LEAST_PERCENT, _ALL)
            )
        case Kind.PARTITION:
            return Fault(0, Kind.PARTITION, "", _hosts(body, "hosts"), _hosts(body, "others"))
        case Kind.PAUSE:
            return Fault(0, Kind.PAUSE, "", daemon=daemon(body))
        case Kind.DELAY:
            return Fault(
                0,
                Kind.DELAY,
                "",
                _hosts(body, "hosts"),
                seconds=_number(body, "milliseconds", _LEAST_LATE, _LATEST) / 1000,
            )


def connection(body: object) -> Connection:
    """The connection that the body of a POST describes. NotAsked."""
    told = body if isinstance(body, dict) else {}
    return Connection(_text(told, "source", "a host or a pod"), _text(told, "target", "a URL or HOST:PORT"))


def place(body: object) -> Place:
    """The address and port that the body of a POST names. NotAsked."""
    told = body if isinstance(body, dict) else {}
    address, port = _text(told, "address", "an IP address"), told.get("port")
    try:
        ip_address(address)
    except ValueError as exc:
        msg = f"address {_short(address)}: expected an IP address"
        raise NotAsked(msg) from exc
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port <= _LAST_PORT:
        msg = f"port {_short(port)}: expected a number from 1 to {_LAST_PORT}"
        raise NotAsked(msg)
    return Place(address, port)


def daemon(body: object) -> str:
    """The daemon that the body names. NotAsked."""
    return _text(body if isinstance(body, dict) else {}, "daemon", "the name of one")


def _text(body: Mapping[str, Any], which: str, expected: str) -> str:
    text = body.get(which)
    if not isinstance(text, str) or not text.isprintable() or not text:
        msg = f"{which} {_short(text)}: expected {expected}"
        raise NotAsked(msg)
    return text


def _kind(body: Mapping[str, Any]) -> Kind:
    kind = body.get("kind")
    if kind not in tuple(Kind):
        msg = f"kind {_short(kind)}: expected one of {', '.join(Kind)}"
        raise NotAsked(msg)
    return Kind(kind)


def _hosts(body: Mapping[str, Any], which: str) -> tuple[str, ...]:
    names = body.get(which)
    if not isinstance(names, list) or not names or not all(isinstance(each, str) for each in names):
        msg = f"{which} {_short(names)}: expected a list of hosts"
        raise NotAsked(msg)
    return tuple(dict.fromkeys(names))


def _number(body: Mapping[str, Any], which: str, least: float, most: int) -> float:
    number = body.get(which)
    if isinstance(number, bool) or not isinstance(number, int | float) or not least <= number <= most:
        msg = f"{which} {_short(number)}: expected a number from {least:g} to {most}"
        raise NotAsked(msg)
    return float(number)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
