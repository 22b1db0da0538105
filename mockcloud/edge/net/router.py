"""Makes the calling process's network a cloud's edge: a router that has all of its public addresses."""

from __future__ import annotations

import contextlib
import socket
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Final

from pyroute2.netlink.exceptions import NetlinkError

from mockcloud.cloud.core.addresses import PUBLIC_V4, PUBLIC_V6
from mockcloud.node.host.kernel import SYSCTL, make_router
from mockcloud.proxy.decide.views import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyroute2 import AsyncIPRoute

METADATA: Final = IPv4Network("169.254.169.254/32")
_LOCAL_TABLE: Final = 255
_EXISTS: Final = 17  # EEXIST


class Router:
    """The addresses that the edge answers for."""

    def __init__(self, netlink: AsyncIPRoute, inside: str) -> None:
        self._netlink, self._inside = netlink, socket.if_nametoindex(inside)
        self._own: frozenset[IPv4Address] = frozenset()

    async def prepare(self) -> None:
        """Forward packets, and have the ranges of public addresses as one's own."""
        make_router(FAMILIES)
        for version in (
            "ipv4",
            "ipv6",
        ):  # IPv6 lets nobody listen at an address that only a route makes one's own
            (SYSCTL / version / "ip_nonlocal_bind").write_text("1")
        # What comes of a connection that is forgotten is no new one. Not every user may say so.
        with contextlib.suppress(OSError):
            (SYSCTL / "netfilter/nf_conntrack_tcp_loose").write_text("0")
        loopback = socket.if_nametoindex("lo")
        for whole in (PUBLIC_V4, PUBLIC_V6, METADATA):
            family = socket.AF_INET6 if whole.version == 6 else socket.AF_INET
            words = {"dst": str(whole), "family": family, "oif": loopback, "scope": "host"}
            try:
                await self._netlink.route("add", type="local", table=_LOCAL_TABLE, **words)
            except NetlinkError as error:
                if error.code != _EXISTS:
                    raise

    async def answer_for(self, addresses: Iterable[IPv4Address]) -> None:
        """These addresses of the private network are the edge's, and no others that it had."""
        wanted = frozenset(addresses)
        for each in sorted(self._own - wanted):
            await self._netlink.addr("del", index=self._inside, address=str(each), prefixlen=32)
        for each in sorted(wanted - self._own):
            await self._netlink.addr("replace", index=self._inside, address=str(each), prefixlen=32)
        self._own = wanted
