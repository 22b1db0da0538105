"""The web server that most images of the catalogue stand for: it says which pod answered, and to whom.

One process, one epoll loop, nothing but the standard library and little of that, so that a pod answers some
50 ms after it was started. HTTP/1.1 with keep-alive and pipelining (RFC 9112); a body is read and ignored.
Each request is a line on standard output. Started by mockcloud/start.py with [--port N]... [--udp-port N]...;
POD_NAME, POD_NAMESPACE and NODE_NAME say who it is.
"""

import os
import select
import signal
import socket
import sys
from time import monotonic
from typing import Final

from mockcloud.images.programs.access_log import AccessLog
from mockcloud.readiness import announce_ready

BACKLOG: Final = 4096
ACCEPTS_AT_ONCE: Final = 64
MOST_HEAD: Final = 65536
MOST_LOGGED: Final = 1024  # bytes of a line that is no request
IDLE_SECONDS: Final = 75.0  # nginx's keepalive_timeout
SWEEP_SECONDS: Final = 5.0
READABLE: Final = select.EPOLLIN | select.EPOLLRDHUP
END: Final = b"\r\n\r\n"
MALFORMED: Final = "400 Bad Request"
TOO_LARGE: Final = "431 Request Header Fields Too Large"
OTHER_VERSION: Final = "505 HTTP Version Not Supported"
LACKING: Final = "MOCKCLOUD_LACKING"  # a variable: why this answers in the place of another server
V4_MAPPED: Final = "::ffff:"


class Identity:
    """Who answers, prepared once."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.pod = environment.get("POD_NAME", socket.gethostname())
        self.namespace = environment.get("POD_NAMESPACE", "")
        self.node = environment.get("NODE_NAME", "")
        self.text = f"pod: {self.pod}\nnamespace: {self.namespace}\nnode: {self.node}\n"
        self.headers = f"Server: mockcloud\r\nX-Pod: {self.pod}\r\nX-Node: {self.node}\r\n"

    def body(self, client: str, request: "Request") -> bytes:
        """The answer's content, as text or, where the request accepts it, as JSON."""
        if not request.wants_json:
            asked = f"{request.method} {request.path}"
            return f"{self.text}client: {client}\nhost: {request.host}\nrequest: {asked}\n".encode()
        import json  # rarely asked for, and 10 ms to import

        answer = {"pod": self.pod, "namespace": self.namespace, "node": self.node, "client": client}
        return json.dumps(
            {**answer, "host": request.host, "method": request.method, "path": request.path}
        ).encode()


class BadRequest(Exception):
    """The bytes are no request: the status line to refuse it with."""


class Request:
    """The head of one request, and how its body ends."""

    def __init__(self, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.line = lines[0]
        try:
            self.method, self.path, version = lines[0].split(" ")
        except ValueError:
            raise BadRequest(MALFORMED) from None
        if not version.startswith("HTTP/1."):
            raise BadRequest(OTHER_VERSION)
        self.fields = fields = self._fields(lines[1:])
        connection = fields.get("connection", "").lower()
        self.keep = "close" not in connection if version == "HTTP/1.1" else "keep-alive" in connection
        self.host = fields.get("host", "")
        self.wants_json = "application/json" in fields.get("accept", "")
        self.expects = fields.get("expect", "").lower() == "100-continue"
        self.chunked = fields.get("transfer-encoding", "").lower() == "chunked"
        length = fields.get("content-length", "0")
        if not length.isdecimal():
            raise BadRequest(MALFORMED)
        self.length = int(length)

    def _fields(self, lines: list[str]) -> dict[str, str]:
        fields = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadRequest(MALFORMED)
            fields[name.lower()] = value.strip()
        return fields


class Connection:
    """One client: bytes in, bytes out."""

    def __init__(self, sock: socket.socket, client: str, now: float) -> None:
        self.sock = sock
        self.client = client
        self.host = client.rpartition(":")[0].strip("[]")
        self.used = now
        self.received = bytearray()
        self.unsent = bytearray()
        self.request: Request | None = None  # whose body is still coming
        self.closing = False
        self.stuck = False  # the client reads slower than we answer

    def answers(self, identity: Identity, log: AccessLog) -> None:
        """Answer all requests that have come in whole, and log them."""
        while not self.closing:
            try:
                request = self.request or self._head()
                if request is None or not self._body_is_here(request):
                    return
            except BadRequest as refusal:
                asked = self.request.line if self.request else self._first_line()
                log.add(self.host, asked, str(refusal).partition(" ")[0], 0, {})
                self.unsent += (
                    f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
                )
                self.closing = True
                return
            self.request = None
            sent = self._answer(request, identity)
            log.add(self.host, request.line, "200", sent, request.fields)

    def _first_line(self) -> str:
        """Of what came instead of a request."""
        return bytes(self.received[:MOST_LOGGED]).split(b"\n")[0].rstrip(b"\r").decode("latin-1")

    def _head(self) -> Request | None:
        end = self.received.find(END)
        if end < 0:
            if len(self.received) > MOST_HEAD:
                raise BadRequest(TOO_LARGE)
            return None
        request = Request(bytes(self.received[:end]))  # where that is none, it stays to be logged
        del self.received[: end + len(END)]
        if request.expects:
            self.unsent += b"HTTP/1.1 100 Continue\r\n\r\n"
        return request

    def _body_is_here(self, request: Request) -> bool:
        """Drop what has come of the body; whether that was all."""
        self.request = request
        if request.chunked:
            return self._chunks_are_here()
        taken = min(request.length, len(self.received))
        del self.received[:taken]
        request.length -= taken
        return request.length == 0

    def _chunks_are_here(self) -> bool:
        while (end := self.received.find(b"\r\n")) >= 0:
            try:
                size = int(bytes(self.received[:end]).split(b";")[0], 16)
            except ValueError:
                raise BadRequest(MALFORMED) from None
            if len(self.received) < end + 2 + size + 2:
                return False
            del self.received[: end + 2 + size + 2]
            if size == 0:
                return True
        return False

    def _answer(self, request: Request, identity: Identity) -> int:
        """Say it; how many bytes of content it has."""
        body = identity.body(self.client, request)
        kind = "application/json" if request.wants_json else "text/plain; charset=utf-8"
        closing = "" if request.keep else "Connection: close\r\n"
        self.unsent += (
            f"HTTP/1.1 200 OK\r\n{identity.headers}X-Client: {self.client}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{closing}\r\n"
        ).encode("latin-1", "replace")
        self.closing = not request.keep
        if request.method == "HEAD":
            return 0
        self.unsent += body
        return len(body)


class Server:
    """All listeners and clients in one epoll set."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.log = AccessLog()
        self.epoll = select.epoll()
        self.listeners: dict[int, socket.socket] = {}
        self.datagrams: dict[int, socket.socket] = {}
        self.clients: dict[int, Connection] = {}

    def listen(self, port: int) -> None:
        """Listen on the port by TCP, IPv4 and IPv6; OSError where it is taken."""
        sock = dual_socket(socket.SOCK_STREAM, port)
        sock.listen(BACKLOG)
        self.listeners[sock.fileno()] = sock
        self.epoll.register(sock, select.EPOLLIN)

    def listen_udp(self, port: int) -> None:
        """Answer each datagram to the port."""
        sock = dual_socket(socket.SOCK_DGRAM, port)
        self.datagrams[sock.fileno()] = sock
        self.epoll.register(sock, select.EPOLLIN)

    def serve(self) -> None:
        """For ever."""
        sweep = monotonic() + SWEEP_SECONDS
        while True:
            events = self.epoll.poll(SWEEP_SECONDS)
            now = monotonic()
            for fd, event in events:
                if fd in self.clients:
                    self._serve_client(self.clients[fd], event, now)
                elif fd in self.listeners:
                    self._accept(self.listeners[fd], now)
                elif fd in self.datagrams:
                    self._answer_datagram(self.datagrams[fd])
            self.log.flush()
            if now >= sweep:
                sweep = now + SWEEP_SECONDS
                for idle in [one for one in self.clients.values() if one.used + IDLE_SECONDS < now]:
                    self._close(idle)

    def _accept(self, listener: socket.socket, now: float) -> None:
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                sock, address = listener.accept()
            except OSError:  # none left, or the client has gone
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.clients[sock.fileno()] = Connection(sock, address_text(address), now)
            self.epoll.register(sock, READABLE)

    def _serve_client(self, client: Connection, event: int, now: float) -> None:
        client.used = now
        try:
            if event & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                data = client.sock.recv(65536)
                if not data:
                    self._close(client)
                    return
                client.received += data
                client.answers(self.identity, self.log)
            self._send(client)
        except BlockingIOError:
            return
        except OSError:
            self._close(client)

    def _send(self, client: Connection) -> None:
        if client.unsent:
            try:
                sent = client.sock.send(client.unsent)
            except BlockingIOError:
                sent = 0
            del client.unsent[:sent]
        if client.closing and not client.unsent:
            self._close(client)
        elif client.stuck != bool(client.unsent):
            client.stuck = bool(client.unsent)
            self.epoll.modify(client.sock, READABLE | (select.EPOLLOUT if client.stuck else 0))

    def _close(self, client: Connection) -> None:
        del self.clients[client.sock.fileno()]
        client.sock.close()

    def _answer_datagram(self, sock: socket.socket) -> None:
        try:
            data, address = sock.recvfrom(65536)
            client = address_text(address)
            sock.sendto(f"{self.identity.text}client: {client}\n".encode() + data, address)
        except OSError:  # the client's port is closed
            return


def dual_socket(kind: socket.SocketKind, port: int) -> socket.socket:
    """A bound socket for both families, or for IPv4 where the kernel has no IPv6."""
    try:
        sock = socket.socket(socket.AF_INET6, kind)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        host = "::"
    except OSError:
        sock = socket.socket(socket.AF_INET, kind)
        host = "0.0.0.0"
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setblocking(False)
    sock.bind((host, port))
    return sock


def address_text(address: tuple[str, int]) -> str:
    host, port = address[0], address[1]
    if host.startswith(V4_MAPPED):
        host = host[len(V4_MAPPED) :]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def main(argv: list[str]) -> int:
    """Listen, say that we do, serve; 1 where a port cannot be had."""
    tell_lack()
    server = Server(Identity(dict(os.environ)))
    options = {"--port": server.listen, "--udp-port": server.listen_udp}
    for option, port in zip(argv[::2], argv[1::2], strict=True):
        try:
            options[option](int(port))
        except OSError as error:
            sys.stderr.write(f"port {port}: {error.strerror}\n")
            return 1
        sys.stdout.write(f"{option[2:]} {port}: listening\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    announce_ready()
    server.serve()
    return 0


def tell_lack() -> None:
    """Say first in the log why the image's own server does not run here, where the agent told us."""
    if lack := os.environ.get(LACKING):
        sys.stdout.write(f"{lack}\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
