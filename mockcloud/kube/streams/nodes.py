"""Connections to nodes' agents: dialled in the lab's network, one HTTP request on each."""

import asyncio
import errno
import os
import socket
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPMessage, parse_headers
from io import BytesIO
from typing import Any, Final

from mockcloud.cluster_defaults import KUBELET_PORT
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.writes.refusals import Refusal
from mockcloud.linux import CLONE_NEWNET, setns

PREFERRED: Final = ("InternalIP", "ExternalIP")  # as kubeadm has it, but for names
DIAL_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 30.0  # until the agent's first line
BUFFER: Final = 64 << 10  # bytes that may wait on one stream, each way
MOST_BODY: Final = 64 << 10  # bytes of an error's text
KEEPALIVE: Final = {socket.TCP_KEEPIDLE: 10, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 3}


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an agent's answer, and the connection behind it."""

    status: int
    headers: HTTPMessage
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def text(self) -> str:
        """A short body: why the agent refuses."""
        length = int(self.headers.get("Content-Length") or MOST_BODY)
        try:
            content = await self.reader.readexactly(min(length, MOST_BODY))
        except asyncio.IncompleteReadError as exc:
            content = exc.partial
        return content.decode(errors="replace").strip()

    def close(self) -> None:
        """Leave, and let the agent know at once."""
        self.writer.close()


class Network:
    """The network in which nodes are reached: that behind a namespace's descriptor, or none."""

    def __init__(self, namespace: int | None = None) -> None:
        """A thread of ours lives in the namespace: sockets that it makes stay there."""
        self._threads = None
        if namespace is not None:
            self._threads = ThreadPoolExecutor(
                1, "lab network", initializer=lambda: setns(namespace, CLONE_NEWNET)
            )

    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to an agent; Refusal, as a real API server words it, where there is none."""
        where = f"dial tcp [{host}]:{port}" if ":" in host else f"dial tcp {host}:{port}"
        if self._threads is None:
            why = "this API server was started without --dial-netns-fd, so it reaches no node"
            raise _unreachable(where, why)
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            sock = await loop.run_in_executor(self._threads, socket.socket, family, socket.SOCK_STREAM)
        except BrokenExecutor as exc:
            raise _unreachable(where, "the network namespace of --dial-netns-fd cannot be entered") from exc
        try:
            _prepare(sock)
            async with asyncio.timeout(DIAL_SECONDS):
                await loop.sock_connect(sock, (host, port))
            return await asyncio.open_connection(sock=sock, limit=BUFFER)
        except TimeoutError as exc:
            sock.close()
            raise _unreachable(where, "i/o timeout") from exc
        except OSError as exc:
            sock.close()
            why = f"connect: {os.strerror(exc.errno or errno.EIO).lower()}"
            raise _unreachable(where, why) from exc
        except asyncio.CancelledError:
            sock.close()
            raise

    def socket(self, address: tuple[Any, ...]) -> socket.socket:
        """For a server at that address (as getaddrinfo has it): a socket of that network. OSError."""
        if self._threads is None:
            raise OSError(errno.ENETUNREACH, "this API server was started without --dial-netns-fd")
        return self._threads.submit(socket.socket, *address[:3]).result()

    def close(self) -> None:
        """End the thread."""
        if self._threads is not None:
            self._threads.shutdown(wait=False)


async def ask(
    network: Network, node: JsonObject, path: str, headers: Mapping[str, str], version: str = "1.1"
) -> Answer:
    """Send one GET to the node's agent; its answer's head. Refusal where none comes."""
    host, port = _endpoint(node)
    where = f"{host}:{port}"
    reader, writer = await network.connect(host, port)
    lines = [f"GET {path} HTTP/{version}", *(f"{name}: {text}" for name, text in headers.items())]
    try:
        writer.write("\r\n".join([*lines, f"Host: {node['metadata']['name']}", "", ""]).encode())
        async with asyncio.timeout(ANSWER_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        first, _, rest = head.partition(b"\r\n")
        status = int(first.split()[1])
        found = parse_headers(BytesIO(rest))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError) as exc:
        writer.close()
        why = f"no HTTP answer: {exc}"
        raise _unreachable(where, why) from exc
    except (TimeoutError, ConnectionError) as exc:
        writer.close()
        raise _unreachable(where, str(exc) or "no answer in time") from exc
    except asyncio.CancelledError:
        writer.close()
        raise
    return Answer(status, found, reader, writer)


def _endpoint(node: JsonObject) -> tuple[str, int]:
    """Where the node's agent listens, as its status says; a cloud's controller may say no InternalIP."""
    status = object_at(node, "status")
    addresses = objects_at(status, "addresses")
    found = [one.get("address") for kind in PREFERRED for one in addresses if one.get("type") == kind]
    if not any(found):
        known = " ".join(f"{{{one.get('type')} {one.get('address')}}}" for one in addresses)
        why = f"no preferred addresses found; known addresses: [{known}]"
        raise Refusal(500, "", why)
    port = object_at(object_at(status, "daemonEndpoints"), "kubeletEndpoint").get("Port")
    return str(next(filter(None, found))), int(port or KUBELET_PORT)


def _prepare(sock: socket.socket) -> None:
    """A node that falls silent ends its streams, in 25 s where nothing is on its way."""
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE.items():
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _unreachable(where: str, why: str) -> Refusal:
    return Refusal(500, "", f"error dialing backend: {where}: {why}")
