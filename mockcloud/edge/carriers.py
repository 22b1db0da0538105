"""Perform what is steered to: each takes a view of the cloud, and brings one thing in line with it."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from mockcloud.cloud.core.values import Certificate
from mockcloud.edge.decide.guards import guards
from mockcloud.edge.decide.haproxy_config import proxied
from mockcloud.edge.decide.host_names import resolved
from mockcloud.edge.decide.machines import connected, public_addresses
from mockcloud.edge.decide.stale_flows import udp_servers
from mockcloud.edge.decide.translation import change, contents, loaded
from mockcloud.edge.net.flows import forget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.edge.certificates import CertificateFiles
    from mockcloud.edge.decide.host_names import Names as HostNames
    from mockcloud.edge.decide.stale_flows import Servers
    from mockcloud.edge.decide.translation import Contents, Surroundings
    from mockcloud.edge.names import NameServer
    from mockcloud.edge.net.links import Switch
    from mockcloud.edge.net.router import Router
    from mockcloud.edge.steering import View
    from mockcloud.haproxy.process import HAProxy
    from mockcloud.proxy.nftables import Nft


class Translation:
    """What is forwarded packet by packet, in nftables; and UDP flows that contradict it are forgotten."""

    def __init__(self, nft: Nft, where: Surroundings) -> None:
        self._nft, self._where = nft, where
        self._has: Contents | None = None
        self._servers: Servers = {}

    async def __call__(self, view: View) -> None:
        """NftError: nothing of it was done. OSError: flows go on that should not."""
        wanted = contents(view.ports, public_addresses(view.state), guards(view.state), view.silent)
        script = loaded(wanted, self._where) if self._has is None else change(self._has, wanted)
        if script:
            self._nft.run(script)
        self._has = wanted
        servers = udp_servers(view.ports)
        if servers != self._servers:
            await asyncio.to_thread(forget, self._servers, servers)
            self._servers = servers


class Addresses:
    """The balancers' addresses in the private network."""

    def __init__(self, router: Router, where: Surroundings) -> None:
        self._router, self._private = router, where.private

    async def __call__(self, view: View) -> None:
        """They are the edge's own."""
        await self._router.answer_for(
            address
            for each in view.ports
            for address in each.forwarding.addresses
            if isinstance(address, IPv4Address) and address in self._private
        )


class Proxy:
    """What is proxied, in HAProxy."""

    def __init__(self, haproxy: HAProxy, files: CertificateFiles) -> None:
        self._haproxy, self._files = haproxy, files

    async def __call__(self, view: View) -> None:
        """HAProxyError: it is as it was."""
        paths = self._files.keep(view.state.all(Certificate))
        await self._haproxy.serve(proxied(view.ports, paths))


class Machines:
    """Whose instance is off is cut off, or frozen by order, or in a zone that is dead."""

    def __init__(self, switch: Switch, names: Sequence[str]) -> None:
        self._switch, self._names = switch, names

    async def __call__(self, view: View) -> None:
        await self._switch.connect(connected(view.state, view.now, self._names, view.cut_off))


class Names:
    """What the cloud's addresses and balancers are called."""

    def __init__(self, server: NameServer) -> None:
        self._server = server
        self._known: HostNames = {}

    async def __call__(self, view: View) -> None:
        wanted = resolved(view.state, view.ports, view.silent)
        if wanted != self._known:
            self._server.know(wanted)
            self._known = wanted
