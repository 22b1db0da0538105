"""Image names -> entries of a catalogue. Pure; nothing is ever pulled."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from signal import Signals
from typing import Any, Final

DEFAULT_REGISTRIES: Final = ("docker.io/", "index.docker.io/")
LISTS: Final = {
    "match": str,
    "ports": int,
    "command": str,
    "entrypoint": str,
    "binary": str,
    "arguments": str,
    "paths": str,
    "environment": str,
}
TEXTS: Final = ("files", "install", "shell", "stand_in", "root", "working_dir", "user", "stop_signal")
PATH: Final = (re.compile(r"(/.*)?", re.DOTALL), "an absolute path")
FORMS: Final = {
    "files": PATH,
    "root": PATH,
    "working_dir": PATH,
    "user": (re.compile(r"([0-9]{1,9}(:[0-9]{1,9})?)?"), "UID or UID:GID"),
    "stop_signal": (
        re.compile("|".join(("", *Signals.__members__))),
        "the name of a signal, such as SIGQUIT",
    ),
}
KEYS: Final = frozenset({*LISTS, *TEXTS, "program"})
CHOICES: Final = {"shell": ("", "busybox"), "stand_in": ("", "http", "lines")}


class CatalogueError(ValueError):
    """A catalogue that cannot be used: which file, where in it, and why."""


class Program(StrEnum):
    """What an image stands for."""

    HTTP = "http"  # our web server, on each containerPort
    LINES = "lines"  # says who answers, and echoes lines: for whatever else listens
    COMMAND = "command"  # what the container says, from the machine's own binaries
    NONE = "none"  # there is no such image, whatever later entries say
    LOCAL = "local"  # a binary of the machine, which the entry names
    ROOTFS = (
        "rootfs"  # files of the image's own, from a folder that the entry names, and nothing of the machine's
    )
    HTTPD = "httpd"  # busybox' web server, on the files of Apache's image
    NGINX = "nginx"  # real servers (`servers`)
    REDIS = "redis"
    POSTGRES = "postgres"
    MYSQL = "mysql"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the catalogue."""

    patterns: tuple[str, ...]
    program: Program
    ports: tuple[int, ...] = ()  # servers of ours: where one listens if the container names no port
    command: tuple[str, ...] = ()  # COMMAND: what it runs if the container says nothing; ROOTFS: CMD
    entrypoint: tuple[str, ...] = ()  # servers: names that mean the server itself; other args are a command
    binary: tuple[str, ...] = ()  # LOCAL: names on PATH, or paths; the first that is there
    arguments: tuple[str, ...] = ()  # LOCAL: the binary's, if the container gives none
    install: str = ""  # LOCAL: what to tell where the binary is not there ...
    stand_in: str = ""  # ... and which server of ours answers: HTTP or, by default, LINES
    files: str = ""  # LOCAL: a folder of the machine, whose files the image has in its root
    shell: str = ""  # "busybox": its sh and applets come before the machine's programs
    paths: tuple[str, ...] = ()  # LOCAL: where the image has the binary, if not where the machine has it
    root: str = ""  # ROOTFS: the folder; `entrypoint` and `command` are then ENTRYPOINT and CMD ...
    environment: tuple[str, ...] = ()  # ... and these ENV (NAME=VALUE each), WORKDIR, USER and STOPSIGNAL
    working_dir: str = ""
    user: str = ""  # UID or UID:GID
    stop_signal: str = ""  # its name, such as SIGQUIT

    @property
    def ids(self) -> tuple[int, int]:
        """Whom the image runs as: user and group."""
        uid, _, gid = self.user.partition(":")
        return int(uid or 0), int(gid or 0)


def find(image: str, entries: Sequence[Entry]) -> Entry | None:
    """The first entry that knows the image, or None."""
    name, tagged = repository(image), f"{repository(image).rpartition('/')[2]}:{tag(image)}"
    for entry in entries:
        if any(_matches(pattern, name, tagged) for pattern in entry.patterns):
            return None if entry.program is Program.NONE else entry
    return None


def _matches(pattern: str, name: str, tagged: str) -> bool:
    """A pattern without a slash means the image in whatever registry; one with a tag, that alone."""
    place, _, last = name.rpartition("/")
    known = tagged if ":" in pattern.rpartition("/")[2] else last
    return fnmatchcase(f"{place}/{known}" if place and "/" in pattern else known, pattern)


def repository(image: str) -> str:
    """The name without default registry, tag and digest: `docker.io/library/nginx:1.27` -> `nginx`."""
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = head + slash + last.partition(":")[0]
    for registry in DEFAULT_REGISTRIES:
        name = name.removeprefix(registry)
    return name.removeprefix("library/")


def tag(image: str) -> str:
    """What follows the name: `nginx:1.27` -> `1.27`; by default `latest`, nothing before a digest."""
    name, _, digest = image.partition("@")
    return name.rpartition("/")[2].partition(":")[2] or ("" if digest else "latest")


def unknown_image(image: str, where: str) -> str:
    """What to tell about an image that no entry knows."""
    return (
        f'no program is known for image "{image}" (nothing is pulled in a lab). '
        f"Add it by `mockcloud image add {image}=PROGRAM`, or to the image catalogue: {where}"
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
    lists: dict[str, Any] = {key: _list(found, key, kind, where) for key, kind in LISTS.items()}
    patterns = lists.pop("match")
    if not patterns:
        msg = f"{where}.match: expected at least one image name or pattern"
        raise CatalogueError(msg)
    for key, only in (("binary", Program.LOCAL), ("root", Program.ROOTFS)):
        if bool(found.get(key)) != (program == only):
            msg = f"{where}.{key}: expected with `program: {only}`, and only there, got {found.get(key)!r}"
            raise CatalogueError(msg)
    if strange := [each for each in lists["paths"] if not each.startswith("/")]:
        msg = f"{where}.paths: expected absolute paths, got {strange[0]!r}"
        raise CatalogueError(msg)
    return Entry(patterns, Program(program), **lists, **_texts(found, where))


def _texts(found: dict[str, Any], where: str) -> dict[str, Any]:
    texts = {key: found.get(key, "") for key in TEXTS}
    for key, text in texts.items():
        if not isinstance(text, str):
            msg = f"{where}.{key}: expected a text, got {text!r}"
            raise CatalogueError(msg)
    for key, choices in CHOICES.items():
        if texts[key] not in choices:
            msg = f"{where}.{key}: expected {' or '.join(choices[1:])}, got {texts[key]!r}"
            raise CatalogueError(msg)
    for key, (form, expected) in FORMS.items():
        if not form.fullmatch(texts[key]):
            msg = f"{where}.{key}: expected {expected}, got {texts[key]!r}"
            raise CatalogueError(msg)
    return texts


def _list(found: dict[str, Any], key: str, kind: type, where: str) -> tuple[Any, ...]:
    values = found.get(key, [])
    if not isinstance(values, list) or not all(type(value) is kind for value in values):
        msg = f"{where}.{key}: expected a list of {kind.__name__}, got {values!r}"
        raise CatalogueError(msg)
    return tuple(values)
