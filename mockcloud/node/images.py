"""Image names -> programs, by a catalogue. Pure; nothing is ever pulled."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Final

from mockcloud.node.pods.spec import ContainerSpec

DEFAULT_REGISTRIES: Final = ("docker.io/", "index.docker.io/")
KEYS: Final = frozenset({"match", "program", "ports", "command", "entrypoint"})


class CatalogueError(ValueError):
    """A catalogue that cannot be used: which file, where in it, and why."""


class Program(StrEnum):
    """What an image stands for."""

    HTTP = "http"  # our web server, on each containerPort
    REDIS = "redis"  # stand-ins for databases, which speak their protocols
    POSTGRES = "postgres"
    MYSQL = "mysql"
    LINES = "lines"  # says who answers, and echoes lines: for whatever else listens
    COMMAND = "command"  # what the container says, from the host's own binaries


ROOM: Final = "node.programs"  # where programs and tools are, for `start`
# Where the server of a program is in there.
MODULES: Final = {
    Program.HTTP: "http",
    Program.REDIS: "redis.server",
    Program.POSTGRES: "postgres.server",
    Program.MYSQL: "mysql.server",
    Program.LINES: "lines",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the catalogue."""

    patterns: tuple[str, ...]
    program: Program
    ports: tuple[int, ...] = ()  # servers: where one listens if the container names no port
    command: tuple[str, ...] = ()  # COMMAND: what it runs if the container says nothing
    entrypoint: tuple[str, ...] = ()  # servers: names that mean the server itself; other args are a command


@dataclass(frozen=True, slots=True)
class Run:
    """What to execute: one of our servers on ports, or an argv."""

    program: Program
    argv: tuple[str, ...] = ()
    tcp_ports: tuple[int, ...] = ()
    udp_ports: tuple[int, ...] = ()


def find(image: str, entries: Sequence[Entry]) -> Entry | None:
    """The first entry that knows the image, or None."""
    name = repository(image)
    last = name.rpartition("/")[2]
    for entry in entries:
        # A pattern without a slash means the image in whatever registry.
        if any(fnmatchcase(name if "/" in pattern else last, pattern) for pattern in entry.patterns):
            return entry
    return None


def repository(image: str) -> str:
    """The name without default registry, tag and digest: `docker.io/library/nginx:1.27` -> `nginx`."""
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = head + slash + last.partition(":")[0]
    for registry in DEFAULT_REGISTRIES:
        name = name.removeprefix(registry)
    return name.removeprefix("library/")


def run(container: ContainerSpec, entry: Entry) -> Run:
    """What the container executes."""
    own = _own_command(container, entry)
    if own or entry.program is Program.COMMAND:
        return Run(Program.COMMAND, own or entry.command)
    named = [port for port in container.ports if port.protocol in ("TCP", "UDP")]
    tcp = tuple(dict.fromkeys(port.port for port in named if port.protocol == "TCP"))
    udp = tuple(dict.fromkeys(port.port for port in named if port.protocol == "UDP"))
    if entry.program is not Program.HTTP:
        return Run(entry.program, (), tcp or entry.ports)
    return Run(Program.HTTP, (), tcp if named else entry.ports, udp)


def _own_command(container: ContainerSpec, entry: Entry) -> tuple[str, ...]:
    """What the container itself says to execute; () where that is the image's own program."""
    words = (*container.command, *container.args)
    if entry.program is Program.COMMAND:
        return words
    if container.command:
        return () if _name(words) in entry.entrypoint else words
    # As the entrypoints of such images have it: options are the server's, all else is another command.
    other = (
        entry.entrypoint and words and not words[0].startswith("-") and _name(words) not in entry.entrypoint
    )
    return words if other else ()


def _name(words: Sequence[str]) -> str:
    return words[0].rpartition("/")[2]


def unknown_image(image: str, where: str) -> str:
    """What to tell about an image that no entry knows."""
    return (
        f'no program is known for image "{image}" (nothing is pulled in a lab). '
        f"Add it to the image catalogue: {where}"
    )


def parse(document: object, source: str) -> tuple[Entry, ...]:
    """The entries of a catalogue file's content; CatalogueError with the path where it is wrong."""
    images = document.get("images") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(images, list):
        msg = f"{source}: expected a mapping with the one key `images`, a list"
        raise CatalogueError(msg)
    return tuple(_entry(found, f"{source}: images[{index}]") for index, found in enumerate(images))


def _entry(found: object, where: str) -> Entry:
    if not isinstance(found, dict) or not KEYS.issuperset(found):
        msg = f"{where}: expected a mapping with keys out of {', '.join(sorted(KEYS))}; got {found!r}"
        raise CatalogueError(msg)
    program = found.get("program")
    if program not in list(Program):
        msg = f"{where}.program: expected one of {', '.join(Program)}, got {program!r}"
        raise CatalogueError(msg)
    patterns = _list(found, "match", str, where)
    if not patterns:
        msg = f"{where}.match: expected at least one image name or pattern"
        raise CatalogueError(msg)
    return Entry(
        patterns,
        Program(program),
        _list(found, "ports", int, where),
        _list(found, "command", str, where),
        _list(found, "entrypoint", str, where),
    )


def _list(found: dict[str, Any], key: str, kind: type, where: str) -> tuple[Any, ...]:
    values = found.get(key, [])
    if not isinstance(values, list) or not all(type(value) is kind for value in values):
        msg = f"{where}.{key}: expected a list of {kind.__name__}, got {values!r}"
        raise CatalogueError(msg)
    return tuple(values)
