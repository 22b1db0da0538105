"""The solicited-node groups (RFC 4291 2.7.1) of the addresses announced on one interface.

Whoever asks for an IPv6 address sends to its group, and a switch that listens in on MLD delivers that only
to those who have joined. The kernel tells the switches when they ask, sets the network card's filter, and
does both again when the link comes back; it does not answer for an address by that. But for each frame to any
group it looks through all groups that it has joined (26 ns each, 260 us for 10,000), so it joins the first
ones only; for the others, or where it can't, the packet socket receives the frames of all groups. And since
the kernel is mute where IPv6 is switched off on the interface, each shout goes with a report of our own.
"""

from __future__ import annotations

import socket
import struct
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from ipaddress import IPv6Address

    from baremetal_lb.link.packet_socket import PacketSocket

KERNEL_MOST: Final = 128  # 3 us a frame; few clusters announce more IPv6 addresses from one node
_HEAD: Final = bytes.fromhex("ff0200000000000000000001ff")


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
        self._socket: socket.socket | None = None
        self._members: Counter[bytes] = Counter()  # addresses in a group, by the group's last 3 bytes
        self._joined: set[bytes] = set()  # by the kernel
        self._listening_to_all = False

    def join(self, addresses: Iterable[IPv6Address]) -> None:
        """Have what is sent to the groups of these addresses delivered."""
        for address in addresses:
            group = address.packed[13:]
            self._members[group] += 1
            if self._members[group] == 1 and not self._join(group):
                self._listen_to_all()

    def leave(self, addresses: Iterable[IPv6Address]) -> None:
        """Leave the groups that no other address needs."""
        for address in addresses:
            group = address.packed[13:]
            self._members[group] -= 1
            if self._members[group] <= 0:
                del self._members[group]
                self._leave(group)

    def close(self) -> None:
        """Leave them all."""
        if self._socket is not None:
            self._socket.close()
        self._joined.clear()
        self._members.clear()

    def _join(self, group: bytes) -> bool:
        """Whether the kernel is a member now."""
        if len(self._joined) >= KERNEL_MOST:
            return False
        try:
            if self._socket is None:
                self._socket = self._open()
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, self._request(group))
        except OSError:  # no IPv6 there, or no room for more (net.core.optmem_max)
            return False
        self._joined.add(group)
        return True

    def _leave(self, group: bytes) -> None:
        if group in self._joined and self._socket is not None:
            self._joined.discard(group)
            with suppress(OSError):  # the interface took its groups with it
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP, self._request(group))

    def _listen_to_all(self) -> None:
        """Not a filter for each: cards have room for some dozens, then they let everything pass anyway."""
        if not self._listening_to_all:
            with suppress(OSError):  # gone: the next look at the interfaces says so
                self._packets.receive_all_groups(self._index)
                self._listening_to_all = True

    def _request(self, group: bytes) -> bytes:
        return _HEAD + group + struct.pack("@I", self._index)
