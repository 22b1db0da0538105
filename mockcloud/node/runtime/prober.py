"""Asks probes, in kubelet's words. HTTP and TCP go from the node's namespace to the pod's address."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Final

from mockcloud.node.pods.spec import HttpGet, TcpSocket

MOST_ANSWER: Final = 10240  # kubelet reads as much of a body
USER_AGENT: Final = "kube-probe/1.35"


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, and what to say about it."""

    ok: bool
    output: str


async def ask_tcp(action: TcpSocket, pod_ip: str, timeout: float) -> Answer:
    """Whether a connection is accepted within `timeout` seconds."""
    host = action.host or pod_ip
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(host, action.port)
    except TimeoutError:
        return Answer(ok=False, output=f"dial tcp {_place(host, action.port)}: i/o timeout")
    except OSError as error:
        return Answer(ok=False, output=_dial(host, action.port, error))
    writer.close()
    return Answer(ok=True, output="")


async def ask_http(action: HttpGet, pod_ip: str, timeout: float) -> Answer:
    """Whether the answer's status is from 200 to 399, within `timeout` seconds."""
    host = action.host or pod_ip
    url = f"{'https' if action.https else 'http'}://{_place(host, action.port)}{action.path}"
    try:
        async with asyncio.timeout(timeout):
            status = await _get(action, host)
    except TimeoutError:
        return Answer(
            ok=False,
            output=f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
        )
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        why = _dial(host, action.port, error) if isinstance(error, OSError) else "EOF"
        return Answer(ok=False, output=f'Get "{url}": {why}')
    if 200 <= status < 400:
        return Answer(ok=True, output="")
    return Answer(ok=False, output=f"HTTP probe failed with statuscode: {status}")


async def _get(action: HttpGet, host: str) -> int:
    tls = _no_verification() if action.https else None
    reader, writer = await asyncio.open_connection(host, action.port, ssl=tls)
    try:
        fields = {"Host": _place(host, action.port), "User-Agent": USER_AGENT, "Accept": "*/*"}
        fields.update(action.headers)
        lines = [f"{name}: {value}" for name, value in {**fields, "Connection": "close"}.items()]
        writer.write("\r\n".join([f"GET {action.path} HTTP/1.1", *lines, "", ""]).encode())
        first = await reader.readuntil(b"\r\n")
        return int(first.split(b" ", 2)[1])
    except IndexError as error:
        msg = "the answer is not HTTP"
        raise ValueError(msg) from error
    finally:
        writer.close()


def _no_verification() -> ssl.SSLContext:
    # The kubelet does not verify either: the pod is asked whether it lives, not who it is.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _dial(host: str, port: int, error: OSError) -> str:
    why = "connection refused" if isinstance(error, ConnectionRefusedError) else str(error.strerror or error)
    return f"dial tcp {_place(host, port)}: connect: {why.lower()}"


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
