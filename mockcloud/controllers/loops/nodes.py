"""The node lifecycle controller: notices nodes that went silent, says so, and moves their pods."""

import asyncio
from typing import Final

from mockcloud.client.clock import seconds_text, utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import NODES, PODS
from mockcloud.controllers.decide import node_health
from mockcloud.controllers.decide.node_health import Sign
from mockcloud.controllers.machinery.workqueue import WorkQueue
from mockcloud.controllers.machinery.world import World
from mockcloud.controllers.model.nodes import Lease, Node, Taint
from mockcloud.controllers.model.pods import Pod

LEASE_NAMESPACE: Final = "kube-node-lease"
LOST_PODS: Final = "NodeNotReady"
# A timer this late means that this process itself was stopped: what it did not hear proves nothing.
LATE_SECONDS: Final = 1.0


class NodeLoop:
    """`queue.run` is the controller; keys are ("", node). A node without a Lease is not watched over."""

    def __init__(self, world: World, eviction_timeout: float) -> None:
        self.queue = WorkQueue("node", self.sync, workers=2)
        self._world = world
        self._recorder = world.recorder("node-controller")
        self._eviction_timeout = eviction_timeout
        self._signs: dict[str, Sign] = {}
        self._lost: dict[str, float] = {}  # node -> since when
        self._missing: dict[str, float] = {}  # node that pods are bound to, but is not there -> since when
        self._checks: dict[str, float] = {}  # node -> when the next look is due
        self._grace_until = 0.0
        world.leases.subscribe(self._lease_changed)
        world.nodes.subscribe(lambda key, _old, _new: self.queue.add(key))
        world.pods.subscribe(self._pod_changed)

    async def sync(self, key: Key) -> float | None:
        """Judge one node, and do what follows from it; seconds until the next look."""
        name = key[1]
        node = self._world.nodes.get(key)
        if node is None:
            self._lost.pop(name, None)
            return await self._remove_stranded(name)
        self._missing.pop(name, None)
        now = self._now(name)
        again = self._judge(name, now)
        lost_since = self._lost.get(name)
        await self._mark(node, lost=lost_since is not None)
        await self._mark_pods(name, lost=lost_since is not None)
        if lost_since is not None:
            evict_in = lost_since + self._eviction_timeout - now
            if evict_in <= 0:
                await self._evict(name)
            again = evict_in if evict_in > 0 else None
        if again is not None:
            self._checks[name] = now + again
        return again

    def _lease_changed(self, key: Key, old: Lease | None, new: Lease | None) -> None:
        if key[0] != LEASE_NAMESPACE:
            return
        if new is None:
            self._signs.pop(key[1], None)
        elif old is None or old.renewed != new.renewed:
            now = asyncio.get_running_loop().time()
            self._signs[key[1]] = Sign(now, new.seconds)
            if old is None or key[1] in self._lost:
                self.queue.add(("", key[1]))

    def _pod_changed(self, _key: Key, old: Pod | None, new: Pod | None) -> None:
        """A pod that says Ready on a lost node, or that is bound to a node that is no more."""
        if new is None or not new.node:
            return
        changed = old is None or (old.node, old.ready) != (new.node, new.ready)
        if changed and (new.node in self._lost or self._world.nodes.get(("", new.node)) is None):
            self.queue.add(("", new.node))

    def _now(self, name: str) -> float:
        now = asyncio.get_running_loop().time()
        due = self._checks.pop(name, now)
        if now > due + LATE_SECONDS:
            self._grace_until = now
        return now

    def _judge(self, name: str, now: float) -> float | None:
        """Keep `_lost` true; seconds until the node may become lost."""
        sign = self._signs.get(name)
        if sign is None:
            self._lost.pop(name, None)
            return None
        since = self._world.leases.feed.informer.connected_since
        ends = node_health.lost_at(sign, since, self._grace_until)
        if ends is None:
            return 1.0  # our own watch is broken: ask again
        if ends > now:
            self._lost.pop(name, None)
            return ends - now + 0.01
        self._lost.setdefault(name, now)
        return None

    async def _mark(self, node: Node, *, lost: bool) -> None:
        """Write the Ready condition and the taints, where they differ."""
        wanted = node_health.taints(node, lost=lost)
        obj = self._world.nodes.raw(node.meta.key)
        if obj is None:
            return
        if lost and node.ready != "Unknown":
            await self._patch_ready(obj, "Unknown", node_health.LOST_REASON, node_health.LOST_MESSAGE)
            message = f"Node {node.meta.name} status is now: NodeNotReady"
            self._recorder.record(obj, "NodeNotReady", message)
        if not lost and node.ready == "Unknown" and node.ready_reason == node_health.LOST_REASON:
            await self._patch_ready(obj, "True", "KubeletReady", "kubelet is posting ready status")
            return  # its event comes back here, for the taints
        if set(wanted) != set(node.taints):
            taints = [_taint_object(each, obj) for each in wanted]
            patch = {
                "metadata": {"resourceVersion": obj["metadata"]["resourceVersion"]},
                "spec": {"taints": taints or None},
            }
            await self._world.client.patch(NODES, node.meta.name, patch)

    async def _patch_ready(self, obj: Object, status: str, reason: str, message: str) -> None:
        now = seconds_text(utc_now())
        told = {"type": "Ready", "status": status, "reason": reason, "message": message}
        others = [each for each in _conditions(obj) if each["type"] != "Ready"]
        conditions = [*others, {**told, "lastTransitionTime": now, "lastHeartbeatTime": now}]
        patch = {"status": {"conditions": conditions}}
        await self._world.client.patch(NODES, obj["metadata"]["name"], patch, subresource="status")

    async def _mark_pods(self, name: str, *, lost: bool) -> None:
        """Take the pods of a lost node out of service, and put them back when it returns."""
        for pod in self._world.pods.having(("node", name)):
            obj = self._world.pods.raw(pod.meta.key)
            told = _with_ready(_conditions(obj), lost=lost, now=seconds_text(utc_now()))
            if told is None:
                continue
            patch = {"metadata": {"uid": pod.meta.uid}, "status": {"conditions": told}}
            await self._tolerant_patch(pod, patch)
            if obj and lost:
                self._recorder.record(obj, "NodeNotReady", "Node is not ready", warning=True)

    async def _tolerant_patch(self, pod: Pod, patch: Object) -> None:
        try:
            await self._world.client.patch(
                PODS, pod.meta.name, patch, namespace=pod.meta.namespace, subresource="status"
            )
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    async def _evict(self, name: str) -> None:
        for pod in self._world.pods.having(("node", name)):
            if node_health.stays(pod):
                continue
            where = f"{pod.meta.namespace}/{pod.meta.name}"
            if obj := self._world.pods.raw(pod.meta.key):
                self._recorder.record(obj, "TaintManagerEviction", f"Marking for deletion Pod {where}")
            meta = pod.meta
            await self._world.client.delete(PODS, meta.name, namespace=meta.namespace, uid=meta.uid)

    async def _remove_stranded(self, name: str) -> float | None:
        """Pods of a node that is no more: no agent will ever end them. It gets time to appear, though."""
        pods = self._world.pods.having(("node", name))
        if not name or not pods:
            self._missing.pop(name, None)
            return None
        now = asyncio.get_running_loop().time()
        left = self._missing.setdefault(name, now) + self._eviction_timeout - now
        if left > 0:
            return left
        for pod in pods:
            meta = pod.meta
            await self._world.client.delete(
                PODS, meta.name, namespace=meta.namespace, uid=meta.uid, grace_seconds=0
            )
        return None


def _conditions(obj: Object | None) -> list[Object]:
    found: list[Object] = ((obj or {}).get("status") or {}).get("conditions") or []
    return found


def _with_ready(conditions: list[Object], *, lost: bool, now: str) -> list[Object] | None:
    """The conditions with Ready as the node's state wants it; None where they are right already."""
    ready = next((each for each in conditions if each["type"] == "Ready"), None)
    if ready is None:
        return None
    if lost and ready["status"] == "True":
        told = {"type": "Ready", "status": "False", "reason": LOST_PODS, "lastTransitionTime": now}
    elif not lost and ready.get("reason") == LOST_PODS and _containers_ready(conditions):
        told = {"type": "Ready", "status": "True", "lastTransitionTime": now}
    else:
        return None
    return [told if each["type"] == "Ready" else each for each in conditions]


def _containers_ready(conditions: list[Object]) -> bool:
    return any(each["type"] == "ContainersReady" and each["status"] == "True" for each in conditions)


def _taint_object(taint: Taint, node: Object) -> Object:
    """As it stands on the node (it may carry a time), or new."""
    for each in (node.get("spec") or {}).get("taints") or ():
        if (each["key"], each.get("value") or "", each["effect"]) == (taint.key, taint.value, taint.effect):
            found: Object = each
            return found
    made: Object = {"key": taint.key, "effect": taint.effect}
    if taint.value:
        made["value"] = taint.value
    return made
