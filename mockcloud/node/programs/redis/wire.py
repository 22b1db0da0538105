"""RESP, the protocol of Redis clients: commands in, replies out (the Redis serialization protocol)."""

from typing import Final

from mockcloud.node.programs.serving import Connection, Hangup

MOST_WORDS: Final = 1024 * 1024


class SimpleString(str):
    """A reply such as OK."""

    __slots__ = ()
    mark: Final = "+"


class SimpleError(str):
    """A reply that is an error; it begins with a code such as ERR."""

    __slots__ = ()
    mark: Final = "-"


def read_command(connection: Connection) -> list[bytes]:
    """The next command's words; an inline one (typed by hand) is split at spaces. [] for an empty line."""
    line = connection.line()
    if not line.startswith(b"*"):
        return line.split()
    return [_bulk(connection) for _ in range(_number(line[1:]))]


def encoded(value: object, protocol: int) -> bytes:
    """A reply; `protocol` 3 has types of its own for null and maps."""
    match value:
        case None:
            return b"_\r\n" if protocol == 3 else b"$-1\r\n"
        case SimpleString() | SimpleError():
            return f"{value.mark}{value}\r\n".encode()
        case int():
            return f":{value}\r\n".encode()
        case str():
            data = value.encode("utf-8", "surrogateescape")
            return b"$%d\r\n%s\r\n" % (len(data), data)
        case list():
            return _many(b"*", len(value), value, protocol)
        case dict():
            parts = [part for pair in value.items() for part in pair]
            return _many(b"%", len(value), parts, 3) if protocol == 3 else encoded(parts, protocol)
    msg = f"no reply can be made of {value!r}"
    raise TypeError(msg)


def _many(mark: bytes, count: int, parts: list[object], protocol: int) -> bytes:
    return b"%s%d\r\n" % (mark, count) + b"".join(encoded(each, protocol) for each in parts)


def _bulk(connection: Connection) -> bytes:
    line = connection.line()
    if not line.startswith(b"$"):
        raise Hangup
    return connection.read(_number(line[1:]) + 2)[:-2]


def _number(text: bytes) -> int:
    if not text.isdigit() or len(text) > 7 or int(text) > MOST_WORDS:
        raise Hangup
    return int(text)
