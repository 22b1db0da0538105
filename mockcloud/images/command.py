"""What a container runs: by its image's entry, by what it says itself, and by what the machine has. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.images.catalogue import Entry, Program
from mockcloud.images.servers import Server, server

Find = Callable[[Server], str | None]
"""Where the server's binary is, as a container sees it; None where the machine has none."""
OURS: Final = {Program.HTTP: "http", Program.LINES: "lines"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a container says of itself."""

    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    tcp_ports: tuple[int, ...] = ()
    udp_ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """What to execute: words, of which the first names a program of ours or is a binary's."""

    words: tuple[str, ...]
    ours: bool = False
    serves: bool = False  # it tells when it does
    lacking: str = ""  # why it is not what the image is said to be, and what helps


def what_runs(asked: Asked, entry: Entry, find: Find) -> Run:
    """What the container executes; no words where the image has no command and the container names none."""
    if entry.program is Program.ROOTFS:
        return Run((*(asked.command or entry.entrypoint), *(asked.args or _default_args(asked, entry))))
    own = _own_command(asked, entry)
    if own is not None:
        return Run(own)
    wanted = server(entry)
    if wanted is None:
        return _server_of_ours(asked, entry, OURS[entry.program])
    binary = find(wanted)
    if binary is None:
        answering = _server_of_ours(asked, entry, wanted.stand_in)
        return Run(answering.words, ours=True, serves=True, lacking=_lacking(asked.image, wanted))
    words = ((*wanted.paths, binary)[0], *(_arguments(asked, entry) or wanted.arguments), *wanted.always)
    return Run((wanted.prepared_by, *words), ours=True) if wanted.prepared_by else Run(words)


def _default_args(asked: Asked, entry: Entry) -> tuple[str, ...]:
    """CMD, which a container's own command takes the place of, too."""
    return () if asked.command else entry.command


def _own_command(asked: Asked, entry: Entry) -> tuple[str, ...] | None:
    """What the container itself says to execute; None where that is the image's own server."""
    words = (*asked.command, *asked.args)
    if entry.program is Program.COMMAND:
        return words or entry.command
    if asked.command:
        return None if _is_itself(words, entry) else words
    # As the entrypoints of such images have it: options are the server's, all else is another command.
    if entry.entrypoint and words and not words[0].startswith("-") and not _is_itself(words, entry):
        return words
    return None


def _arguments(asked: Asked, entry: Entry) -> tuple[str, ...]:
    """What of the container's words are the server's arguments."""
    words = (*asked.command, *asked.args)
    return words[1:] if words and _is_itself(words, entry) else words


def _is_itself(words: Sequence[str], entry: Entry) -> bool:
    wanted = server(entry)
    names = (*entry.entrypoint, *(_name(one) for one in (wanted.binaries if wanted else ())))
    return _name(words[0]) in names


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _server_of_ours(asked: Asked, entry: Entry, program: str) -> Run:
    named = asked.tcp_ports or asked.udp_ports
    if program == "http" and named:
        options = [*_options("--port", asked.tcp_ports), *_options("--udp-port", asked.udp_ports)]
    else:
        options = _options("--port", asked.tcp_ports or entry.ports)
    return Run((program, *options), ours=True, serves=True)


def _options(name: str, ports: Iterable[int]) -> list[str]:
    return [word for port in ports for word in (name, str(port))]


def _lacking(image: str, wanted: Server) -> str:
    said = "a web server" if wanted.stand_in == "http" else "a server that echoes lines"
    return (
        f'image "{image}": this machine has no {" or ".join(wanted.binaries)}, so {said} of the lab\'s own '
        f"answers in its place, and says so. To have the real one: {wanted.install}"
    )
