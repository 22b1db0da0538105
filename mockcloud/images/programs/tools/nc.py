"""nc HOST PORT: standard input to a socket and back; -z only tries, -l listens, -u is UDP, -v says more.

It takes -t, which would answer Telnet's options, and means nothing to a server that speaks no Telnet.
"""

import argparse
import os
import socket
import sys
import threading


def main(argv: list[str]) -> int:
    """0 where the connection stood."""
    parser = argparse.ArgumentParser("nc")
    parser.add_argument("-z", action="store_true", dest="probe", help="try only")
    parser.add_argument("-v", action="store_true", dest="verbose")
    parser.add_argument("-u", action="store_true", dest="udp")
    parser.add_argument("-t", action="store_true", help="answer Telnet's negotiation: not done")
    parser.add_argument("-n", action="store_true", help="addresses only")
    parser.add_argument("-l", action="store_true", dest="listen")
    parser.add_argument("-w", type=float, dest="timeout", metavar="SECONDS")
    parser.add_argument("-p", type=int, dest="port", metavar="PORT")
    parser.add_argument("words", nargs="*", metavar="HOST PORT")
    given = parser.parse_args(argv)
    try:
        if given.listen:
            return _listen(int(given.port or given.words[-1]))
        host, port = given.words[0], int(given.words[1])
    except (IndexError, ValueError):
        parser.error("expected HOST PORT")
    kind = socket.SOCK_DGRAM if given.udp else socket.SOCK_STREAM
    try:
        sock = _connect(host, port, kind, given.timeout)
    except OSError as error:
        if given.verbose or not given.probe:
            sys.stderr.write(f"nc: {host} ({port}): {error.strerror or error}\n")
        return 1
    with sock:
        if given.verbose:
            sys.stderr.write(
                f"Connection to {host} {port} port [{'udp' if given.udp else 'tcp'}/*] succeeded!\n"
            )
        if not given.probe:
            _relay(sock, given.timeout)
    return 0


def _connect(host: str, port: int, kind: socket.SocketKind, timeout: float | None) -> socket.socket:
    error = OSError("no address")
    for family, _, protocol, _, address in socket.getaddrinfo(host, port, type=kind):
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(timeout or 10)
        try:
            sock.connect(address)
        except OSError as refused:
            sock.close()
            error = refused
            continue
        return sock
    raise error


def _listen(port: int) -> int:
    with socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        sock, _ = listener.accept()
    with sock:
        _relay(sock, None)
    return 0


def _relay(sock: socket.socket, timeout: float | None) -> None:
    """What comes goes to standard output; standard input goes out, and its end is passed on."""

    def send() -> None:
        while data := os.read(sys.stdin.fileno(), 65536):
            sock.sendall(data)
        if sock.type == socket.SOCK_STREAM:
            sock.shutdown(socket.SHUT_WR)

    sock.settimeout(timeout)
    threading.Thread(target=send, daemon=True).start()
    try:
        while data := sock.recv(65536):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    except OSError:
        return
