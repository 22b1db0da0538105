"""Starts a program inside a container: mounts, a terminal where it wants one, what it may, then exec(3)."""

import errno
import fcntl
import os
import signal
import termios
from typing import Any, Final, NamedTuple, NoReturn

from mockcloud.linux import CLONE_NEWNS, close_all_but, setns
from mockcloud.node.shim import inside
from mockcloud.node.shim.confining import Confinement, confine, hide_system
from mockcloud.node.shim.interpreters import lacking

FIRST_FREE: Final = 64  # descriptors are moved above those that a program will have: 0, 1, 2, 3
SIGNALS: Final = (
    signal.SIGPIPE,
    signal.SIGXFSZ,
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGCHLD,
)

Message = dict[str, Any]


class NotStarted(Exception):
    """The program could not be started; the message says why."""


class Walls(NamedTuple):
    """What is around a program, as descriptors: its container's mounts, and its pod's user namespace."""

    view: int | None
    user: int


def spawn(request: Message, walls: Walls, fds: dict[int, int]) -> tuple[int, int]:
    """Fork and exec: the pid here, and as /proc numbers it. NotStarted where that fails.

    `fds` are what the program's descriptors are to be, by number. They are left open here.
    """
    answer, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        become(request, walls, fds, told)
    os.close(told)
    said = b""
    while chunk := os.read(answer, 4096):
        said += chunk
    os.close(answer)
    outer, _, complaint = said.partition(b"\n")
    if complaint or not outer:
        os.waitpid(pid, 0)
        raise NotStarted(complaint.decode() or "it ended before it was started")
    return pid, int(outer)


def become(request: Message, walls: Walls, fds: dict[int, int], told: int) -> NoReturn:
    """In the child, for ever."""
    try:
        told = fcntl.fcntl(told, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE)
        os.write(told, f"{os.readlink('/proc/self')}\n".encode())
        for one in SIGNALS:
            signal.signal(one, signal.SIG_DFL)
        os.setsid()
        moved = {number: fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FREE) for number, fd in fds.items()}
        confinement = Confinement(**request["confinement"])
        if walls.view is not None:
            setns(walls.view, CLONE_NEWNS)
            if not request["within"]:
                hide_system(masked=confinement.masked)
        for number, fd in moved.items():
            os.dup2(fd, number)
            confinement.give(number)
        if request["tty"]:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        confine(confinement, walls.user)
        os.umask(0o022)
        os.chdir(request["cwd"])
        close_all_but({0, 1, 2, *fds, told})
        execute(request, max(fds))
    except OSError as error:
        os.write(told, why_not(error, request).encode(errors="replace"))
    except BaseException as error:  # noqa: BLE001  (a child that returned would be a second holder)
        os.write(told, (str(error) or repr(error)).encode(errors="replace"))
    finally:
        os._exit(127)


def execute(request: Message, highest_fd: int) -> NoReturn:
    """Be the program; OSError where there is none."""
    argv, env = request["argv"], request["env"]
    if (words := inside.ours(argv)) is not None:
        inside.run(words, argv, env, highest_fd)
    os.execve(find_program(argv[0], env.get("PATH", os.defpath)), argv, env)


def find_program(name: str, path: str) -> str:
    """The file that execvp(3) would run; OSError where there is none."""
    if "/" in name:
        return name
    for folder in path.split(":"):
        found = f"{folder}/{name}"
        if os.access(found, os.X_OK) and not os.path.isdir(found):
            return found
    raise OSError(errno.ENOENT, "executable file not found in $PATH", name)


def why_not(error: OSError, request: Message) -> str:
    """The message for a program that the kernel does not start."""
    thing = error.filename or request["argv"][0]
    more = lacking(thing) if error.errno == errno.ENOENT else ""
    return f"{thing}: {error.strerror}{more and f': {more}'}"
