"""The kernel's messages about links, addresses, routes and neighbours (rtnetlink(7)). Pure.

Read by hand because a node looks at all of them whenever something was taken away: a general netlink library
takes 0.1 to 1 ms for each.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_address
from typing import Final

from mockcloud.node.host.network.state import Address, Neighbour, Network, Route


class Kind(IntEnum):
    """Types of messages."""

    ERROR = 2
    DONE = 3
    NEW_LINK, GET_LINK = 16, 18
    NEW_ADDRESS, DELETED_ADDRESS, GET_ADDRESS = 20, 21, 22
    NEW_ROUTE, DELETED_ROUTE, GET_ROUTE = 24, 25, 26
    NEW_NEIGHBOUR, DELETED_NEIGHBOUR, GET_NEIGHBOUR = 28, 29, 30
    NEW_SETTING = 80  # RTM_NEWNETCONF: net.*.conf, forwarding among them


HEADER: Final = struct.Struct("=IHHII")
LINK: Final = struct.Struct("=BxHiII")  # ifinfomsg: family, type, index, flags, change
ADDRESS: Final = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, index
ROUTE: Final = struct.Struct("=BBBBBBBBI")  # rtmsg: family, lengths, tos, table, protocol, scope, type, flags
NEIGHBOUR: Final = struct.Struct("=BxxxiHBB")  # ndmsg: family, index, state, flags, type
ATTRIBUTE: Final = struct.Struct("=HH")
INDEX: Final = struct.Struct("=i")
REQUEST, DUMP = 0x1, 0x300
IS_UP: Final = 0x1  # IFF_UP
PERMANENT: Final = 0x80  # NUD_PERMANENT
MAIN_TABLE: Final = 254
UNICAST: Final = 1
TYPE_MASK: Final = 0x3FFF  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER
IFNAME, IFA_ADDRESS, IFA_LOCAL = 3, 1, 2
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_SOURCE = 1, 4, 5, 7
NDA_DST, NDA_MAC = 1, 2
ANY: Final = {2: "0.0.0.0", 10: "::"}  # AF_INET, AF_INET6
REQUESTS: Final = (Kind.GET_LINK, Kind.GET_ADDRESS, Kind.GET_ROUTE, Kind.GET_NEIGHBOUR)
# By these something may be missing from then on; a link that is up has lost its routes while it was down.
LOSSES: Final = frozenset(
    {Kind.NEW_LINK, Kind.DELETED_ADDRESS, Kind.DELETED_ROUTE, Kind.DELETED_NEIGHBOUR, Kind.NEW_SETTING}
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `body` is without its header."""

    kind: int
    body: bytes


def request(kind: Kind) -> bytes:
    """The request for all of that kind."""
    body = bytes(16)  # as long as the longest of the fixed parts
    return HEADER.pack(HEADER.size + len(body), kind, REQUEST | DUMP, 1, 0) + body


def messages(data: bytes) -> Iterator[Message]:
    """The messages in what was read at once."""
    at = 0
    while at + HEADER.size <= len(data):
        size, kind, _, _, _ = HEADER.unpack_from(data, at)
        if size < HEADER.size:
            return
        yield Message(kind, data[at + HEADER.size : at + size])
        at += _padded(size)


def tells_of_loss(data: bytes) -> bool:
    """Whether something that the node needs may be gone."""
    return any(message.kind in LOSSES for message in messages(data))


def tells_of_settings(data: bytes) -> bool:
    """Whether a setting of the kernel's has changed."""
    return any(message.kind == Kind.NEW_SETTING for message in messages(data))


def network(found: list[Message]) -> Network:
    """The network that these messages, answers to all REQUESTS, tell of."""
    links = dict(_link(message.body) for message in found if message.kind == Kind.NEW_LINK)
    names = {index: name for index, (name, _) in links.items()}

    def told(kind: Kind) -> Iterator[bytes]:
        return (message.body for message in found if message.kind == kind)

    return Network(
        interfaces=frozenset(names.values()),
        up=frozenset(name for name, is_up in links.values() if is_up),
        addresses=frozenset(one for body in told(Kind.NEW_ADDRESS) if (one := _address(body, names))),
        routes=frozenset(route for body in told(Kind.NEW_ROUTE) if (route := _route(body, names))),
        neighbours=frozenset(host for body in told(Kind.NEW_NEIGHBOUR) if (host := _neighbour(body, names))),
    )


def _link(body: bytes) -> tuple[int, tuple[str, bool]]:
    _, _, index, flags, _ = LINK.unpack_from(body)
    name = _attributes(body, LINK.size)[IFNAME].rstrip(b"\0").decode(errors="replace")
    return index, (name, bool(flags & IS_UP))


def _address(body: bytes, names: dict[int, str]) -> Address | None:
    family, bits, _, _, index = ADDRESS.unpack_from(body)
    found = _attributes(body, ADDRESS.size)
    address = found.get(IFA_LOCAL) or found.get(IFA_ADDRESS)
    return Address(names.get(index, ""), _text(address), bits) if address and family in ANY else None


def _route(body: bytes, names: dict[int, str]) -> Route | None:
    """None for what is not in the main table, or no range of hosts."""
    family, bits, _, _, table, protocol, _, kind, _ = ROUTE.unpack_from(body)
    if table != MAIN_TABLE or kind != UNICAST or family not in ANY:
        return None
    found = _attributes(body, ROUTE.size)
    destination = _text(found[RTA_DST]) if RTA_DST in found else ANY[family]
    return Route(
        destination=f"{destination}/{bits}",
        gateway=_text(found[RTA_GATEWAY]) if RTA_GATEWAY in found else "",
        interface=names.get(INDEX.unpack(found[RTA_OIF])[0], "") if RTA_OIF in found else "",
        source=_text(found[RTA_SOURCE]) if RTA_SOURCE in found else "",
        protocol=protocol,
    )


def _neighbour(body: bytes, names: dict[int, str]) -> Neighbour | None:
    """None for those that the kernel found out, or seeks."""
    family, index, state, _, _ = NEIGHBOUR.unpack_from(body)
    found = _attributes(body, NEIGHBOUR.size)
    if not state & PERMANENT or family not in ANY or not found.keys() >= {NDA_DST, NDA_MAC}:
        return None
    return Neighbour(names.get(index, ""), _text(found[NDA_DST]), found[NDA_MAC].hex(":"))


def _attributes(body: bytes, at: int) -> dict[int, bytes]:
    found = {}
    at = _padded(at)
    while at + ATTRIBUTE.size <= len(body):
        size, kind = ATTRIBUTE.unpack_from(body, at)
        if size < ATTRIBUTE.size:
            break
        found[kind & TYPE_MASK] = body[at + ATTRIBUTE.size : at + size]
        at += _padded(size)
    return found


def _text(address: bytes) -> str:
    return str(ip_address(address))


def _padded(size: int) -> int:
    return (size + 3) & ~3
