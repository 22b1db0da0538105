"""A pod's program: says its own name and whom it sees, on some ports by TCP and UDP, IPv4 and IPv6.

    server.py NAME PORT...

It writes one line when it listens.
"""

from __future__ import annotations

import selectors
import socket
import sys


def main(name: str, ports: list[int]) -> None:
    selector = selectors.DefaultSelector()
    for port in ports:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            opened = socket.socket(socket.AF_INET6, kind)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(("::", port))
            if kind == socket.SOCK_STREAM:
                opened.listen(1024)
            selector.register(opened, selectors.EVENT_READ, kind)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            assert isinstance(key.fileobj, socket.socket)
            answer(key.fileobj, key.data, name)


def answer(opened: socket.socket, kind: int, name: str) -> None:
    try:
        if kind == socket.SOCK_STREAM:
            connection, (peer, *_) = opened.accept()
            with connection:
                connection.sendall(said(name, peer))
        else:
            _, sender = opened.recvfrom(2048)
            opened.sendto(said(name, sender[0]), sender)
    except OSError:
        return  # the client has given up


def said(name: str, peer: str) -> bytes:
    return f"{name} {peer.removeprefix('::ffff:')}\n".encode()


if __name__ == "__main__":
    main(sys.argv[1], [int(port) for port in sys.argv[2:]])
