"""The addresses that this node asks from on one interface, as the kernel has them at the moment."""

from __future__ import annotations

import fcntl
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from baremetal_lb.link.packet_socket import PacketSocket
    from baremetal_lb.model.interfaces import Interface

_SIOCGIFADDR: Final = 0x8915
_NEIGHBOURS: Final = "ff02::1"
_DISCARD: Final = 9  # a port; nothing is sent


def ipv4_source(packets: PacketSocket, name: str) -> IPv4Address | None:
    """The interface's first IPv4 address, None where it has none."""
    try:
        found = fcntl.ioctl(packets, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
    except OSError:
        return None
    return IPv4Address(found[20:24])


def ipv6_source(open_socket: Callable[[], socket.socket], interface: Interface) -> IPv6Address | None:
    """The address that the kernel would send from to its neighbours there, None where it has none."""
    try:
        with open_socket() as opened:
            opened.connect((_NEIGHBOURS, _DISCARD, 0, interface.index))
            return IPv6Address(str(opened.getsockname()[0]).partition("%")[0])
    except OSError:
        return None
