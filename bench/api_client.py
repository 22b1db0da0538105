"""A client that costs little beside the API it asks: requests as bytes, over connections that are kept.

One loop over non-blocking TLS sockets: a client with a library's comforts would be what is measured.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections import deque
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockcloud.client.kubeconfig import Access

MERGE_PATCH: Final = "application/merge-patch+json"
_HEAD_END: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"
_PATIENCE: Final = 60.0  # seconds without any answer


class Api:
    """Where the API is; makes requests and connections for it."""

    def __init__(self, access: Access) -> None:
        where = urlsplit(access.server)
        self._address = (where.hostname or "", where.port or 443)
        self._context = access.tls or ssl.create_default_context()
        self._head = f"Host: {where.netloc}\r\nAuthorization: Bearer {access.token}\r\nUser-Agent: bench\r\n"

    def request(self, method: str, path: str, body: object = None, media: str = "application/json") -> bytes:
        """The bytes of one."""
        content = b"" if body is None else orjson.dumps(body)
        kind = f"Content-Type: {media}\r\n" if body is not None else ""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Accept: application/json\r\n{kind}"
        return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content

    def connect(self) -> Connection:
        """One more connection."""
        plain = socket.create_connection(self._address)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Connection(self._context.wrap_socket(plain, server_hostname=self._address[0]))

    def ask(self, request: bytes, *, taken: Sequence[int] = ()) -> bytes:
        """The answer's body, over a connection of its own; AssertionError for a refusal not in `taken`."""
        with closing(self.connect()) as connection:
            connection.send(request)
            connection.sock.setblocking(True)
            while (body := connection.answer(taken)) is None:
                pass
        return body


class Connection:
    """One that is kept; blocking until `sock.setblocking(False)`."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock = sock
        self.sent = 0.0
        self._parts: list[bytes] = []

    def fileno(self) -> int:
        """For selectors."""
        return self.sock.fileno()

    def close(self) -> None:
        """End it."""
        self.sock.close()

    def send(self, request: bytes) -> None:
        """Send one request; the one before is answered."""
        self._parts.clear()
        self.sent = time.monotonic()
        self.sock.sendall(request)

    def read(self) -> bytes:
        """What has come; b"" for nothing as yet. ConnectionError where the other side ended it."""
        try:
            found = self.sock.recv(1 << 16)
        except ssl.SSLWantReadError:
            return b""
        if not found:
            msg = "the API closed the connection"
            raise ConnectionError(msg)
        return found

    def answer(self, taken: Sequence[int] = ()) -> bytes | None:
        """The answer's body, once it is whole; AssertionError for a refusal that is not in `taken`."""
        self._parts.append(self.read())
        first = self._parts[0]
        if len(self._parts) > 1 and (_HEAD_END not in first or len(self._parts[-1]) < len(_LAST_CHUNK)):
            self._parts[:] = [first := b"".join(self._parts)]
        end = first.find(_HEAD_END)
        if end < 0:
            return None
        head, body = first[:end].lower(), first[end + len(_HEAD_END) :]
        if not self._is_whole(head, body):
            return None
        content = b"".join([body, *self._parts[1:]])
        status = int(first[9:12])
        assert status < 300 or status in taken, (status, content[:500])
        return content

    def _is_whole(self, head: bytes, body: bytes) -> bool:
        said = head.find(b"content-length:")
        if said < 0:
            return (self._parts[-1] if len(self._parts) > 1 else body).endswith(_LAST_CHUNK)
        length = int(head[said + len(b"content-length:") :].split(b"\r\n", 1)[0])
        return len(body) + sum(map(len, self._parts[1:])) >= length


def drive(api: Api, requests: Iterable[bytes], connections: int) -> tuple[float, list[float]]:
    """Send all, over so many connections; seconds in all, and those of each."""
    waiting, took = deque(requests), []
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        opened = [stack.enter_context(closing(api.connect())) for _ in range(connections)]
        began = time.monotonic()
        busy = 0
        for each in opened:
            each.sock.setblocking(False)
            selector.register(each, selectors.EVENT_READ)
            if waiting:
                each.send(waiting.popleft())
                busy += 1
        while busy:
            ready = selector.select(_PATIENCE)
            assert ready, f"no answer within {_PATIENCE:g} s"
            for key, _ in ready:
                connection: Connection = key.fileobj  # type: ignore[assignment]
                if connection.answer() is None:
                    continue
                took.append(time.monotonic() - connection.sent)
                if waiting:
                    connection.send(waiting.popleft())
                else:
                    selector.unregister(connection)
                    busy -= 1
        return time.monotonic() - began, took


def fan_out(api: Api, watch: bytes, writes: Sequence[bytes], watchers: int) -> list[float]:
    """Seconds from sending each write until each of so many watchers has its event."""
    delays = []
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        writer = stack.enter_context(closing(api.connect()))
        for _ in range(watchers):
            connection = stack.enter_context(closing(api.connect()))
            connection.send(watch)
            while _HEAD_END not in connection.read():  # the head comes when the watch has begun
                pass
            connection.sock.setblocking(False)
            selector.register(connection, selectors.EVENT_READ)
        for write in writes:
            writer.sock.setblocking(True)
            writer.send(write)
            left = watchers
            while left:
                ready = selector.select(_PATIENCE)
                assert ready, f"{left} watchers saw nothing within {_PATIENCE:g} s"
                for key, _ in ready:
                    count = key.fileobj.read().count(b'"type":"MODIFIED"')  # type: ignore[union-attr]
                    delays += [time.monotonic() - writer.sent] * count
                    left -= count
            while writer.answer() is None:
                pass
    return delays
