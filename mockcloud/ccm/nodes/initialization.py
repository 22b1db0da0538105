"""The cloud node controller: initializes Nodes that wait for their cloud, keeps addresses and labels true."""

import logging
from typing import Final

from mockcloud.ccm.backoff import Backoff
from mockcloud.ccm.nodes import plan
from mockcloud.ccm.objects.nodes import Address, Node
from mockcloud.ccm.provider import Instances, ProviderError
from mockcloud.client.errors import ApiError
from mockcloud.client.events import EventRecorder
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import NODES
from mockcloud.client.rest import Client
from mockcloud.controllers.runtime.informers import Collection
from mockcloud.controllers.runtime.workqueue import WorkQueue

COMPONENT: Final = "cloud-node-controller"
ADDRESSES_SECONDS: Final = 300.0
"""How often each Node's addresses are asked for (--node-status-update-frequency)."""
FIRST_RETRY: Final = 0.5
LONGEST_RETRY: Final = 60.0
LOG: Final = logging.getLogger(__name__)


class NodeInitialization:
    """`queue.run_workers` initializes, `addresses_queue.run_workers` keeps addresses; keys are ("", node)."""

    def __init__(
        self, client: Client, nodes: Collection[Node], instances: Instances, recorder: EventRecorder
    ) -> None:
        self.queue = WorkQueue("cloud node", self.sync_node, workers=4)
        self.addresses_queue = WorkQueue("cloud node addresses", self.sync_addresses, workers=2)
        self._client = client
        self._nodes = nodes
        self._instances = instances
        self._recorder = recorder
        self._backoff = Backoff(FIRST_RETRY, LONGEST_RETRY)
        nodes.subscribe(self._changed)

    async def sync_node(self, key: Key) -> float | None:
        """Initialize the Node, or have its newer labels follow the older ones."""
        node, raw = self._nodes.get(key), self._nodes.raw(key)
        if node is None or raw is None:
            self._backoff.succeeded(key)
            return None
        try:
            if node.uninitialized:
                await self._initialize(node, raw)
            elif told := plan.followed_labels(node.meta.labels):
                await self._client.patch(NODES, node.meta.name, {"metadata": {"labels": told}})
        except (ProviderError, plan.AddressMismatch) as error:
            seconds = self._backoff.failed(key)
            LOG.warning(
                "node %s is not initialized: %s; trying again in %g s", node.meta.name, error, seconds
            )
            return seconds
        self._backoff.succeeded(key)
        return None

    async def sync_addresses(self, key: Key) -> float | None:
        """Write what the cloud says now; seconds until it is asked again."""
        node = self._nodes.get(key)
        if node is None:
            return None
        if not node.uninitialized:
            try:
                await self._write_addresses(node, (await self._instances.facts(node)).addresses)
            except (ProviderError, plan.AddressMismatch) as error:
                LOG.warning("addresses of node %s stay as they are: %s", node.meta.name, error)
        return ADDRESSES_SECONDS

    async def _initialize(self, node: Node, raw: Object) -> None:
        facts = await self._instances.facts(node)
        await self._client.patch(NODES, node.meta.name, plan.initialization(raw, node, facts))
        await self._write_addresses(node, facts.addresses)
        LOG.info("node %s is initialized: it is %s", node.meta.name, facts.provider_id)
        self._recorder.record(raw, "Synced", "Node synced successfully")

    async def _write_addresses(self, node: Node, found: tuple[Address, ...]) -> None:
        wanted = plan.addresses(node, found)
        if wanted is None:
            return
        told = [{"type": each.kind, "address": each.address} for each in wanted]
        try:
            await self._client.patch(
                NODES, node.meta.name, {"status": {"addresses": told}}, subresource="status"
            )
        except ApiError as error:
            if error.status != 404:
                raise

    def _changed(self, key: Key, old: Node | None, new: Node | None) -> None:
        if new is not None:
            self.queue.add(key)
        if old is None:
            self.addresses_queue.add_after(key, ADDRESSES_SECONDS)
