"""The cloud node lifecycle controller: Nodes whose instance is gone go, those of stopped ones are tainted."""

import logging
from typing import Final

from mockcloud.ccm.nodes import plan
from mockcloud.ccm.objects.nodes import Node
from mockcloud.ccm.provider import Instances, ProviderError
from mockcloud.client.errors import ApiError
from mockcloud.client.events import EventRecorder
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import NODES
from mockcloud.client.rest import Client
from mockcloud.controllers.runtime.informers import Collection
from mockcloud.controllers.runtime.workqueue import WorkQueue

COMPONENT: Final = "cloud-node-lifecycle-controller"
LOG: Final = logging.getLogger(__name__)


class NodeLifecycle:
    """`queue.run_workers` is the controller; keys are ("", node), each looked at every `seconds`."""

    def __init__(
        self,
        client: Client,
        nodes: Collection[Node],
        instances: Instances,
        recorder: EventRecorder,
        seconds: float,
    ) -> None:
        self.queue = WorkQueue("cloud node lifecycle", self.sync_node, workers=2)
        self._client = client
        self._nodes = nodes
        self._instances = instances
        self._recorder = recorder
        self._seconds = seconds
        nodes.subscribe(self._changed)

    async def sync_node(self, key: Key) -> float | None:
        """Look once; seconds until the next look. Of a node that is ready, the cloud is not asked."""
        node, raw = self._nodes.get(key), self._nodes.raw(key)
        if node is None or raw is None:
            return None
        if node.ready:
            await self._set_shutdown(node, raw, shut_down=False)
            return self._seconds
        try:
            if await self._instances.exists(node):
                if await self._instances.is_shut_down(node):
                    await self._set_shutdown(node, raw, shut_down=True)
            else:
                await self._delete(node, raw)
        except ProviderError as error:
            LOG.warning("whether node %s still has its instance is not known: %s", node.meta.name, error)
        return self._seconds

    async def _set_shutdown(self, node: Node, raw: Object, *, shut_down: bool) -> None:
        if shut_down == (plan.SHUTDOWN in node.taints):
            return
        change = plan.taints_with if shut_down else plan.taints_without
        version = {"resourceVersion": raw["metadata"]["resourceVersion"]}
        patch = {"metadata": version, "spec": {"taints": change(raw, plan.SHUTDOWN)}}
        await self._client.patch(NODES, node.meta.name, patch)

    async def _delete(self, node: Node, raw: Object) -> None:
        name = node.meta.name
        LOG.info("node %s goes: it has no instance in the cloud any more", name)
        words = f"Deleting node {name} because it does not exist in the cloud provider"
        self._recorder.record(raw, "DeletingNode", words)
        try:
            await self._client.delete(NODES, name, uid=node.meta.uid)
        except ApiError as error:
            words = f"Failed deleting node {name}: {error.message}"
            self._recorder.record(raw, "DeletingNodeFailed", words, warning=True)
            raise

    def _changed(self, key: Key, old: Node | None, new: Node | None) -> None:
        if new is not None and (old is None or old.ready != new.ready):
            self.queue.add(key)
