"""Sockets inside of a lab, for a process outside: a child joins the lab's network and hands them over.

A socket stays in the network that it was made in, whoever has it (network_namespaces(7)); joining the lab's
user namespace is one-way, so a child does it.
"""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING, Final

from mockcloud.lab.enter import enter, namespaces_of
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.linux import CLONE_NEWNET, PR_SET_PDEATHSIG, close_all_but, prctl

if TYPE_CHECKING:
    from mockcloud.lab.state import LabFolder, LabState

_KINDS: Final = {
    b"4T": (socket.AF_INET, socket.SOCK_STREAM),
    b"6T": (socket.AF_INET6, socket.SOCK_STREAM),
    b"4U": (socket.AF_INET, socket.SOCK_DGRAM),
    b"6U": (socket.AF_INET6, socket.SOCK_DGRAM),
}
_ENTERED: Final = b"entered"
_STANDARD: Final = range(3)


class Inside:
    """One host of the lab, as where sockets are made. LabError where it can't be entered."""

    def __init__(self, folder: LabFolder, state: LabState, host: str) -> None:
        """Before any thread is started: it forks."""
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        network = {CLONE_NEWNET: namespaces_of(folder, state, host)[CLONE_NEWNET]}
        self._child = fork(lambda: _serve(theirs, state, network))
        theirs.close()
        said = self._ours.recv(4096)
        if said != _ENTERED:
            self.close()
            raise LabError(said.decode() or f"cannot enter {host} of lab {folder.name!r}")

    def socket(self, address: str, protocol: str) -> socket.socket:
        """A new socket for that address and protocol (TCP, UDP), not blocking; OSError."""
        kind = f"{6 if ':' in address else 4}{protocol[0]}".encode()
        self._ours.sendall(kind)
        said, fds, _, _ = socket.recv_fds(self._ours, 64, 1)
        if not fds:
            raise OSError(int(said or b"0"), "no socket in the lab")
        made = socket.socket(fileno=fds[0])
        made.setblocking(False)
        return made

    def close(self) -> None:
        """End the child. What it has handed over stays."""
        self._ours.close()
        os.waitpid(self._child, 0)


def _serve(theirs: socket.socket, state: LabState, network: dict[int, str]) -> int:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # it ends when the other end is closed
        signal.signal(number, signal.SIG_IGN)
    close_all_but({*_STANDARD, theirs.fileno()})
    try:
        enter(state, network)
    except LabError as error:
        theirs.sendall(str(error).encode())
        return 1
    theirs.sendall(_ENTERED)
    while kind := theirs.recv(64):
        try:
            with socket.socket(*_KINDS[kind]) as made:
                socket.send_fds(theirs, [kind], [made.fileno()])
        except OSError as error:
            theirs.sendall(str(error.errno or 0).encode())
    return 0
