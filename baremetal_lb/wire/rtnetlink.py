"""The kernel's messages about links, addresses and routes (netlink(7), rtnetlink(7)) as values. Pure.

By hand, for the three questions that a speaker has: a general library is 12 MiB of a process that imports it,
and takes up to a millisecond for a message. Fields are in the machine's own byte order.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from ipaddress import ip_address
from struct import Struct
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.interfaces import HERE, Interface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.addresses import IPAddress


class Kind(IntEnum):
    """Types of messages (linux/netlink.h, linux/rtnetlink.h)."""

    ERROR = 2
    DONE = 3
    NEW_LINK = 16
    DELETED_LINK = 17
    GET_LINK = 18
    NEW_ADDRESS = 20
    DELETED_ADDRESS = 21
    GET_ADDRESS = 22
    NEW_ROUTE = 24
    GET_ROUTE = 26


class Flag(IntFlag):
    """Of a message's header."""

    REQUEST = 0x1
    INTERRUPTED = 0x10  # the list changed while it was told: it may lack something
    DUMP = 0x300


class _Device(IntFlag):
    """Of an interface (net_device_flags)."""

    UP = 0x1
    BROADCAST = 0x2
    RUNNING = 0x40
    NOARP = 0x80


_HEADER: Final = Struct("=IHHII")  # length, type, flags, sequence, port
_LINK: Final = Struct("=BxHiII")  # ifinfomsg: family, type, index, flags, change
_ADDRESS: Final = Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, index
_ROUTE: Final = Struct("=BBBBBBBBI")  # rtmsg: family, two lengths, tos, table, protocol, scope, type, flags
_ATTRIBUTE: Final = Struct("=HH")
_NUMBER: Final = Struct("=i")
_TYPE: Final = 0x3FFF  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_LINK, _IFLA_MASTER, _IFLA_WIRELESS = 1, 3, 5, 10, 11
_IFLA_LINKINFO, _IFLA_LINK_NETNSID, _IFLA_INFO_KIND = 18, 37, 1
_IFA_ADDRESS, _IFA_LOCAL, _IFA_FLAGS = 1, 2, 8
_RTA_DST, _RTA_OIF = 1, 4
_ETHERNET: Final = 1  # ARPHRD_ETHER
_ON_ANOTHER: Final = frozenset({b"macvlan", b"macvtap", b"ipvlan", b"ipvtap"})  # in the same LAN as that one
_DAD_FAILED: Final = 0x08  # IFA_F_DADFAILED
_UNICAST: Final = 1  # RTN_UNICAST


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `body` is without its header."""

    kind: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True)
class AddressNews:
    """What a message says of an address. `usable`: it is there, and nobody else on the LAN has it."""

    index: int
    address: IPAddress
    usable: bool


def listing(kind: Kind) -> bytes:
    """The request for all of that kind."""
    return _message(kind, Flag.REQUEST | Flag.DUMP, bytes(_LINK.size))


def route_question(address: IPAddress) -> bytes:
    """The request for the route that the kernel would take to an address."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    fixed = _ROUTE.pack(family, address.max_prefixlen, 0, 0, 0, 0, 0, 0, 0)
    packed = address.packed
    attribute = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(packed), _RTA_DST) + packed
    return _message(Kind.GET_ROUTE, Flag.REQUEST, fixed + attribute)


def messages(data: bytes) -> Iterator[Message]:
    """The messages in what was read at once; whatever follows a length that can't be is left out."""
    at = 0
    while at + _HEADER.size <= len(data):
        size, kind, flags, _, _ = _HEADER.unpack_from(data, at)
        if not _HEADER.size <= size <= len(data) - at:
            return
        yield Message(kind, flags, data[at + _HEADER.size : at + size])
        at += _padded(size)


def failure(message: Message) -> int:
    """The errno that it tells of; 0 where it tells of none."""
    if message.kind != Kind.ERROR or len(message.body) < _NUMBER.size:
        return 0
    return -int(_NUMBER.unpack_from(message.body)[0])


def link(message: Message) -> Interface | None:
    """The interface that a message about a link describes; None where it does not describe it whole.

    A bridge tells of its ports in messages of its own family, and a wireless card of this and that.
    """
    family, kind, index, flags, _ = _LINK.unpack_from(message.body)
    said = _attributes(message.body, _LINK.size)
    if family != socket.AF_UNSPEC or _IFLA_WIRELESS in said:
        return None
    return Interface(
        index=index,
        name=said.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode(errors="surrogateescape"),
        mac=said.get(_IFLA_ADDRESS, b"") if kind == _ETHERNET else b"",
        up=bool(flags & _Device.UP),
        broadcast=bool(flags & _Device.BROADCAST),
        noarp=bool(flags & _Device.NOARP),
        enslaved=_IFLA_MASTER in said,
        carrier=bool(flags & _Device.RUNNING),
        lower=_lower(said),
    )


def address(message: Message) -> AddressNews | None:
    """What a message about an address says; None where it is of another family than IP."""
    family, _, flags, _, index = _ADDRESS.unpack_from(message.body)
    if family not in (socket.AF_INET, socket.AF_INET6):
        return None
    said = _attributes(message.body, _ADDRESS.size)
    packed = said.get(_IFA_LOCAL) or said.get(_IFA_ADDRESS)  # with two ends the latter is the other end's
    if packed is None:
        return None
    if _IFA_FLAGS in said:
        flags = _number(said[_IFA_FLAGS])
    there = message.kind == Kind.NEW_ADDRESS and not flags & _DAD_FAILED
    return AddressNews(index, ip_address(packed), there)


def way_out(message: Message) -> int | None:
    """The number of the interface by which a route leads (0: none); None where it leads to nobody's LAN.

    A route of another type: IPVS has the address on an interface of its own, or somebody forbids it.
    """
    kind = _ROUTE.unpack_from(message.body)[7]
    oif = _attributes(message.body, _ROUTE.size).get(_RTA_OIF)
    if kind != _UNICAST:
        return None
    return _number(oif) if oif else 0


def _lower(said: dict[int, bytes]) -> tuple[int, int] | None:
    kind = _attributes(said.get(_IFLA_LINKINFO, b""), 0).get(_IFLA_INFO_KIND, b"").rstrip(b"\0")
    if kind not in _ON_ANOTHER or _IFLA_LINK not in said:
        return None
    namespace = said.get(_IFLA_LINK_NETNSID)  # 0 is a namespace, too
    return _number(said[_IFLA_LINK]), HERE if namespace is None else _number(namespace)


def _attributes(data: bytes, at: int) -> dict[int, bytes]:
    """The attributes from there on, by type."""
    found = {}
    while at + _ATTRIBUTE.size <= len(data):
        size, kind = _ATTRIBUTE.unpack_from(data, at)
        if not _ATTRIBUTE.size <= size <= len(data) - at:
            break
        found[kind & _TYPE] = data[at + _ATTRIBUTE.size : at + size]
        at += _padded(size)
    return found


def _number(content: bytes) -> int:
    return int(_NUMBER.unpack_from(content)[0])


def _padded(size: int) -> int:
    return (size + 3) & ~3


def _message(kind: Kind, flags: Flag, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body
