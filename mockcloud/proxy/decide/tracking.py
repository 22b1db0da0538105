"""The kernel's messages about tracked UDP connections (linux/netfilter/nfnetlink_conntrack.h). Pure.

Written by hand because there may be tens of thousands of them: a general netlink library took 130 us each.
"""

import struct
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from mockcloud.proxy.decide.stale import Flow
from mockcloud.proxy.decide.views import Family, Target

SUBSYSTEM: Final = 1 << 8  # NFNL_SUBSYS_CTNETLINK
NEW, GET, DELETE = SUBSYSTEM, SUBSYSTEM | 1, SUBSYSTEM | 2  # what is listed comes as NEW
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
REQUEST, ACK, DUMP = 0x1, 0x4, 0x300
NESTED: Final = 0x8000
TUPLE_ORIGINAL, TUPLE_REPLY, FILTER = 1, 2, 25
TUPLE_PROTOCOL: Final = 2
PROTOCOL_NUMBER: Final = 1
FILTER_ORIGINAL_FLAGS: Final = 1
FILTER_BY_PROTOCOL: Final = 1 << 3
UDP: Final = 17
HEADER: Final = struct.Struct("=IHHII")
ATTRIBUTE: Final = struct.Struct("=HH")
BODY_AT: Final = HEADER.size + 4  # after an nfgenmsg
FAMILIES: Final = {Family.IPV4: 2, Family.IPV6: 10}  # AF_INET, AF_INET6
# One direction of a connection as the kernel writes it: the attribute's own head, then source and destination
# address, protocol, source and destination port, each behind heads of its own.
LAYOUT: Final = ">4s4x 4x{0}s 4x{0}s 4x 4xB3x 4xH2x 4xH2x"
DIRECTIONS: Final = {
    Family.IPV4: struct.Struct(LAYOUT.format(4)),
    Family.IPV6: struct.Struct(LAYOUT.format(16)),
}


def listing(family: Family) -> bytes:
    """The request for all UDP connections of the family; the kernel leaves the others out (since 5.8)."""
    udp = _attribute(TUPLE_PROTOCOL | NESTED, _attribute(PROTOCOL_NUMBER, bytes([UDP])))
    flags = _attribute(FILTER_ORIGINAL_FLAGS, struct.pack("=I", FILTER_BY_PROTOCOL))
    body = _attribute(TUPLE_ORIGINAL | NESTED, udp) + _attribute(FILTER | NESTED, flags)
    return _message(GET, REQUEST | DUMP, family, body)


def removal(family: Family, flow: Flow) -> bytes:
    """The request to forget one; the kernel answers whether it could."""
    return _message(DELETE, REQUEST | ACK, family, flow.tuple)


def flows(family: Family, data: bytes) -> tuple[list[Flow], bool]:
    """The UDP connections in a piece of the listing, and whether it was the last one."""
    found: list[Flow] = []
    at = 0
    while at + HEADER.size <= len(data):
        size, kind, _, _, _ = HEADER.unpack_from(data, at)
        if kind in (NLMSG_DONE, NLMSG_ERROR):
            return found, True
        whole = BODY_AT + 2 * DIRECTIONS[family].size <= size <= len(data) - at
        if kind == NEW and whole:
            flow = _flow(family, data, at + BODY_AT)
            if flow is not None:
                found.append(flow)
        at += max(_padded(size), HEADER.size)
    return found, False


def _flow(family: Family, data: bytes, at: int) -> Flow | None:
    """The connection described from there on; None where it is not laid out as expected."""
    layout = DIRECTIONS[family]
    head, source, to, protocol, _, to_port = layout.unpack_from(data, at)
    reply_head, server, seen, _, server_port, _ = layout.unpack_from(data, at + layout.size)
    expected = tuple(ATTRIBUTE.pack(layout.size, kind | NESTED) for kind in (TUPLE_ORIGINAL, TUPLE_REPLY))
    if (head, reply_head) != expected or protocol != UDP:
        return None
    return Flow(
        source=_text(source),
        to=Target(_text(to), to_port),
        server=Target(_text(server), server_port),
        hidden=seen != source,
        tuple=data[at : at + layout.size],
    )


@lru_cache(maxsize=4096)
def _text(address: bytes) -> str:
    return str(ip_address(address))


def _attribute(kind: int, content: bytes) -> bytes:
    head = ATTRIBUTE.pack(ATTRIBUTE.size + len(content), kind)
    return (head + content).ljust(_padded(len(head) + len(content)), b"\0")


def _message(kind: int, flags: int, family: Family, body: bytes) -> bytes:
    head = HEADER.pack(BODY_AT + len(body), kind, flags, 1, 0)
    return head + bytes([FAMILIES[family], 0, 0, 0]) + body


def _padded(size: int) -> int:
    return (size + 3) & ~3
