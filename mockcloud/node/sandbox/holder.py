"""The agent's end of a pod's holder (`shim/holder.py`): start programs, signal them, hear of them."""

import asyncio
import json
import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from mockcloud.linux import receive_fds

LOG: Final = logging.getLogger(__name__)
CONTROL: Final = "control"
PACKET: Final = 131072


class HolderGone(Exception):
    """The holder does not answer."""


@dataclass(frozen=True, slots=True)
class Start:
    """A program to start; `name` identifies it to the holder from now on.

    With `within`, the name of a program that runs, it is started in that one's mount view and working
    directory, confined as that one is, `env` laid over its environment. With `log`, the holder reads what it
    writes.
    """

    name: str
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str = "/"
    within: str = ""
    log: str = ""  # the log's path in the pod's folder
    stdin: bool = False  # with `log`: it has a standard input that one can attach to
    tty: bool = False  # with `log`, it gets a terminal; without, descriptor 0 is one, and is to control it
    confinement: Mapping[str, Any] = field(default_factory=dict)  # what it may: shim/confining.Confinement


@dataclass(frozen=True, slots=True)
class Process:
    """One program of a pod; times are seconds since the epoch, `code` is negative for a signal."""

    name: str
    started: float
    exited: float | None = None
    code: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    process: Process


@dataclass(frozen=True, slots=True)
class StartFailed:
    name: str
    error: str


@dataclass(frozen=True, slots=True)
class Exited:
    process: Process


@dataclass(frozen=True, slots=True)
class Lost:
    """The holder has ended, and with it all of the pod's programs."""


@dataclass(frozen=True, slots=True)
class Attached:
    """The program's output is copied from now on; `stdin` is to be closed by whoever hears this."""

    name: str
    stdin: int | None


@dataclass(frozen=True, slots=True)
class NotAttached:
    name: str


Report = Started | StartFailed | Exited | Attached | NotAttached | Lost


class HolderClient:
    """A connection to one holder. Reports come to `on_report`, in order."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._on_report: Callable[[Report], None] | None = None

    @classmethod
    def connect(cls, folder: Path) -> tuple["HolderClient", tuple[Process, ...]]:
        """Connect, and hear which programs there are; HolderGone where none answers. It blocks."""
        # By descriptor, since a socket's address has room for 107 characters only.
        directory = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(2.0)
        try:
            connection.connect(f"/proc/self/fd/{directory}/{CONTROL}")
            found = json.loads(connection.recv(PACKET))
        except (OSError, ValueError) as error:
            connection.close()
            msg = f"the holder of {folder.name} does not answer: {error}"
            raise HolderGone(msg) from error
        finally:
            os.close(directory)
        connection.setblocking(False)
        return cls(connection), tuple(_process(one) for one in found["processes"])

    def listen(self, on_report: Callable[[Report], None]) -> None:
        """From now on, call this with each report."""
        self._on_report = on_report
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    def start(self, start: Start, fds: Mapping[int | Literal["view"], int]) -> None:
        """Start a program with these descriptors, by number, and `view` as its mounts; a report follows."""
        request: dict[str, Any] = {**asdict(start), "id": start.name, "fds": [str(key) for key in fds]}
        with _body(request) as body:
            self._send({"op": "start"}, [body.fileno(), *fds.values()])

    def attach(self, name: str, fds: Mapping[str, int], known: int = 0) -> None:
        """Copy what the program writes as stdout and stderr to these too; a report follows.

        So many bytes of its log are known already to whoever attaches.
        """
        self._send({"op": "attach", "id": name, "fds": list(fds), "known": known}, list(fds.values()))

    def close_stdin(self, name: str) -> None:
        """The program's standard input ends, unless that is a terminal."""
        self._send({"op": "close-stdin", "id": name})

    def signal(self, name: str, number: int) -> None:
        """Signal a program and its children; nothing where it has ended."""
        self._send({"op": "signal", "id": name, "signal": number})

    def forget(self, name: str) -> None:
        """Its end is known: the holder need not keep it."""
        self._send({"op": "forget", "id": name})

    def quit(self) -> None:
        """End the holder and, by the kernel, whatever still runs in the pod."""
        self._send({"op": "quit"})

    def close(self) -> None:
        """Leave; the holder goes on."""
        if self._socket.fileno() >= 0:
            if self._on_report is not None:
                asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    def _send(self, request: dict[str, Any], fds: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._socket, [json.dumps(request).encode()], list(fds))
        except OSError as error:
            # If it has ended, `Lost` is on its way.
            LOG.debug("a holder does not take %s: %s", request["op"], error)

    def _receive(self) -> None:
        fds: list[int] = []
        try:
            packet, fds = receive_fds(self._socket, PACKET, 1)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self.close()
            report: Report = Lost()
        else:
            report = _report(json.loads(packet), fds)
        if self._on_report is not None:
            self._on_report(report)


def _body(request: dict[str, Any]) -> BinaryIO:
    """The request as a file in memory: with an environment of thousands of Services it fits in no packet."""
    body = open(os.memfd_create("request"), "w+b")  # noqa: SIM115  (the caller closes it)
    body.write(json.dumps(request).encode())
    body.seek(0)
    return body


def _report(message: dict[str, Any], fds: Sequence[int]) -> Report:
    match message["event"]:
        case "started":
            return Started(_process(message))
        case "exited":
            return Exited(_process(message))
        case "attached":
            return Attached(message["id"], fds[0] if fds else None)
        case "not attached":
            return NotAttached(message["id"])
    return StartFailed(message["id"], message["error"])


def _process(message: dict[str, Any]) -> Process:
    return Process(message["id"], message["started"], message["exited"], message.get("code", 0))
