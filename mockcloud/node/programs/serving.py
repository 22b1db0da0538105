"""What the stand-ins for databases share: who they are, a thread for each client, and a quiet end.

Standard library only, and little of it: a pod is to answer some 50 ms after it was started.
"""

import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mockcloud.node.programs.http import BACKLOG, address_text, dual_socket
from mockcloud.readiness import announce_ready

MOST_MESSAGE: Final = 1 << 20
# What reading a message that is none may raise; the connection's end says enough.
MALFORMED: Final = (OSError, ValueError, LookupError, struct.error)


class Hangup(Exception):
    """The client is gone, or says what this protocol has no words for."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers."""

    pod: str
    namespace: str
    node: str


def identity() -> Identity:
    """From the environment that the agent gives to its own programs."""
    env = os.environ
    return Identity(
        env.get("POD_NAME") or socket.gethostname(), env.get("POD_NAMESPACE", ""), env.get("NODE_NAME", "")
    )


class Connection:
    """One client, read and answered in a thread of its own."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.number = number
        self.client = address_text(sock.getpeername())
        self.server = address_text(sock.getsockname())
        self._sock = sock
        self._file = sock.makefile("rb")

    def read(self, size: int) -> bytes:
        """Exactly so many bytes; Hangup where they do not come, or are absurdly many."""
        data = self._file.read(size) if 0 <= size <= MOST_MESSAGE else b""
        if len(data) != size:
            raise Hangup
        return data

    def line(self) -> bytes:
        """Up to and without the end of the line; Hangup at the end of the stream."""
        line = self._file.readline(MOST_MESSAGE)
        if not line.endswith(b"\n"):
            raise Hangup
        return line.rstrip(b"\r\n")

    def send(self, data: bytes) -> None:
        """All of it."""
        self._sock.sendall(data)

    def close(self) -> None:
        """Say goodbye."""
        self._file.close()
        self._sock.close()


Talk = Callable[[Connection], None]


def serve(argv: list[str], talk: Talk, on_end: Callable[[], None] = lambda: None) -> int:
    """Listen on each `--port N` and `talk` to whoever connects; 1 where a port cannot be had.

    SIGTERM calls `on_end` and ends the process with 0.
    """
    listeners = []
    for port in (int(word) for option, word in zip(argv[::2], argv[1::2], strict=True) if option == "--port"):
        try:
            sock = dual_socket(socket.SOCK_STREAM, port)
        except OSError as error:
            sys.stderr.write(f"port {port}: {error.strerror}\n")
            return 1
        sock.setblocking(True)
        sock.listen(BACKLOG)
        listeners.append(sock)
        sys.stdout.write(f"port {port}: listening\n")
    sys.stdout.flush()

    def end(_number: int, _frame: object) -> None:
        on_end()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    announce_ready()
    threads = [threading.Thread(target=_accept, args=(sock, talk), daemon=True) for sock in listeners]
    for thread in threads:
        thread.start()
    while True:
        signal.pause()


def _accept(listener: socket.socket, talk: Talk) -> None:
    number = 0
    while True:
        try:
            sock, _ = listener.accept()
        except ConnectionError:
            continue
        number += 1
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_converse, args=(sock, number, talk), daemon=True).start()


def _converse(sock: socket.socket, number: int, talk: Talk) -> None:
    try:
        connection = Connection(sock, number)
    except OSError:  # gone before we looked
        sock.close()
        return
    try:
        talk(connection)
    except (Hangup, *MALFORMED):
        pass
    finally:
        connection.close()
