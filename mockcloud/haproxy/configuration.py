"""What HAProxy serves, as values, and its configuration file. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

GRACE_SECONDS: Final = 600  # after a reload, for connections that the one before still has


@dataclass(frozen=True, slots=True)
class Server:
    """One target in a section. `words`: all that HAProxy is told of it beside its name."""

    name: str
    words: str
    takes: bool  # new connections


@dataclass(frozen=True, slots=True)
class Section:
    """One proxy: what can be changed only by a reload, and its servers by name."""

    name: str
    lines: tuple[str, ...]
    servers: Mapping[str, Server]


def text(sections: Iterable[Section], common: Iterable[str], control: int) -> str:
    """The file. `common`: what holds for all; `control`: the descriptor of the socket that it is told by."""
    lines = [
        "global",
        f"  stats socket fd@{control} level admin expose-fd listeners",
        f"  hard-stop-after {GRACE_SECONDS}s",
        "  tune.ssl.default-dh-param 2048",
        "defaults",
        *(f"  {each}" for each in common),
    ]
    for section in sections:
        lines += section.lines
        lines += (
            f"  server {server.name} {server.words}{'' if server.takes else ' disabled'}"
            for server in section.servers.values()
        )
    return "\n".join(lines) + "\n"
