"""The web server that pods run, by real sockets on loopback."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from mockcloud.node.container_config.launch import PYTHON
from mockcloud.node.sandbox.maker import START

GET = b"GET /a?b HTTP/1.1\r\nHost: web.example\r\n\r\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(stdout):
    """A server that has said that it is ready, with TCP and UDP on one port, and that port."""
    number = free_port()
    ready, theirs = os.pipe()
    env = {"POD_NAME": "web-1", "POD_NAMESPACE": "default", "NODE_NAME": "node-1", "READY_FD": str(theirs)}
    server = subprocess.Popen(
        [*PYTHON, str(START), "images.programs:http", "--port", str(number), "--udp-port", str(number)],
        env=env,
        pass_fds=[theirs],
        stdout=stdout,
    )
    os.close(theirs)
    assert os.read(ready, 1) == b"\n"
    os.close(ready)
    try:
        yield number, server
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
        if server.stdout:
            server.stdout.close()


@pytest.fixture(scope="module")
def port():
    """The port of a server whose log nobody reads."""
    with serving(subprocess.DEVNULL) as (number, _):
        yield number


@pytest.fixture
def logged():
    """logged(request, host=...) asks a server of its own: the line that this logs, without its time."""
    with serving(subprocess.PIPE) as (number, server):
        while b"udp-port" not in server.stdout.readline():
            pass

        def send(request, host="127.0.0.1"):
            answers(number, request, host=host)
            line = server.stdout.readline().decode()
            found = re.fullmatch(r"(.*) \[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] (.*)\n", line)
            assert found, line
            return f"{found[1]} {found[3]}"

        yield send


def answers(port, request, count=1, host="127.0.0.1"):
    """(status line, headers, body) of each answer on one connection, and whether it was then closed."""
    found = []
    with socket.create_connection((host, port), timeout=90) as connection:
        connection.sendall(request)
        stream = connection.makefile("rb")
        for _ in range(count):
            status = stream.readline().decode().strip()
            headers = {}
            while line := stream.readline().decode().strip():
                name, _, value = line.partition(": ")
                headers[name] = value
            length = 0 if request.startswith(b"HEAD") else int(headers.get("Content-Length", 0))
            found.append((status, headers, stream.read(length).decode()))
        connection.settimeout(0.1)
        try:
            closed = connection.recv(1) == b""
        except TimeoutError:
            closed = False
        address = connection.getsockname()
    return found, closed, address


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_answer_says_who_and_to_whom(port, host):
    """Pod, namespace, node, the client as the pod saw it, and what was asked; on both families."""
    [(status, headers, body)], closed, (ip, local, *_) = answers(port, GET, host=host)
    client = f"[{ip}]:{local}" if ":" in ip else f"{ip}:{local}"
    assert (status, closed) == ("HTTP/1.1 200 OK", False)
    assert (headers["X-Pod"], headers["X-Node"], headers["X-Client"]) == ("web-1", "node-1", client)
    assert body.splitlines() == [
        "pod: web-1",
        "namespace: default",
        "node: node-1",
        f"client: {client}",
        "host: web.example",
        "request: GET /a?b",
    ]


def test_json_for_those_who_accept_it(port):
    """The same facts for programs."""
    request = GET.replace(b"\r\n\r\n", b"\r\nAccept: application/json\r\n\r\n")
    [(_, headers, body)], _, _ = answers(port, request)
    answer = json.loads(body)
    assert headers["Content-Type"] == "application/json"
    assert (answer["pod"], answer["node"], answer["path"], answer["method"]) == (
        "web-1",
        "node-1",
        "/a?b",
        "GET",
    )


@pytest.mark.parametrize(
    ("request_bytes", "count", "closed"),
    [
        pytest.param(GET * 3, 3, False, id="pipelined"),
        pytest.param(GET.replace(b"1.1", b"1.0"), 1, True, id="http-1.0-closes"),
        pytest.param(
            GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 1, True, id="asked-to-close"
        ),
        pytest.param(GET.replace(b"GET", b"HEAD"), 1, False, id="head-has-no-body"),
        pytest.param(
            GET.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\nhello") + GET,
            2,
            False,
            id="a-body-is-skipped",
        ),
        pytest.param(
            GET.replace(b"GET", b"PUT").replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
            + b"3\r\nabc\r\n0\r\n\r\n"
            + GET,
            2,
            False,
            id="a-chunked-body-is-skipped",
        ),
    ],
)
def test_connections_are_kept_and_closed_as_http_says(port, request_bytes, count, closed):
    """RFC 9112: persistence by default in 1.1, bodies read to their end."""
    found, was_closed, _ = answers(port, request_bytes, count)
    assert [status for status, _, _ in found] == ["HTTP/1.1 200 OK"] * count
    assert was_closed is closed


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400 Bad Request"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "400 Bad Request"),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 70000, "431 Request Header Fields Too Large"),
    ],
)
def test_what_is_no_request_is_refused_and_closed(port, request_bytes, status):
    """A clear status, then the end of the connection."""
    [(said, _, _)], closed, _ = answers(port, request_bytes)
    assert (said, closed) == (f"HTTP/1.1 {status}", True)


AGENT = b"\r\nUser-Agent: curl/8.0\r\nReferer: http://a/\r\nX-Forwarded-For: 10.0.0.9\r\n\r\n"
FORGED = b'GET /"\\\xff HTTP/1.1\r\nUser-Agent: a"b\x1b[31m\r\n\r\n'


@pytest.mark.parametrize(
    ("request_bytes", "line"),
    [
        pytest.param(
            b"GET /a?b HTTP/1.1" + AGENT,
            '127.0.0.1 - - "GET /a?b HTTP/1.1" 200 SIZE "http://a/" "curl/8.0" "10.0.0.9"',
            id="who-asked-for-what",
        ),
        pytest.param(
            b"HEAD / HTTP/1.0\r\n\r\n", '127.0.0.1 - - "HEAD / HTTP/1.0" 200 0 "-" "-" "-"', id="nothing-told"
        ),
        pytest.param(b"nonsense\r\n\r\n", '127.0.0.1 - - "nonsense" 400 0 "-" "-" "-"', id="no-request"),
        pytest.param(
            FORGED,
            r'127.0.0.1 - - "GET /\x22\x5C\xFF HTTP/1.1" 200 SIZE "-" "a\x22b\x1B[31m" "-"',
            id="what-could-forge-a-line",
        ),
    ],
)
def test_each_request_is_logged_as_nginx_does(logged, request_bytes, line):
    """`kubectl logs` shows who asked: log_format main of the nginx image, with its escapes."""
    found = logged(request_bytes)

    assert re.sub(r" 200 [1-9]\d+ ", " 200 SIZE ", found) == line


def test_a_client_by_ipv6_is_logged_without_brackets(logged):
    """As nginx's $remote_addr."""
    assert logged(GET, host="::1").startswith('::1 - - "GET /a?b HTTP/1.1" 200 ')


async def test_many_connections_at_once_are_all_answered(port):
    """Five hundred open connections, each answered twice."""

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(GET)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in head.splitlines() if line.startswith(b"Content-L")
            )
            await reader.readexactly(length)
        writer.close()
        await writer.wait_closed()
        return head.startswith(b"HTTP/1.1 200")

    assert all(await asyncio.gather(*(one() for _ in range(500))))


def test_datagrams_are_answered(port):
    """UDP: the same identity, and what was sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(60)
        client.sendto(b"ping", ("127.0.0.1", port))
        answer = client.recv(2048).decode()
        assert answer.endswith(f"client: 127.0.0.1:{client.getsockname()[1]}\nping")


def test_a_taken_port_is_said(port):
    """Exit code 1, and the port, on standard error (the container's log)."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(START), "images.programs:http", "--port", str(port)],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert (done.returncode, done.stderr) == (1, f"port {port}: Address already in use\n")
