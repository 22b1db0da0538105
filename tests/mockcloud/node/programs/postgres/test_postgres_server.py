"""The stand-in for PostgreSQL, by psql where there is one, and by its protocol."""

import shutil
import socket
import struct
import subprocess

import pytest


@pytest.fixture(scope="module")
def port(serving):
    return serving("postgres.server")


def psql(port, *commands):
    if shutil.which("psql") is None:
        pytest.skip("there is no psql")
    arguments = [word for command in commands for word in ("-c", command)]
    return subprocess.run(
        ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "admin", "-d", "myapp", "-A", "-t", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        env={"PATH": "/usr/bin:/bin"},
        check=False,
    )


def test_psql_connects_without_a_password_and_learns_who_answers(port):
    """As the guide types it."""
    done = psql(
        port,
        "select pod, namespace, node from lab",
        "select current_user, current_database()",
        "show cluster_name",
    )
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        ["pod-0|default|node-1", "admin|myapp", "pod-0"],
    )


def test_psql_is_told_what_the_stand_in_cannot_do(port):
    """The error is the server's, and the session goes on."""
    done = psql(port, "create table t (a int)", "begin; select 1; commit", "show nothing")
    assert done.stdout.splitlines() == ["BEGIN", "1", "COMMIT"]
    assert "CREATE is not supported: this is a lab's stand-in without tables" in done.stderr
    assert 'unrecognized configuration parameter "nothing"' in done.stderr


class Wire:
    """Messages by hand."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), 5)
        self.file = self.sock.makefile("rb")

    def start(self):
        body = struct.pack("!i", 3 << 16) + b"user\0admin\0\0"
        self.sock.sendall(struct.pack("!i", len(body) + 4) + body)
        return self.until_ready()

    def send(self, *messages):
        parts = [kind.encode() + struct.pack("!i", len(body) + 4) + body for kind, body in messages]
        self.sock.sendall(b"".join(parts))

    def until_ready(self):
        found = []
        while not found or found[-1][0] != "Z":
            kind = self.file.read(1).decode()
            (size,) = struct.unpack("!i", self.file.read(4))
            found.append((kind, self.file.read(size - 4)))
        return found

    def close(self):
        self.file.close()
        self.sock.close()


@pytest.fixture
def wire(port):
    found = Wire(port)
    yield found
    found.close()


def test_encryption_is_declined_and_the_session_goes_on(wire):
    """SSLRequest is answered with N."""
    wire.sock.sendall(struct.pack("!ii", 8, 80877103))
    assert wire.file.read(1) == b"N"
    kinds = [kind for kind, _ in wire.start()]
    assert (kinds[0], kinds[-2:]) == ("R", ["K", "Z"])


def test_prepared_statements_without_parameters_are_answered(wire):
    """What drivers send: Parse, Bind, Describe, Execute, Sync."""
    wire.start()
    wire.send(
        ("P", b"\0select pod_name()\0\0\0"),
        ("B", b"\0\0\0\0\0\0\0\0"),
        ("D", b"P\0"),
        ("E", b"\0\0\0\0\0"),
        ("S", b""),
    )
    replies = wire.until_ready()
    assert [kind for kind, _ in replies] == ["1", "2", "T", "D", "C", "Z"]
    assert replies[3][1] == struct.pack("!hi", 1, 5) + b"pod-0"


def test_after_an_error_all_is_skipped_until_sync(wire):
    """As the protocol asks."""
    wire.start()
    wire.send(("P", b"\0drop table x\0\0\0"), ("D", b"S\0"), ("E", b"\0\0\0\0\0"), ("S", b""))
    assert [kind for kind, _ in wire.until_ready()] == ["1", "E", "Z"]
    wire.send(("Q", b" \0"))
    assert [kind for kind, _ in wire.until_ready()] == ["I", "Z"]


@pytest.mark.parametrize(
    "junk", [b"\xff" * 20, b"\0\0\0\x08\x04\xd2\x16\x2e", struct.pack("!i", 4), b"GET / HTTP/1.1\r\n"]
)
def test_what_is_no_startup_is_hung_up_on(wire, junk):
    """Also a request to cancel, which needs no answer."""
    wire.sock.sendall(junk)
    wire.sock.shutdown(socket.SHUT_WR)
    assert wire.file.read() == b""
