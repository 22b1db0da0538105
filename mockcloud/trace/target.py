"""What a person types as the target -> a value."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

from mockcloud.lab.errors import UsageError
from mockcloud.trace.model import Protocol, Target

FORMS: Final = "http://HOST[:PORT][/PATH], HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT"


def parse_target(text: str) -> Target:
    """The target; UsageError says what was expected."""
    try:
        parts = urlsplit(text if "://" in text else f"tcp://{text}")
        port = parts.port
    except ValueError as exc:
        msg = f"target {text!r}: {exc}; expected {FORMS}"
        raise UsageError(msg) from exc
    if parts.scheme == "http" and parts.hostname:
        return Target(parts.hostname, port or 80, path=_path(parts))
    if parts.scheme in tuple(Protocol) and parts.hostname and port and not parts.path:
        return Target(parts.hostname, port, Protocol(parts.scheme))
    plain = f"{parts.netloc.rpartition('@')[2]}{'' if port else ':443'}"
    hint = f"; https is not spoken here: trace {plain}" if parts.scheme == "https" else ""
    msg = f"target {text!r}: expected {FORMS}{hint}"
    raise UsageError(msg)


def _path(parts: SplitResult) -> str:
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path
