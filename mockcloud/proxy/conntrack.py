"""The door to the kernel's connection tracking: UDP flows, listed and removed by netlink."""

import asyncio
import logging
import socket
from dataclasses import dataclass, field
from typing import Final

from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_attempt, wait_fixed

from mockcloud.proxy.decide import tracking
from mockcloud.proxy.decide.stale import Flow, Standing, Standings, contradicted, orphaned
from mockcloud.proxy.decide.views import Family, NodeView, Target

LOG: Final = logging.getLogger(__name__)
REST_SECONDS: Final = 1.0  # as kube-proxy's least time between two syncs
NETLINK_NETFILTER: Final = 12
READ: Final = 1 << 18
ANSWER_SECONDS: Final = 5.0
TRIES: Final = 3


@dataclass(slots=True)
class Suspects:
    """Addresses of one family whose flows are to be looked at."""

    standings: dict[Target, Standing] = field(default_factory=dict)
    whole: bool = False  # these are all that the rules name


class Conntrack:
    """Forgets UDP flows that the rules contradict, at most once a second: to list them takes its time."""

    def __init__(self, node: NodeView) -> None:
        self._node = node
        self._suspects: dict[Family, Suspects] = {}
        self._wake = asyncio.Event()

    def forget(self, family: Family, standings: Standings, *, whole: bool) -> None:
        """Soon, remove the flows to these addresses that contradict how they stand since the last change.

        `whole`: these are all addresses that the rules name, so flows to others lead nowhere.
        """
        if not standings and not whole:
            return
        suspects = self._suspects.setdefault(family, Suspects())
        suspects.standings.update(standings)
        suspects.whole |= whole
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            wanted, self._suspects = self._suspects, {}
            for family, suspects in wanted.items():
                await self._keep_trying(family, suspects)
            await asyncio.sleep(REST_SECONDS)

    async def _keep_trying(self, family: Family, suspects: Suspects) -> None:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(OSError),
            stop=stop_after_attempt(TRIES),
            wait=wait_fixed(REST_SECONDS),
        )
        try:
            await retrying(asyncio.to_thread, forget_stale, family, suspects, self._node)
        except RetryError as failed:
            error = failed.last_attempt.exception()
            LOG.warning("could not delete stale UDP conntrack entries, after %d tries: %s", TRIES, error)


def forget_stale(family: Family, suspects: Suspects, node: NodeView) -> None:
    """Remove the flows to these addresses that the rules contradict. It blocks."""
    with socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER
    ) as netlink:
        netlink.settimeout(ANSWER_SECONDS)
        flows = listed(netlink, family)
        gone = contradicted(flows, suspects.standings, node, family)
        if suspects.whole:
            gone += orphaned(flows, suspects.standings, node, family)
        for flow in gone:
            netlink.send(tracking.removal(family, flow))
            netlink.recv(READ)  # refused only where it has ended by itself
    if gone:
        LOG.info("%d UDP flows that the rules contradict are forgotten", len(gone))


def listed(netlink: socket.socket, family: Family) -> list[Flow]:
    netlink.send(tracking.listing(family))
    found: list[Flow] = []
    last = False
    while not last:
        some, last = tracking.flows(family, netlink.recv(READ))
        found += some
    return found
