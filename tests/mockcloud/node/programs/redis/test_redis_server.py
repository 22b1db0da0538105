"""The stand-in for Redis, by its protocol over a real socket."""

import socket

import pytest


class Client:
    """Sends words, reads one reply as text."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), 5)
        self.file = self.sock.makefile("rb")

    def ask(self, *words):
        parts = [f"*{len(words)}\r\n", *(f"${len(word.encode())}\r\n{word}\r\n" for word in words)]
        self.sock.sendall("".join(parts).encode())
        return self.reply()

    def reply(self):
        line = self.file.readline().decode().strip()
        match line[0], line[1:]:
            case "$", size:
                return None if size == "-1" else self.file.read(int(size) + 2)[:-2].decode()
            case ("*" | "%") as kind, count:
                parts = [self.reply() for _ in range(int(count) * (2 if kind == "%" else 1))]
                return dict(zip(parts[::2], parts[1::2], strict=True)) if kind == "%" else parts
            case "_", _:
                return None
            case ":", number:
                return int(number)
        return line

    def close(self):
        self.file.close()
        self.sock.close()


@pytest.fixture(scope="module")
def port(serving):
    return serving("redis.server")


@pytest.fixture
def client(port):
    found = Client(port)
    found.ask("FLUSHALL")
    yield found
    found.close()


@pytest.mark.parametrize(
    ("conversation"),
    [
        pytest.param([("PING", "+PONG"), ("PING x", "x"), ("ECHO hi", "hi")], id="ping"),
        pytest.param(
            [("GET a", None), ("SET a 1", "+OK"), ("INCR a", 2), ("INCRBY a 5", 7), ("GET a", "7")],
            id="a-counter",
        ),
        pytest.param(
            [("SET a x", "+OK"), ("INCR a", "-ERR value is not an integer or out of range")], id="text"
        ),
        pytest.param(
            [("SET a 1 NX", "+OK"), ("SET a 2 NX", None), ("SET a 3 XX GET", "1"), ("GET a", "3")],
            id="set-with-conditions",
        ),
        pytest.param(
            [("SET a 1 EX 100", "+OK"), ("TTL a", 100), ("PERSIST a", 1), ("TTL a", -1)], id="expiry"
        ),
        pytest.param([("SET a 1 PX 0", "+OK"), ("GET a", None), ("TTL a", -2)], id="expired"),
        pytest.param([("SET a 1 EX", "-ERR syntax error")], id="half-an-option"),
        pytest.param(
            [("MSET a 1 b 2", "+OK"), ("MGET a b c", ["1", "2", None]), ("EXISTS a b c", 2), ("DEL a c", 1)],
            id="several-keys",
        ),
        pytest.param(
            [("SET ab 1", "+OK"), ("SET b 1", "+OK"), ("KEYS a*", ["ab"]), ("DBSIZE", 2)], id="keys"
        ),
        pytest.param(
            [("MULTI", "+OK"), ("SET a 1", "+QUEUED"), ("INCR a", "+QUEUED"), ("EXEC", ["+OK", 2])], id="exec"
        ),
        pytest.param([("EXEC", "-ERR EXEC without MULTI")], id="exec-alone"),
        pytest.param([("GET", "-ERR wrong number of arguments for 'get' command")], id="no-argument"),
        pytest.param(
            [("CLIENT SETNAME me", "+OK"), ("CLIENT GETNAME", "me"), ("SELECT 0", "+OK")], id="client"
        ),
    ],
)
def test_conversations(client, conversation):
    """Replies as Redis gives them."""
    assert [(words, client.ask(*words.split())) for words, _ in conversation] == conversation


def test_unknown_commands_say_that_this_is_a_stand_in(client):
    """Nobody is left to think that the real one refused."""
    assert "stand-in" in client.ask("LPUSH", "a", "1")


def test_hello_3_changes_the_types_of_replies(client):
    """Maps and nulls have a form of their own in RESP3."""
    assert client.ask("HELLO", "3")["proto"] == 3
    assert client.ask("GET", "none") is None
    assert client.ask("HELLO", "9").startswith("-NOPROTO")


def test_info_says_who_answers_and_to_whom(client):
    """Pod, node, and the address that the server saw."""
    host, port = client.sock.getsockname()
    lines = client.ask("INFO", "lab").splitlines()
    assert lines == ["# Lab", "pod:pod-0", "namespace:default", "node:node-1", f"client:{host}:{port}"]
    assert f" addr={host}:{port} " in client.ask("CLIENT", "INFO")


def test_a_command_typed_by_hand_is_understood(client):
    """Inline commands, as `nc` sends them."""
    client.sock.sendall(b"PING\r\n\r\nECHO hi\r\n")
    assert [client.reply(), client.reply()] == ["+PONG", "hi"]


@pytest.mark.parametrize("junk", [b"*x\r\n", b"*1\r\n+x\r\n", b"*1\r\n$9999999999\r\n", b"*2\r\n$1\r\na\r\n"])
def test_junk_ends_the_connection_and_not_the_server(port, client, junk):
    """What is no command is answered with a goodbye."""
    other = Client(port)
    other.sock.sendall(junk)
    other.sock.shutdown(socket.SHUT_WR)
    assert other.file.read() == b""
    other.close()
    assert client.ask("PING") == "+PONG"
