"""The stand-in for MySQL, by its protocol."""

import socket
import struct

import pytest


class Client:
    """Logs in; asks; gives a result set as (names, rows), OK as None, an error as its text."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), 5)
        self.file = self.sock.makefile("rb")
        self.greeting = self.packet()

    def login(self, database=b"shop"):
        abilities = 1 | 8 | 0x200 | 0x8000 | 0x80000
        body = (
            struct.pack("<IIB23x", abilities, 1 << 24, 45)
            + b"root\0"
            + b"\x14"
            + b"x" * 20
            + database
            + b"\0"
        )
        self.send(1, body + b"mysql_native_password\0")
        return self.packet()

    def ask(self, command, text=""):
        self.send(0, bytes([command]) + text.encode())
        first = self.packet()
        if first[0] == 0xFF:
            return first[9:].decode()
        if first[0] == 0:
            return None
        names = [self.texts(self.packet())[4] for _ in range(first[0])]
        assert self.packet()[0] == 0xFE
        rows = []
        while (row := self.packet())[0] != 0xFE:
            rows.append(self.texts(row))
        return names, rows

    def send(self, number, body):
        self.sock.sendall(len(body).to_bytes(3, "little") + bytes([number]) + body)

    def packet(self):
        head = self.file.read(4)
        return self.file.read(int.from_bytes(head[:3], "little"))

    @staticmethod
    def texts(body):
        found, place = [], 0
        while place < len(body) and len(found) < 6:
            if body[place] == 0xFB:
                found.append(None)
                place += 1
                continue
            end = place + 1 + body[place]
            found.append(body[place + 1 : end].decode())
            place = end
        return found

    def close(self):
        self.file.close()
        self.sock.close()


@pytest.fixture(scope="module")
def port(serving):
    return serving("mysql.server")


@pytest.fixture
def client(port):
    found = Client(port)
    assert found.greeting[:2] == b"\x0a8"
    assert found.login()[0] == 0
    yield found
    found.close()


QUERY, PING, INIT_DB, QUIT = 3, 14, 2, 1


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("select 1", (["1"], [["1"]])),
        ("SELECT @@hostname", (["@@hostname"], [["pod-0"]])),
        ("select user(), database()", (["user()", "database()"], [["root@127.0.0.1", "shop"]])),
        ("select pod, node from lab;", (["pod", "node"], [["pod-0", "node-1"]])),
        ("select null as nothing", (["nothing"], [[None]])),
        ("show databases", (["Database"], [["information_schema"], ["mysql"], ["shop"]])),
        ("show tables", (["Tables_in_shop"], [])),
        ("set names utf8mb4", None),
        ("drop table users", "DROP is not supported: this is a lab's stand-in without tables"),
        ("select 1 +", "syntax error at end of input"),
    ],
)
def test_queries(client, query, answer):
    """Rows, OK, or why not."""
    assert client.ask(QUERY, query) == answer


def test_the_session_has_a_database_that_can_be_changed(client):
    """By USE, and by the command of the protocol."""
    assert client.ask(PING) is None
    assert client.ask(QUERY, "use other") is None
    assert client.ask(QUERY, "select database()")[1] == [["other"]]
    assert client.ask(INIT_DB, "third") is None
    assert client.ask(QUERY, "select database()")[1] == [["third"]]
    assert "Unknown command" in client.ask(99)


def test_quitting_and_junk_end_the_connection(client, port):
    """And not the server."""
    client.send(0, bytes([QUIT]))
    assert client.file.read() == b""
    other = Client(port)
    other.sock.sendall(b"\x01\0\0\x01x")
    other.sock.shutdown(socket.SHUT_WR)
    assert other.file.read() == b""
    other.close()
