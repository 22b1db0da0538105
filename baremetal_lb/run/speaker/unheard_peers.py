"""Nodes that are Ready and not heard: found out, told of, and asked for.

Joins what heartbeats, the LAN, the nodes' objects and the API show of them, for `Unheard` to decide by.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.membership.unheard import Unheard
from baremetal_lb.kube.errors import KubeError
from baremetal_lb.kube.resources import NODES
from baremetal_lb.model.reports import Deaf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from baremetal_lb.kube.client import Client
    from baremetal_lb.model.membership import NotHeard
    from baremetal_lb.run.speaker.cluster_view import ClusterView
    from baremetal_lb.run.speaker.liveness import Liveness
    from baremetal_lb.settings import Settings

LOOK: Final = 0.25  # seconds between two looks at what only time changes
API_PATIENCE: Final = 1.0
TOLD_AFTER: Final = 5.0  # seconds: a node that starts, or goes, is no news
HINTS: Final = {
    "silent": "nothing comes from it",
    "oneWay": "it is heard, but does not hear this node",
    "unreadable": "its heartbeats are of another release, or signed with another key",
}
log = structlog.get_logger("membership")


class UnheardPeers:
    """For the event loop's thread. `deaf`: who is not heard for so long that it is told of."""

    def __init__(self, client: Client, settings: Settings, cluster: ClusterView, liveness: Liveness) -> None:
        self.on_news: Callable[[], None] = lambda: None  # called after each change of `deaf`
        self.deaf = Deaf(settings.membership_port)
        self.reasons: Mapping[str, NotHeard] = {}  # of each of them
        self._unheard = Unheard(settings.node_name)
        self._client, self._node = client, settings.node_name
        self._cluster, self._liveness = cluster, liveness

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            if self._unheard.wants_api:
                await self._ask_api()
            self._take_datagrams()
            self.update()

    def see_claim(self, node: str) -> bool:
        """A node spoke of an address of ours on the LAN. Whether that is news of who may live."""
        self._unheard.see_claim(node, _now())
        return self.update()

    def see_mute(self, node: str) -> None:
        """A node does not answer for an address that it should have."""
        self._unheard.see_mute(node, _now())
        self.update()

    def update(self) -> bool:
        """Take in what is known, and have it decided by. Whether other nodes than before may live unheard."""
        now = _now()
        self._unheard.see_view(self._liveness.view, now)
        self._unheard.see_nodes(self._cluster.ready(), self._cluster.roll.running)
        news = self._cluster.see_unheard(frozenset(self._unheard.reasons(now)))
        self._tell(self._unheard.lasting(now, TOLD_AFTER))
        return news

    def _take_datagrams(self) -> None:
        heartbeats, now = self._liveness.heartbeats, _now()
        for node, why in heartbeats.take_signs().items() if heartbeats is not None else ():
            self._unheard.see_datagram(node, why, now)

    async def _ask_api(self) -> None:
        try:
            async with asyncio.timeout(API_PATIENCE):
                await self._client.get(NODES, self._node)
        except (KubeError, TimeoutError):
            return
        self._unheard.see_api(_now())

    def _tell(self, reasons: Mapping[str, NotHeard]) -> None:
        deaf = Deaf(self.deaf.port, tuple(reasons))
        if deaf == self.deaf:
            return
        self.deaf = deaf
        self.reasons = dict(reasons)
        if reasons:
            log.warning(
                "no heartbeats from nodes that are Ready: going by their readiness and what the LAN shows",
                port=f"UDP {deaf.port}",
                nodes={node: HINTS[why] for node, why in reasons.items()},
                look_for="a firewall or network policy between nodes; speakers of two releases or keys",
            )
        else:
            log.info("heartbeats come from every node that is Ready, or they are not Ready any more")
        self.on_news()


def _now() -> float:
    return asyncio.get_running_loop().time()
