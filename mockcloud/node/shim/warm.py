"""Holders of pods, forked from an interpreter that has a program imported already, so that it starts at once.

The program is another package's, told by name (a module with `main(arguments)`). An agent asks over a socket,
one packet a holder: the last words of `holder.main`; and, as descriptors, its lock, folder and answer, its
log, and the network that it begins in. The process has one thread, and keeps nothing of what it forks.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Final, NoReturn

from mockcloud.linux import CLONE_NEWNET, close_all_but, receive_fds, setns
from mockcloud.node.shim import holder, inside
from mockcloud.node.shim.outside import see_the_host_read_only
from mockcloud.readiness import VARIABLE, announce_ready

PACKET: Final = 4096
MOST_FDS: Final = 8


def start(argv: list[str]) -> NoReturn:
    """Become a new interpreter, which runs `main`.

    It is no fork of another of the lab's: what a process that nobody may trace has in /proc, its id maps too,
    is root's of the user namespace in which it was executed (proc_pid(5)), and that has to be the lab's.
    """
    for number in (int(argv[0]), int(os.environ[VARIABLE])):
        os.set_inheritable(number, True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    os.execve(sys.executable, [sys.executable, "-m", __name__, *argv], environment)


def main(argv: list[str]) -> int:
    """Serve until the end.

    The words: the listening socket's descriptor; modules to import, by commas, the program's first; and each
    name that the program has as a command, with the words that are put before those of the command:
    NAME=WORD,...
    """
    number, modules, *names = argv
    announce_ready()  # whoever asks meanwhile waits
    parts = (one.partition("=") for one in names)
    words = {name: tuple(filter(None, rest.split(","))) for name, _, rest in parts}
    gc.disable()  # it would look through all that is loaded again and again: a sixth of the time
    program, *_ = [importlib.import_module(module) for module in modules.split(",")]
    inside.OWN = inside.Own(lambda given: _own_words(given, words), program.main)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # holders are their agents' business
    listener = socket.socket(fileno=int(number))
    gc.freeze()  # the collector would touch, and so copy, what all who are forked share
    gc.enable()
    while True:
        _serve_one(listener)


def _own_words(argv: list[str], words: dict[str, tuple[str, ...]]) -> list[str] | None:
    """The program's arguments, where a command is one of its names, in whatever folder."""
    name = os.path.basename(argv[0])
    return [*words[name], *argv[1:]] if name in words else None


def _serve_one(listener: socket.socket) -> None:
    asker, _ = listener.accept()
    with asker:
        asker.settimeout(1.0)
        try:
            packet, fds = receive_fds(asker, PACKET, MOST_FDS)
        except OSError:
            return
    if packet:
        pid = os.fork()
        if pid == 0:
            _be_holder(json.loads(packet), fds)
    for fd in fds:
        os.close(fd)


def _be_holder(words: list[str], fds: list[int]) -> NoReturn:
    """In a child, for ever."""
    code = 1
    try:
        *own, log, network = fds
        setns(network, CLONE_NEWNET)
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        for source, number in ((null, 0), (log, 1), (log, 2)):
            os.dup2(source, number)
        close_all_but({0, 1, 2, *own})
        os.chdir("/")
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        see_the_host_read_only()
        code = holder.main([*map(str, own), *words])
    except BaseException as error:  # noqa: BLE001  (a child that returned would be a second server)
        os.write(2, f"{error!r}\n".encode())
    finally:
        os._exit(code)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
