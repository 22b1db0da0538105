"""A container's spec -> the program that its pod's holder is to start: argv, environment, descriptors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mockcloud import readiness
from mockcloud.images.catalogue import Entry
from mockcloud.images.command import Asked, Find, Run, what_runs
from mockcloud.images.programs.http import LACKING
from mockcloud.images.servers import ASH, BUSYBOX, Server
from mockcloud.images.servers import server as server_of
from mockcloud.node.pods.environment.expansion import TooLong
from mockcloud.node.pods.environment.variables import expanded
from mockcloud.node.pods.spec import ContainerSpec, PodSpec
from mockcloud.node.sandbox.holder import Start
from mockcloud.node.sandbox.maker import PYTHON, START

ROOM: Final = "images.programs"  # where programs and tools of ours are, for `start`
# Pods see the host's own programs; an ordinary user's PATH often lacks the system folders.
# Last come small tools that guides expect and the host may lack.
TOOLS_FOLDER: Final = "/usr/local/lib/mockcloud/bin"
MACHINE_PATH: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
PATH: Final = ":".join((*MACHINE_PATH, TOOLS_FOLDER))
APPLETS: Final = "applets"  # below the tools: links to busybox, each by the name of an applet
HOME: Final = "/root"
READY_FD: Final = 3  # after standard input, output and error


@dataclass(frozen=True, slots=True)
class Image:
    """What a node, of that name, knows of a container's image: its entry, and where real servers are."""

    node: str
    entry: Entry
    find: Find

    @property
    def server(self) -> Server | None:
        """The real server behind the image."""
        return server_of(self.entry)

    @property
    def root(self) -> str:
        """The folder of the image's own files; empty where it has the machine's."""
        return self.entry.root

    @property
    def working_dir(self) -> str:
        """Where its program starts."""
        return self.entry.working_dir or (self.server.working_dir if self.server else "/")

    @property
    def busybox(self) -> str | None:
        """Where the busybox is whose applets the image has; None where it is not to have them."""
        return self.find(BUSYBOX) if self.entry.shell else None

    def shell(self, variables: Iterable[str]) -> str | None:
        """What the image's sh is for a program with these variables; None where it is the machine's.

        Debian's busybox drops those whose names have a dot or a dash, which the image's keeps.
        """
        if not self.busybox:
            return None
        return self.busybox if all(map(str.isidentifier, variables)) else self.find(ASH)


class BadContainer(Exception):
    """The container's own spec cannot be carried out (kubelet's CreateContainerConfigError)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A program to start; `says_ready` where it tells on READY_FD when it serves."""

    start: Start
    says_ready: bool
    lacking: str = ""  # why the image's own server does not run, and what helps

    def confined(self, confinement: Mapping[str, Any]) -> "Prepared":
        """The same, as what it may."""
        return replace(self, start=replace(self.start, confinement=confinement))


def base_variables(hostname: str, image: Image) -> dict[str, str]:
    """What a container runtime itself puts into an environment."""
    if image.root:
        own = dict(one.partition("=")[::2] for one in image.entry.environment)
        return {"PATH": ":".join(MACHINE_PATH), **own, "HOSTNAME": hostname}
    path = f"{TOOLS_FOLDER}/{APPLETS}:{PATH}" if image.busybox else PATH
    return {"PATH": path, "HOME": HOME, "HOSTNAME": hostname}


def prepare(pod: PodSpec, container: ContainerSpec, image: Image, env: Mapping[str, str]) -> Prepared:
    """What to start for the container with these variables; BadContainer where it cannot be."""
    try:
        command, args = expanded(container.command, env), expanded(container.args, env)
    except TooLong as error:
        raise BadContainer(str(error)) from error
    program = what_runs(_asked(replace(container, command=command, args=args)), image.entry, image.find)
    if not program.words:
        msg = f'container {container.name}: image "{container.image}" needs a command, and has none'
        raise BadContainer(msg)
    if not program.ours:
        return Prepared(_start(container, program.words, env, image), says_ready=False)
    own = _told(pod, image.node, program)
    argv = (*PYTHON, str(START), f"{ROOM}:{program.words[0]}", *program.words[1:])
    start = _start(container, argv, {**env, **own}, image)
    return Prepared(start, says_ready=program.serves, lacking=program.lacking)


def _asked(container: ContainerSpec) -> Asked:
    ports = [(one.protocol, one.port) for one in container.ports]
    tcp, udp = (tuple(dict.fromkeys(port for kind, port in ports if kind == each)) for each in ("TCP", "UDP"))
    return Asked(container.image, container.command, container.args, tcp, udp)


def _told(pod: PodSpec, node: str, program: Run) -> dict[str, str]:
    """The variables that servers of ours find, beside the container's own."""
    if not program.serves:
        return {}
    identity = {"POD_NAME": pod.name, "POD_NAMESPACE": pod.namespace, "NODE_NAME": node}
    lacking = {LACKING: program.lacking} if program.lacking else {}
    return {**identity, **lacking, readiness.VARIABLE: str(READY_FD)}


def _start(container: ContainerSpec, argv: tuple[str, ...], env: Mapping[str, str], image: Image) -> Start:
    cwd = container.working_dir or image.working_dir
    terminal = {"TERM": "xterm"} if container.tty else {}  # as a container runtime has it
    return Start("", argv, {**terminal, **env}, cwd, stdin=container.stdin, tty=container.tty)
