"""What a check finds of real servers."""

import asyncio
import contextlib
import ssl
from ipaddress import ip_address

import pytest
import trustme

from mockcloud.cloud.core.forwarding import Backend, Check, Speaks
from mockcloud.cloud.core.health import HealthReason
from mockcloud.edge.decide.health import SERVES
from mockcloud.edge.net.checking import accepts, ask

LOOPBACK = ip_address("127.0.0.1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def check(speaks, **more):
    return Check(speaks, 0, 15.0, 10.0, 3, 3, **{"accepts": ("2??", "3??"), **more})


@contextlib.asynccontextmanager
async def server(answer, tls=None):
    """Says this to whoever asks; None: nothing, and waits. Gives the target."""
    asked, serving = [], []

    async def serve(reader, writer):
        serving.append(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if answer is not None:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
                await writer.drain()
            await reader.read()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    listening = await asyncio.start_server(serve, str(LOOPBACK), 0, ssl=tls)
    async with listening:
        yield Backend(LOOPBACK, listening.sockets[0].getsockname()[1]), asked
        await asyncio.gather(*serving)


@pytest.mark.parametrize("speaks", [Speaks.TCP, Speaks.HTTP])
async def test_who_answers_serves(speaks):
    """A connection is enough for TCP, HTTP wants its answer."""
    async with server(OK) as (target, _):
        assert await ask(check(speaks), target, 5.0) == SERVES


async def test_what_is_asked():
    """The path, with the name that the check gives, by a client that says what it is."""
    async with server(OK) as (target, asked):
        await ask(check(Speaks.HTTP, path="/healthz", host="web.test"), target, 5.0)
    lines = asked[0].decode().split("\r\n")
    assert lines[0] == "GET /healthz HTTP/1.1"
    assert {"Host: web.test", "User-Agent: mockcloud-health-check", "Connection: close"} <= set(lines)


@pytest.mark.parametrize(
    ("answer", "more", "reason", "detail"),
    [
        pytest.param(
            b"HTTP/1.1 503 No\r\n\r\n",
            {},
            HealthReason.STATUS_CODE,
            "status code 503: expected 2??, 3??",
            id="status-code",
        ),
        pytest.param(
            OK, {"response": "bye"}, HealthReason.FAILED, "the answer has no 'bye'", id="another-text"
        ),
        pytest.param(b"SSH-2.0\r\n\r\n", {}, HealthReason.FAILED, "no answer of HTTP", id="no-http"),
        pytest.param(b"HTTP/1.1 OK\r\n\r\n", {}, HealthReason.FAILED, "no answer of HTTP", id="no-number"),
    ],
)
async def test_another_answer_than_is_asked_for(answer, more, reason, detail):
    """Why is told."""
    async with server(answer) as (target, _):
        found = await ask(check(Speaks.HTTP, **more), target, 5.0)
    assert found.reason is reason
    assert found.detail.startswith(detail)


async def test_the_text_is_there():
    """Somewhere in the body."""
    async with server(OK) as (target, _):
        assert await ask(check(Speaks.HTTP, response="ell"), target, 5.0) == SERVES


async def test_who_says_nothing_is_late():
    """After as long as the check waits."""
    async with server(None) as (target, _):
        found = await ask(check(Speaks.HTTP), target, 0.05)
    assert (found.reason, found.detail) == (HealthReason.TIMEOUT, "no answer in 10 s")


async def test_nobody_listens():
    """The kernel's own word."""
    async with server(None) as (target, _):
        pass
    found = await ask(check(Speaks.TCP), target, 5.0)
    assert (found.reason, found.detail) == (HealthReason.FAILED, "Connection refused")


async def test_tls_of_whoever_it_is():
    """Balancers do not ask who signed it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("web.test").configure_cert(context)
    async with server(OK, context) as (target, _):
        assert await ask(check(Speaks.HTTPS), target, 5.0) == SERVES


async def test_no_tls():
    """Somebody who speaks plainly, where TLS is asked for."""
    async with server(b"hello\r\n\r\n") as (target, _):
        found = await ask(check(Speaks.HTTPS), target, 0.2)
    assert found.reason in (HealthReason.FAILED, HealthReason.TIMEOUT)


@pytest.mark.parametrize(
    ("patterns", "status", "expected"),
    [
        (("200",), 200, True),
        (("2??", "3??"), 302, True),
        (("2??",), 302, False),
        (("200-399",), 399, True),
        (("200-399",), 400, False),
        ((), 200, False),
    ],
)
def test_status_codes(patterns, status, expected):
    """As both clouds write them."""
    assert accepts(patterns, status) is expected
