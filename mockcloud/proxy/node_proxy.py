"""A node's part in Services put together: the rules, and what load balancers are told about them."""

import asyncio
from typing import Any

from mockcloud.client.events import EventRecorder
from mockcloud.client.rest import Client
from mockcloud.labels import ZONE
from mockcloud.proxy.decide.outbound import outbound
from mockcloud.proxy.decide.views import NodeView
from mockcloud.proxy.health.server import NodeHealth
from mockcloud.proxy.nftables import Nft
from mockcloud.proxy.proxy import ServiceProxy

Object = dict[str, Any]


class NodeProxy:
    """With `rules` off another program is the node's proxy, and pods only get their way out."""

    def __init__(self, client: Client, node: NodeView, nft: Nft, *, rules: bool) -> None:
        self._rules = rules
        self._node = node
        self._nft = nft
        self._recorder = EventRecorder(client, "kube-proxy", node.name)
        self._health = NodeHealth(node, self._recorder)
        self._proxy = ServiceProxy(client, node, nft, self._health)
        self._health.has_programmed = self._proxy.has_programmed
        self.synced = self._proxy.synced
        self.services = self._proxy.services  # pods are told of them, too

    def see(self, node: Object | None) -> None:
        """The node's own object, as it is now; None where it is gone."""
        labels = (node or {}).get("metadata", {}).get("labels") or {}
        self._proxy.move(labels.get(ZONE, ""))
        self._health.see(node)

    async def run(self) -> None:
        """Until cancelled."""
        if not self._rules:
            for family in self._node.families:
                self._nft.run(outbound(family, self._node))
            self.synced.set()
            await self.services.run(lambda _key, _old, _new: None)
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._recorder.run(), name="events of services")
            group.create_task(self._health.run(), name="health")
            group.create_task(self._proxy.run(), name="service rules")
