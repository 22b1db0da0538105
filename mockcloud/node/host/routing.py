"""Keeps the kernel's routes to other nodes' pods; only routes that carry our protocol number are touched."""

import asyncio
import logging
from ipaddress import ip_network
from socket import AF_INET, AF_INET6
from typing import Final

from pyroute2 import AsyncIPRoute
from pyroute2.netlink.exceptions import NetlinkError

from mockcloud.node.host.routes import Route

LOG: Final = logging.getLogger(__name__)
PROTOCOL: Final = 109  # rtnetlink(7): numbers that no routing daemon uses; marks the routes as ours
RETRY_SECONDS: Final = 2.0


class Router:
    """`want` says what the routes shall be; `run` makes them so."""

    def __init__(self, netlink: AsyncIPRoute) -> None:
        self._netlink = netlink
        self._wanted: frozenset[Route] | None = None
        self._wake = asyncio.Event()

    def want(self, routes: frozenset[Route]) -> None:
        """Replace what is wanted."""
        if routes != self._wanted:
            self._wanted = routes
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled. A route that the kernel refuses (its gateway is away) is tried again."""
        present = await self._ours()
        while True:
            await self._wake.wait()
            self._wake.clear()
            wanted = self._wanted or frozenset()
            # Added before removed: a range that moved to another gateway is never without a route.
            added = {route for route in sorted(wanted - present) if await self._try("replace", route)}
            moved = {route.destination for route in added}
            for route in sorted(present - wanted):
                if route.destination not in moved:
                    await self._try("del", route)
            missing = wanted - present - added
            present = wanted - missing
            if missing:
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._wake.set)

    async def _try(self, command: str, route: Route) -> bool:
        network = ip_network(route.destination)
        family = AF_INET if network.version == 4 else AF_INET6
        try:
            await self._netlink.route(
                command, dst=route.destination, gateway=route.gateway, family=family, proto=PROTOCOL
            )
        except NetlinkError as error:
            LOG.warning("route %s %s via %s: %s", command, route.destination, route.gateway, error)
            return False
        LOG.info("route %s %s via %s", command, route.destination, route.gateway)
        return True

    async def _ours(self) -> frozenset[Route]:
        """Routes left by an agent before us."""
        found = set()
        for family in (AF_INET, AF_INET6):
            dump = await self._netlink.route("dump", family=family)
            async for message in dump:
                if message["proto"] == PROTOCOL:
                    gateway, destination = message.get("RTA_GATEWAY"), message.get("RTA_DST")
                    found.add(Route(f"{destination}/{message['dst_len']}", str(gateway)))
        return frozenset(found)
