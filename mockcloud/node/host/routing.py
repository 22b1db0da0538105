"""Keeps the kernel's routes to other nodes' pods; only routes that carry our protocol number are touched."""

import asyncio
import logging
from ipaddress import ip_network
from socket import AF_INET, AF_INET6
from typing import Final

from pyroute2 import AsyncIPRoute
from pyroute2.netlink.exceptions import NetlinkError

from mockcloud.node.host.routes import Route
from mockcloud.node.services.decide.views import NodeView, family_of

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
                    if gateway is not None:
                        found.add(Route(f"{destination}/{message['dst_len']}", str(gateway)))
        return frozenset(found)


async def route_services(netlink: AsyncIPRoute, node: NodeView) -> None:
    """Routes for ClusterIPs: without a default route the node's own programs could not connect to them.

    Nothing leaves by them: the address is rewritten on the way out, or the packet refused.
    """
    uplinks: dict[str, int] = {}
    async for message in await netlink.addr("dump"):
        uplinks[str(message.get("IFA_LOCAL") or message.get("IFA_ADDRESS"))] = message["index"]
    for ip in node.ips:
        services = node.service_cidr(family_of(ip))
        index = uplinks.get(str(ip))
        if services is None or index is None:
            LOG.warning("no route to Services: no interface has the node's address %s", ip)
            continue
        family = AF_INET if ip.version == 4 else AF_INET6
        await netlink.route("replace", dst=str(services), oif=index, family=family, proto=PROTOCOL)
