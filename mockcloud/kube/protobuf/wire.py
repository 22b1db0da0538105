"""The protobuf wire format (protobuf.dev/programming-guides/encoding): bytes -> numbered fields."""

import struct
from collections.abc import Iterator

Value = int | bytes


class WireError(ValueError):
    """The bytes are not a protobuf message."""


def fields(content: bytes) -> Iterator[tuple[int, Value]]:
    """Each field in order: varints and fixed numbers as unsigned integers, the rest as bytes."""
    position = 0
    while position < len(content):
        tag, position = _varint(content, position)
        match tag & 7:
            case 0:
                value, position = _varint(content, position)
                yield tag >> 3, value
            case 1:
                yield tag >> 3, struct.unpack("<Q", _take(content, position, 8))[0]
                position += 8
            case 2:
                length, position = _varint(content, position)
                yield tag >> 3, _take(content, position, length)
                position += length
            case 5:
                yield tag >> 3, struct.unpack("<I", _take(content, position, 4))[0]
                position += 4
            case other:
                msg = f"wire type {other} at byte {position}: expected 0, 1, 2 or 5"
                raise WireError(msg)


def signed(value: int) -> int:
    """A varint as the two's complement number of 64 bits that it carries."""
    return value - (1 << 64) if value >= 1 << 63 else value


def _take(content: bytes, position: int, length: int) -> bytes:
    if position + length > len(content):
        msg = f"the message ends at byte {len(content)}, within a field of {length} bytes"
        raise WireError(msg)
    return content[position : position + length]


def _varint(content: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(content) or shift > 63:
            msg = f"the number at byte {position} has no end"
            raise WireError(msg)
        byte = content[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position
        shift += 7
