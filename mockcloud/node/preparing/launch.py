"""A container's spec -> the program that its pod's holder is to start: argv, environment, descriptors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

import mockcloud.node
from mockcloud import readiness
from mockcloud.node.images import (
    MODULES,
    ROOM,
    CatalogueError,
    Entry,
    Program,
    find,
    parse,
    run,
    unknown_image,
)
from mockcloud.node.pods.environment.expansion import TooLong
from mockcloud.node.pods.environment.variables import expanded
from mockcloud.node.pods.spec import ContainerSpec, PodSpec
from mockcloud.node.sandbox.holder import Start
from mockcloud.node.sandbox.maker import PYTHON, START

BUILT_IN: Final = Path(mockcloud.node.__path__[0], "catalogue.yaml")
# Pods see the host's own programs; an ordinary user's PATH often lacks the system folders.
# Last come small tools that guides expect and the host may lack.
TOOLS_FOLDER: Final = "/usr/local/lib/mockcloud/bin"
PATH: Final = f"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{TOOLS_FOLDER}"
HOME: Final = "/root"
READY_FD: Final = 3  # after standard input, output and error


class UnknownImage(Exception):
    """No catalogue entry knows the image."""


class BadContainer(Exception):
    """The container's own spec cannot be carried out (kubelet's CreateContainerConfigError)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A program to start; `says_ready` where it tells on READY_FD when it serves."""

    start: Start
    says_ready: bool

    def confined(self, confinement: Mapping[str, Any]) -> "Prepared":
        """The same, as what it may."""
        return replace(self, start=replace(self.start, confinement=confinement))


class Catalogue:
    """The user's entries, then the built-in ones; read anew for an unknown image, it may be new."""

    def __init__(self, extra: Path | None) -> None:
        """CatalogueError where a file cannot be used."""
        self._extra = extra
        self._entries = self._read()

    def find(self, image: str) -> Entry:
        """The image's entry; UnknownImage, with advice, where there is none."""
        entry = find(image, self._entries)
        if entry is None:
            try:
                self._entries = self._read()
            except CatalogueError as error:
                raise UnknownImage(str(error)) from error
            entry = find(image, self._entries)
        if entry is None:
            where = (
                f"{self._extra} or {BUILT_IN}"
                if self._extra
                else f"{BUILT_IN}, or a file given by --catalogue"
            )
            raise UnknownImage(unknown_image(image, where))
        return entry

    def _read(self) -> tuple[Entry, ...]:
        return tuple(entry for path in (self._extra, BUILT_IN) if path for entry in _read(path))


def base_variables(hostname: str) -> dict[str, str]:
    """What a container runtime itself puts into an environment."""
    return {"PATH": PATH, "HOME": HOME, "HOSTNAME": hostname}


def prepare(
    pod: PodSpec, container: ContainerSpec, entry: Entry, node: str, env: Mapping[str, str]
) -> Prepared:
    """What to start for the container with these variables; BadContainer where it cannot be."""
    try:
        command, args = expanded(container.command, env), expanded(container.args, env)
    except TooLong as error:
        raise BadContainer(str(error)) from error
    program = run(replace(container, command=command, args=args), entry)
    if program.program is Program.COMMAND:
        if not program.argv:
            msg = f'container {container.name}: image "{container.image}" needs a command, and has none'
            raise BadContainer(msg)
        return Prepared(_start(container, program.argv, env), says_ready=False)
    identity = {
        "POD_NAME": pod.name,
        "POD_NAMESPACE": pod.namespace,
        "NODE_NAME": node,
        readiness.VARIABLE: str(READY_FD),
    }
    ports = [
        *(word for port in program.tcp_ports for word in ("--port", str(port))),
        *(word for port in program.udp_ports for word in ("--udp-port", str(port))),
    ]
    argv = (*PYTHON, str(START), f"{ROOM}:{MODULES[program.program]}", *ports)
    return Prepared(_start(container, argv, {**env, **identity}), says_ready=True)


def _start(container: ContainerSpec, argv: tuple[str, ...], env: Mapping[str, str]) -> Start:
    cwd = container.working_dir or "/"
    terminal = {"TERM": "xterm"} if container.tty else {}  # as a container runtime has it
    return Start("", argv, {**terminal, **env}, cwd, stdin=container.stdin, tty=container.tty)


def _read(path: Path) -> tuple[Entry, ...]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        msg = f"{path}: {error}"
        raise CatalogueError(msg) from error
    return parse(document, str(path))
