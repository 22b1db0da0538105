"""The door to the kernel's connection tracking: UDP flows, listed and removed by netlink."""

import asyncio
import logging
import socket
from collections.abc import Iterable
from typing import Final

from mockcloud.node.services.decide import tracking
from mockcloud.node.services.decide.stale import Flow, Front, stale
from mockcloud.node.services.decide.views import Family

LOG: Final = logging.getLogger(__name__)
REST_SECONDS: Final = 1.0  # as kube-proxy's least time between two syncs
NETLINK_NETFILTER: Final = 12
READ: Final = 1 << 18
ANSWER_SECONDS: Final = 5.0


class Conntrack:
    """Forgets stale UDP flows, at most once a second: to list them takes its time."""

    def __init__(self) -> None:
        self._fronts: dict[Family, list[Front]] = {}
        self._wake = asyncio.Event()

    def forget(self, family: Family, fronts: list[Front]) -> None:
        """Soon, remove the flows to these fronts that none of their servers answers."""
        if fronts:
            self._fronts.setdefault(family, []).extend(fronts)
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            wanted, self._fronts = self._fronts, {}
            for family, fronts in wanted.items():
                try:
                    await asyncio.to_thread(forget_stale, family, fronts)
                except OSError as error:
                    LOG.warning("stale UDP flows are left: %s", error)
            await asyncio.sleep(REST_SECONDS)


def forget_stale(family: Family, fronts: Iterable[Front]) -> None:
    """Remove the flows to these fronts that no server of theirs answers. It blocks."""
    with socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER
    ) as netlink:
        netlink.settimeout(ANSWER_SECONDS)
        gone = stale(_listed(netlink, family), fronts)
        for flow in gone:
            netlink.send(tracking.removal(family, flow))
            netlink.recv(READ)  # refused only where it has ended by itself
    if gone:
        LOG.info("%d UDP flows to endpoints that are gone are forgotten", len(gone))


def _listed(netlink: socket.socket, family: Family) -> list[Flow]:
    netlink.send(tracking.listing(family))
    found: list[Flow] = []
    last = False
    while not last:
        some, last = tracking.flows(family, netlink.recv(READ))
        found += some
    return found
