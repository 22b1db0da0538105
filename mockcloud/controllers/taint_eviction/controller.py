"""Deletes pods that have been for too long on a node whose taints they do not tolerate."""

import asyncio

from mockcloud.client.clock import seconds_text, utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key
from mockcloud.client.resources import PODS
from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue
from mockcloud.controllers.taint_eviction.plan import evicted, stays


class TaintEvictionController:
    """`queue.run_workers` is the controller; its keys are pods'."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("taint eviction", self.sync_pod, workers=2)
        self._context = context
        self._recorder = context.recorder("taint-eviction-controller")
        self._met: dict[Key, float] = {}  # pods that are to go -> when they met the taints
        context.pods.subscribe(self._pod_changed)
        context.nodes.subscribe(self._node_changed)

    async def sync_pod(self, key: Key) -> float | None:
        """Delete the pod where its time is over; seconds until it is."""
        pod = self._context.pods.get(key)
        seconds = stays(pod, self._context.nodes.get(("", pod.node))) if pod is not None else None
        if pod is None or seconds is None:
            if self._met.pop(key, None) is not None and pod is not None and not pod.meta.deleting:
                self._tell(pod, "Cancelling deletion of Pod")
            return None
        now = asyncio.get_running_loop().time()
        left = self._met.setdefault(key, now) + seconds - now
        if left > 0:
            return left
        await self._evict(pod)
        return None

    async def _evict(self, pod: Pod) -> None:
        self._tell(pod, "Marking for deletion Pod")
        meta, obj = pod.meta, self._context.pods.raw(pod.meta.key) or {}
        conditions = evicted((obj.get("status") or {}).get("conditions") or [], seconds_text(utc_now()))
        patch = {"metadata": {"uid": meta.uid}, "status": {"conditions": conditions}}
        try:
            await self._context.client.patch(
                PODS, meta.name, patch, namespace=meta.namespace, subresource="status"
            )
            await self._context.client.delete(PODS, meta.name, namespace=meta.namespace, uid=meta.uid)
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    def _tell(self, pod: Pod, what: str) -> None:
        if obj := self._context.pods.raw(pod.meta.key):
            name = f"{pod.meta.namespace}/{pod.meta.name}"
            self._recorder.record(obj, "TaintManagerEviction", f"{what} {name}")

    def _pod_changed(self, key: Key, old: Pod | None, new: Pod | None) -> None:
        before = old and (old.node, old.tolerations, old.meta.deleting)
        if new is None or (new.node, new.tolerations, new.meta.deleting) != before:
            self.queue.add(key)

    def _node_changed(self, key: Key, old: Node | None, new: Node | None) -> None:
        if (old and old.taints) != (new and new.taints):
            for pod in self._context.pods.having(("node", key[1])):
                self.queue.add(pod.meta.key)
