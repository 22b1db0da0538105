"""A warm interpreter that forks daemons: modules are imported once, a daemon starts in milliseconds.

It is one process with one thread, so forking is safe; it is asked over a SOCK_SEQPACKET pair, with the
daemon's descriptors (log, namespace, and any others) attached to the request.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from mockcloud.lab.forking import fork
from mockcloud.linux import CLONE_NEWNET, PR_SET_NAME, prctl, setns

if TYPE_CHECKING:
    from collections.abc import Sequence

_MESSAGE: Final = 65536
_MOST_FDS: Final = 128  # the network's builder takes a namespace for each host
_GO: Final = b"go"


@dataclass(frozen=True, slots=True)
class Launch:
    """One daemon to start. In `argv` and `environment`, `{fd:NAME}` becomes the number of that descriptor."""

    name: str
    entry: str  # "package.module:function", called with argv
    argv: tuple[str, ...]
    environment: dict[str, str]
    fds: tuple[str, ...]  # names, in the order attached; "log" and "netns" are taken by the launcher


@dataclass(frozen=True, slots=True)
class Started:
    name: str
    pid: int  # as the lab's pid namespace numbers it
    host_pid: int  # as the host does


@dataclass(frozen=True, slots=True)
class Exited:
    name: str
    pid: int
    status: int  # exit code, or minus the signal


class Launcher:
    """The supervisor's end of one warm interpreter."""

    def __init__(self, preload: Sequence[str]) -> None:
        """Fork it; it waits for `warm` before it imports `preload`."""
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

        def live() -> int:
            self.socket.close()
            return _serve(theirs, preload)

        self.pid = fork(live)
        theirs.close()
        self.socket.setblocking(False)

    def warm(self) -> None:
        """Let it import its modules now, while this process goes on."""
        self.socket.send(_GO)

    def start(self, launch: Launch, fds: Sequence[int]) -> None:
        """Ask for a daemon; Started and later Exited come back from `reports`."""
        socket.send_fds(self.socket, [json.dumps(asdict(launch)).encode()], list(fds))

    def reports(self) -> list[Started | Exited] | None:
        """All reports that have arrived; None when the interpreter is gone."""
        found: list[Started | Exited] = []
        while True:
            try:
                message = self.socket.recv(_MESSAGE)
            except BlockingIOError:
                return found
            except ConnectionResetError:  # it ended with requests unread
                return found or None
            if not message:
                return found or None
            fields = json.loads(message)
            found.append(Exited(**fields) if "status" in fields else Started(**fields))


def _serve(requests: socket.socket, preload: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if requests.recv(len(_GO)) != _GO:
        return 0
    _import_all(preload)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, str] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _report_exits(requests, children)
        if requests.fileno() in ready and not _take_request(requests, children):
            return 0


def _import_all(modules: Sequence[str]) -> None:
    gc.disable()  # it would look through all that is loaded again and again: a sixth of the time
    for module in modules:
        importlib.import_module(module)
    # What is loaded so far is shared with all children: keep the collector from touching (and so copying) it.
    gc.freeze()
    gc.enable()


def _take_request(requests: socket.socket, children: dict[int, str]) -> bool:
    message, fds, _, _ = socket.recv_fds(requests, _MESSAGE, _MOST_FDS)
    if not message:
        return False  # the supervisor is gone
    fields = json.loads(message)
    launch = Launch(**{**fields, "argv": tuple(fields["argv"]), "fds": tuple(fields["fds"])})
    if (module := launch.entry.split(":")[0]) not in sys.modules:
        # The first of its kind: here, and not in each child. Where it fails, the child says so in its log.
        with contextlib.suppress(ImportError):
            _import_all([module])
    answer, told = os.pipe()

    def live() -> int:
        os.close(answer)
        requests.close()
        return _become(launch, dict(zip(launch.fds, fds, strict=True)), told)

    pid = fork(live)
    os.close(told)
    for fd in fds:
        os.close(fd)
    children[pid] = launch.name
    # /proc is the host's, so only the child itself can read its number there.
    host_pid = int(os.read(answer, 32) or b"0")
    os.close(answer)
    requests.send(json.dumps(asdict(Started(launch.name, pid, host_pid))).encode())
    return True


def _become(launch: Launch, fds: dict[str, int], told: int) -> int:
    """In the child: take the descriptors, the namespace and the environment, then be the daemon."""
    os.write(told, os.readlink("/proc/self").encode())
    os.close(told)
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    log = fds.pop("log")
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    if (netns := fds.pop("netns", None)) is not None:
        setns(netns, CLONE_NEWNET)
        os.close(netns)
    prctl(PR_SET_NAME, launch.name.encode()[:15] + b"\0")
    os.environ.update({key: _fill(value, fds) for key, value in launch.environment.items()})
    argv = [_fill(word, fds) for word in launch.argv]
    sys.argv = [launch.name, *argv]
    module, function = launch.entry.split(":")
    result = getattr(importlib.import_module(module), function)(argv)
    return int(result or 0)


def _fill(text: str, fds: dict[str, int]) -> str:
    for name, fd in fds.items():
        text = text.replace(f"{{fd:{name}}}", str(fd))
    return text


def _report_exits(requests: socket.socket, children: dict[int, str]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        name = children.pop(pid)
        requests.send(json.dumps(asdict(Exited(name, pid, os.waitstatus_to_exitcode(status)))).encode())
