"""Keeps a node's addresses, routes, neighbours and kernel settings, whatever takes them away.

The kernel forgets an interface's routes (and IPv6 addresses) when it goes down, and people flush and delete.
So the kernel's news are listened to, and after those by which something may be missing all is looked at.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from typing import Any, Final, assert_never

from pyroute2 import AsyncIPRoute
from pyroute2.netlink.exceptions import NetlinkError

from mockcloud.node.host.kernel import make_router
from mockcloud.node.host.network import rtnetlink
from mockcloud.node.host.network.repairs import Put, Remove, Repair, SetUp, repairs
from mockcloud.node.host.network.state import Address, Neighbour, Network, Protocol, Route
from mockcloud.proxy.decide.views import Family

LOG: Final = logging.getLogger(__name__)
SETTLE_SECONDS: Final = 0.05  # whoever flushes is not done with the first route
# Eighty nodes that start bring each other news all the while: their agents must leave time for the rest.
REST_FACTOR: Final = 20
LONGEST_REST: Final = 0.5
RETRY_SECONDS: Final = 2.0
READ: Final = 1 << 18
ANSWER_SECONDS: Final = 5.0
NO_DAD: Final = 0x02  # IFA_F_NODAD: the address is ours to give
CONNECTED_METRIC: Final = 256  # the kernel's, for IPv6 ranges on an interface
# RTMGRP_: link, neighbours, addresses and routes of both families, and their settings (RTNLGRP_*_NETCONF).
GROUPS: Final = 1 << 0 | 1 << 2 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 23 | 1 << 24


class NetworkKeeper:
    """The network of one node, in whose namespace it is made; `base` is there whatever pods and nodes are."""

    def __init__(self, netlink: AsyncIPRoute, base: Network, families: tuple[Family, ...]) -> None:
        self.netlink = netlink
        self._base = base
        self._families = families
        self._parts: dict[str, Network] = {}
        self._nodes: frozenset[Route] | None = None  # None: not known yet
        self._wake = asyncio.Event()
        self._reset = True  # whether settings are to be written
        self._complaints: frozenset[str] = frozenset()

    def route_to_nodes(self, routes: frozenset[Route]) -> None:
        """The routes to other nodes' pods are now these."""
        if routes != self._nodes:
            self._nodes = routes
            self._wake.set()

    def keep(self, name: str, part: Network) -> None:
        """Keep this as well: a part that somebody made."""
        self._parts[name] = part

    def release(self, name: str) -> None:
        """That part is about to go."""
        self._parts.pop(name, None)

    async def run(self) -> None:
        """Until cancelled. What the kernel refuses (a gateway that is away) is tried again."""
        loop = asyncio.get_running_loop()
        with self._listening():
            while True:
                self._wake.clear()
                begun = loop.time()
                if not await self.mend():
                    loop.call_later(RETRY_SECONDS, self._wake.set)
                rest = min(REST_FACTOR * (loop.time() - begun), LONGEST_REST)
                await self._wake.wait()
                await asyncio.sleep(max(rest, SETTLE_SECONDS))

    async def mend(self) -> bool:
        """Look, and put right what is not as it is to be; whether all could be done."""
        try:
            if self._reset:
                make_router(self._families)
                self._reset = False
            seen = _look()
        except OSError as error:
            LOG.warning("could not read the node's network: %s", error)
            return False
        failed = [
            complaint for one in repairs(self._wanted(seen), seen) if (complaint := await self._do(one))
        ]
        for complaint in failed:
            if complaint not in self._complaints:  # once, however long it lasts
                LOG.warning("%s", complaint)
        self._complaints = frozenset(failed)
        return not failed

    def _wanted(self, seen: Network) -> Network:
        nodes = self._nodes
        if nodes is None:  # what an agent before us left stays until we know better
            nodes = frozenset(each for each in seen.routes if each.protocol == Protocol.OURS and each.gateway)
        parts = (self._base, Network(routes=nodes), *self._parts.values())
        return Network(
            up=frozenset().union(*(part.up for part in parts)),
            addresses=frozenset().union(*(part.addresses for part in parts)),
            routes=frozenset().union(*(part.routes for part in parts)),
            neighbours=frozenset().union(*(part.neighbours for part in parts)),
        )

    async def _do(self, repair: Repair) -> str:
        """Do it; the complaint where the kernel refuses."""
        try:
            await self._perform(repair)
        except (NetlinkError, LookupError) as error:
            return f"{_words(repair)}: {error}"
        LOG.info("%s", _words(repair))
        return ""

    async def _perform(self, repair: Repair) -> None:
        match repair:
            case SetUp(interface):
                await self.netlink.link("set", index=_index(interface), state="up")
            case Put(Address(interface, ip, bits)):
                flags = NO_DAD if ":" in ip else 0
                index = _index(interface)
                await self.netlink.addr("replace", index=index, address=ip, prefixlen=bits, flags=flags)
            case Put(Neighbour(interface, ip, mac)):
                where = {"ifindex": _index(interface), "family": _family(ip)}
                await self.netlink.neigh("replace", dst=ip, lladdr=mac, state="permanent", **where)
            case Put(Route() as route):
                await self.netlink.route("replace", **_spelled(route))
            case Remove(route):
                await self.netlink.route("del", **_spelled(route))

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        with socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE) as opened:
            opened.bind((0, GROUPS))
            loop = asyncio.get_running_loop()
            loop.add_reader(opened, self._hear, opened)
            try:
                yield
            finally:
                loop.remove_reader(opened)

    def _hear(self, opened: socket.socket) -> None:
        try:
            news = opened.recv(READ)
        except BlockingIOError:
            return
        except OSError:  # ENOBUFS: the kernel had to leave messages out
            self._reset = True
            self._wake.set()
            return
        if rtnetlink.tells_of_loss(news):
            self._reset |= rtnetlink.tells_of_settings(news)
            self._wake.set()


def _look() -> Network:
    """All that the kernel has, within some milliseconds; OSError where it does not answer."""
    found: list[rtnetlink.Message] = []
    with socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
    ) as opened:
        opened.settimeout(ANSWER_SECONDS)
        for kind in rtnetlink.REQUESTS:
            opened.send(rtnetlink.request(kind))
            last = False
            while not last:
                some = list(rtnetlink.messages(opened.recv(READ)))
                last = any(one.kind in (rtnetlink.Kind.DONE, rtnetlink.Kind.ERROR) for one in some)
                found += some
    return rtnetlink.network(found)


def _spelled(route: Route) -> dict[str, Any]:
    """The route in pyroute2's words."""
    words: dict[str, Any] = {
        "dst": route.destination,
        "family": _family(route.destination),
        "proto": route.protocol,
    }
    if route.gateway:
        words["gateway"] = route.gateway
    else:
        words["oif"] = _index(route.interface)
        if ":" not in route.destination:
            words["scope"] = "link"
    if route.source:
        words["prefsrc"] = route.source
    if route.protocol == Protocol.KERNEL and ":" in route.destination:
        words["priority"] = CONNECTED_METRIC
    return words


def _words(repair: Repair) -> str:
    match repair:
        case SetUp(interface):
            return f"interface {interface} is set up"
        case Put(what):
            return f"{what} is set"
        case Remove(route):
            return f"{route} is removed"
    assert_never(repair)


def _index(interface: str) -> int:
    try:
        return socket.if_nametoindex(interface)
    except OSError as error:
        msg = f"there is no interface {interface}"
        raise LookupError(msg) from error


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
