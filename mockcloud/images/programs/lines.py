"""The stand-in for servers whose protocol nobody here speaks: says which pod answered, then echoes lines.

A thread for each client. Standard library only, and little of it: it answers some 50 ms after its start.
"""

import os
import signal
import socket
import sys
import threading
from typing import Final

from mockcloud.images.programs.http import BACKLOG, Identity, address_text, dual_socket, tell_lack
from mockcloud.readiness import announce_ready

MOST_LINE: Final = 1 << 20


def main(argv: list[str]) -> int:
    """Listen on each `--port N`, and serve until told to end; 1 where a port cannot be had."""
    tell_lack()
    identity = Identity(dict(os.environ))
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
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    announce_ready()
    for sock in listeners:
        threading.Thread(target=_accept, args=(sock, identity), daemon=True).start()
    while True:
        signal.pause()


def _accept(listener: socket.socket, identity: Identity) -> None:
    while True:
        try:
            sock, address = listener.accept()
        except ConnectionError:
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        greeting = f"{identity.text}client: {address_text(address)}\n"
        threading.Thread(target=_talk, args=(sock, greeting), daemon=True).start()


def _talk(sock: socket.socket, greeting: str) -> None:
    """Until the client has had enough, or sends no lines."""
    try:
        with sock, sock.makefile("rb") as received:
            sock.sendall(greeting.encode())
            while (line := received.readline(MOST_LINE)).endswith(b"\n"):
                sock.sendall(line.rstrip(b"\r\n") + b"\n")
    except OSError:
        return  # it is gone
