"""The solicited-node groups (RFC 4291 2.7.1) of the addresses announced on one interface.

Whoever asks for an IPv6 address sends to its group, and a switch that listens in on MLD delivers that only
to those who have joined. The kernel tells the switches, sets the network card's filter, and does both again
when the link comes back; it does not answer for an address by that. Where IPv6 is switched off on the
interface, the card's filter is set all the same, through the packet socket.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from ipaddress import IPv6Address

    from baremetal_lb.link.packet_socket import PacketSocket

_HEAD: Final = bytes.fromhex("ff0200000000000000000001ff")
_MAC_HEAD: Final = b"\x33\x33\xff"
_FULL: Final = frozenset({errno.ENOMEM, errno.ENOBUFS})  # a socket's option memory (net.core.optmem_max)


def group_socket() -> socket.socket:
    """A socket that can join groups; it needs no privilege and receives nothing."""
    return socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)


class Groups:
    """Joined as long as any address needs them, left with the last one or by `close`."""

    def __init__(
        self, index: int, packets: PacketSocket, open_socket: Callable[[], socket.socket] = group_socket
    ) -> None:
        self._index = index
        self._packets = packets
        self._open = open_socket
        self._sockets: list[socket.socket] = []
        self._members: Counter[bytes] = Counter()  # addresses in a group, by the group's last 3 bytes
        self._joined: dict[bytes, socket.socket | None] = {}

    def join(self, addresses: Iterable[IPv6Address]) -> None:
        """Join the groups of these addresses; what the kernel refuses is left to the switches' mercy."""
        for address in addresses:
            group = address.packed[13:]
            self._members[group] += 1
            if group not in self._joined:
                self._joined[group] = self._join(group)

    def leave(self, addresses: Iterable[IPv6Address]) -> None:
        """Leave the groups that no other address needs."""
        for address in addresses:
            group = address.packed[13:]
            self._members[group] -= 1
            if self._members[group] <= 0:
                del self._members[group]
                member = self._joined.pop(group, None)
                if member is not None:
                    with suppress(OSError):  # the interface took its groups with it
                        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP, self._request(group))

    def close(self) -> None:
        """Leave them all."""
        for each in self._sockets:
            each.close()
        self._sockets.clear()
        self._joined.clear()
        self._members.clear()

    def _join(self, group: bytes) -> socket.socket | None:
        """The socket that is a member now; None where only the packet socket is, or nobody."""
        try:
            return self._join_by_any(group)
        except OSError:
            with suppress(OSError):  # gone: the next look at the interfaces says so
                self._packets.join(self._index, _MAC_HEAD + group)
            return None

    def _join_by_any(self, group: bytes) -> socket.socket:
        for each in reversed(self._sockets):
            try:
                return self._join_by(each, group)
            except OSError as exc:
                if exc.errno not in _FULL:
                    raise
        self._sockets.append(self._open())
        return self._join_by(self._sockets[-1], group)

    def _join_by(self, member: socket.socket, group: bytes) -> socket.socket:
        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, self._request(group))
        return member

    def _request(self, group: bytes) -> bytes:
        return _HEAD + group + struct.pack("@I", self._index)
