"""Asks one target whether it serves: by TCP, TLS, HTTP or HTTPS, as a balancer's health check does."""

import asyncio
import contextlib
import os
import re
import ssl
from fnmatch import fnmatch
from typing import Final

from mockcloud.cloud.core.forwarding import Backend, Check, Speaks
from mockcloud.cloud.core.health import HealthReason
from mockcloud.edge.decide.health import SERVES, Outcome

MOST_BODY: Final = 64 << 10  # bytes in which the text that is asked for has to be
USER_AGENT: Final = "mockcloud-health-check"
_STATUS_LINE: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})[ \r]")
_SPAN: Final = re.compile("([0-9]{3})-([0-9]{3})")
_LENGTH: Final = re.compile(rb"\r\ncontent-length:\s*([0-9]{1,18})\s*\r\n", re.IGNORECASE)


async def ask(check: Check, backend: Backend, timeout: float) -> Outcome:
    """What it answered within so many seconds. Never raises for what a target does."""
    try:
        async with asyncio.timeout(timeout):
            return await _ask(check, backend)
    except TimeoutError:
        return Outcome(HealthReason.TIMEOUT, f"no answer in {check.timeout:g} s")
    except ssl.SSLError as error:
        return Outcome(HealthReason.FAILED, f"no TLS: {error.reason}")
    except OSError as error:
        return Outcome(HealthReason.FAILED, os.strerror(error.errno) if error.errno else str(error))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return Outcome(HealthReason.FAILED, "no answer of HTTP")


async def _ask(check: Check, backend: Backend) -> Outcome:
    local = (str(backend.source), 0) if backend.source is not None else None
    reader, writer = await asyncio.open_connection(
        str(backend.address),
        check.port or backend.port,
        local_addr=local,
        ssl=_tls() if check.speaks in (Speaks.HTTPS, Speaks.TLS) else None,
    )
    try:
        if check.speaks in (Speaks.TCP, Speaks.TLS):
            return SERVES
        return await _ask_http(check, backend, reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _ask_http(
    check: Check, backend: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Outcome:
    host = check.host or str(backend.address)
    lines = (f"GET {check.path} HTTP/1.1", f"Host: {host}", f"User-Agent: {USER_AGENT}", "Connection: close")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    begins = _STATUS_LINE.match(head)
    if begins is None:
        return Outcome(HealthReason.FAILED, "no answer of HTTP")
    status = int(begins[1])
    if not accepts(check.accepts, status):
        wanted = ", ".join(check.accepts)
        return Outcome(HealthReason.STATUS_CODE, f"status code {status}: expected {wanted}", status)
    if check.response and check.response.encode() not in await _body(reader, head):
        return Outcome(HealthReason.FAILED, f"the answer has no {check.response!r}", status)
    return SERVES


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """As long as it says, or until its end; no more than MOST_BODY of it."""
    says = _LENGTH.search(head)
    length = min(int(says[1]), MOST_BODY) if says is not None else MOST_BODY
    found = b""
    while len(found) < length and (piece := await reader.read(length - len(found))):
        found += piece
    return found


def accepts(patterns: tuple[str, ...], status: int) -> bool:
    """Whether a status code is one of these: 200, 2??, or 200-399."""
    return any(_accepts(each, status) for each in patterns)


def _accepts(pattern: str, status: int) -> bool:
    span = _SPAN.fullmatch(pattern)
    if span is not None:
        return int(span[1]) <= status <= int(span[2])
    return fnmatch(str(status), pattern)


def _tls() -> ssl.SSLContext:
    """Balancers do not ask who their targets are."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
