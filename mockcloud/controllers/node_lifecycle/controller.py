"""The node lifecycle controller: notices nodes that went silent, says so, and moves their pods."""

import asyncio
import logging
from typing import Final

from mockcloud.client.clock import seconds_text, utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import LEASES, NODES, PODS
from mockcloud.controllers.node_lifecycle import plan
from mockcloud.controllers.node_lifecycle.objects import Lease, parse_lease
from mockcloud.controllers.node_lifecycle.plan import STRANDED_SECONDS, ApiContact, Heartbeat
from mockcloud.controllers.objects.nodes import Node, Taint
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue

LEASE_NAMESPACE: Final = "kube-node-lease"
LOST_PODS: Final = "NodeNotReady"
# The API is asked something where it has been silent for so long: that may be the silence of nodes alone.
ASK_SECONDS: Final = 1.0
PROOF_SECONDS: Final = 0.2
LOG: Final = logging.getLogger(__name__)


class NodeLifecycleController:
    """`queue.run_workers` is the controller; keys are ("", node). A node without a Lease is not watched over.

    `api_probes.run_workers` (one key) keeps knowing whether the API is heard.
    `eviction_timeout` (seconds) shortens what pods tolerate; None: as they tolerate.
    """

    def __init__(self, context: ControllerContext, eviction_timeout: float | None) -> None:
        self.queue = WorkQueue("node", self.sync_node, workers=2)
        self.api_probes = WorkQueue("node hearing", self.probe_api, workers=1)
        self.api_probes.add(("", ""))
        self._context = context
        self._recorder = context.recorder("node-controller")
        self._eviction_timeout = eviction_timeout
        self._heartbeats: dict[str, Heartbeat] = {}
        self._lost: dict[str, float] = {}  # node -> since when
        self._marked: dict[str, tuple[int, float]] = {}  # uid of a pod on a lost node -> how often, when last
        self._missing: dict[str, float] = {}  # node that pods are bound to, but is not there -> since when
        self._api_contact = ApiContact(0.0, 0.0)
        self._held: frozenset[str] = frozenset()  # zones of which nobody is evicted
        self._all_silent = False
        self._leases = context.collection(LEASES, parse_lease)
        self._leases.subscribe(self._lease_changed)
        context.nodes.subscribe(lambda key, _old, _new: self.queue.add(key))
        context.pods.subscribe(self._pod_changed)

    async def sync_node(self, key: Key) -> float | None:
        """Decide about one node, and do what follows from it; seconds until the next look."""
        name = key[1]
        node = self._context.nodes.get(key)
        if node is None:
            self._lost.pop(name, None)
            return await self._remove_stranded(name)
        self._missing.pop(name, None)
        now = _now()
        again = self._update_lost(name, now)
        self._update_disruption(now)
        lost_since = self._lost.get(name)
        heartbeat = self._heartbeats.get(name)
        if lost_since is None and heartbeat is not None and not heartbeat.renewed and node.ready == "Unknown":
            return again  # lost before our start; whether it is back is not known yet
        await self._mark(node, lost=lost_since is not None)
        if lost_since is None:
            await self._restore_pods(name)
            return again
        waits = [await self._mark_pods(name, now)]
        if node.zone not in self._held:
            waits.append(await self._evict(name, now - lost_since))
        return min((each for each in waits if each is not None), default=None)

    async def probe_api(self, _key: Key) -> float:
        """Ask the API something where nothing came by itself: an answer proves that it could be heard."""
        if _now() - self._api_contact.last >= ASK_SECONDS:
            await self._context.client.read("/version")
            self._note_contact()
        return ASK_SECONDS

    def _note_contact(self) -> None:
        now, before = _now(), self._api_contact
        self._api_contact = before.heard(now)
        if before.last and self._api_contact.since == now:
            silence = now - before.last
            LOG.warning("nothing came from the API for %.1f s: counting nodes' silence from now on", silence)
            self._lost = dict.fromkeys(self._lost, now)

    def _update_disruption(self, now: float) -> None:
        """Take in how many nodes are lost; where evictions may go on, all waits begin anew."""
        nodes = {each.meta.name: each.zone for each in self._context.nodes.all()}
        watched = {name: zone for name, zone in nodes.items() if name in self._heartbeats}
        held = plan.held_zones(self._lost, watched)
        self._all_silent = plan.all_silent(self._lost, watched)
        if held == self._held:
            return
        for name in self._lost:
            if watched.get(name) in self._held - held:
                self._lost[name] = now
        self._held = held
        if held:
            LOG.warning("%d of %d nodes are silent: no pods are evicted", len(self._lost), len(watched))
        else:
            LOG.info("pods of silent nodes are evicted again")
        for name in watched:
            self.queue.add(("", name))

    def _lease_changed(self, key: Key, old: Lease | None, new: Lease | None) -> None:
        if key[0] != LEASE_NAMESPACE:
            return
        if new is None:
            self._heartbeats.pop(key[1], None)
        elif old is None or old.renewed != new.renewed:
            self._note_contact()
            begun = self._leases.informer.synced.is_set()
            self._heartbeats[key[1]] = Heartbeat(_now(), new.seconds, renewed=begun or old is not None)
            if old is None or key[1] in self._lost:
                self.queue.add(("", key[1]))

    def _pod_changed(self, _key: Key, old: Pod | None, new: Pod | None) -> None:
        """A pod that says Ready on a lost node, or that is bound to a node that is no more."""
        if new is None and old is not None:
            self._marked.pop(old.meta.uid, None)
        if new is None or not new.node:
            return
        changed = old is None or (old.node, old.ready) != (new.node, new.ready)
        if changed and (new.node in self._lost or self._context.nodes.get(("", new.node)) is None):
            self.queue.add(("", new.node))

    def _update_lost(self, name: str, now: float) -> float | None:
        """Keep `_lost` true; seconds until the node may become lost."""
        heartbeat = self._heartbeats.get(name)
        if heartbeat is None:
            self._lost.pop(name, None)
            return None
        since = self._leases.informer.connected_since
        if heartbeat.at <= self._lost.get(name, 0.0):
            return None  # lost, until it gives a sign
        self._lost.pop(name, None)
        ends = plan.lost_at(heartbeat, since, self._api_contact, now)
        if ends is None:
            return ASK_SECONDS  # we hear nothing: ask again
        if ends > self._api_contact.last:
            return max(ends - now, 0.0) + PROOF_SECONDS
        self._lost[name] = now
        return None

    async def _mark(self, node: Node, *, lost: bool) -> None:
        """Write the Ready condition and the taints, where they differ."""
        wanted = plan.taints(node, lost=lost, held=self._all_silent)
        obj = self._context.nodes.raw(node.meta.key)
        if obj is None:
            return
        if lost and node.ready != "Unknown":
            await self._patch_ready(obj, "Unknown", plan.LOST_REASON, plan.LOST_MESSAGE)
            message = f"Node {node.meta.name} status is now: NodeNotReady"
            self._recorder.record(obj, "NodeNotReady", message)
        if not lost and node.ready == "Unknown" and node.ready_reason == plan.LOST_REASON:
            await self._patch_ready(obj, "True", "KubeletReady", "kubelet is posting ready status")
            return  # its event comes back here, for the taints
        if set(wanted) != set(node.taints):
            taints = [_taint_object(each, obj) for each in wanted]
            patch = {
                "metadata": {"resourceVersion": obj["metadata"]["resourceVersion"]},
                "spec": {"taints": taints or None},
            }
            await self._context.client.patch(NODES, node.meta.name, patch)

    async def _patch_ready(self, obj: Object, status: str, reason: str, message: str) -> None:
        now = seconds_text(utc_now())
        told = {"type": "Ready", "status": status, "reason": reason, "message": message}
        others = [each for each in _conditions(obj) if each["type"] != "Ready"]
        conditions = [*others, {**told, "lastTransitionTime": now, "lastHeartbeatTime": now}]
        patch = {"status": {"conditions": conditions}}
        await self._context.client.patch(NODES, obj["metadata"]["name"], patch, subresource="status")

    async def _mark_pods(self, name: str, now: float) -> float | None:
        """Take the pods of a lost node out of service; seconds until one that says Ready again is next."""
        waits: list[float] = []
        for pod in self._context.pods.having(("node", name)):
            obj = self._context.pods.raw(pod.meta.key)
            told = _with_ready(_conditions(obj), lost=True, now=seconds_text(utc_now()))
            if told is None:
                continue
            times, last = self._marked.get(pod.meta.uid, (0, 0.0))
            left = last + plan.marked_again_after(times) - now if times else 0.0
            if left > 0:
                waits.append(left)
                continue
            self._marked[pod.meta.uid] = (times + 1, now)
            await self._patch_conditions(pod, told)
            if obj:
                self._recorder.record(obj, "NodeNotReady", "Node is not ready", warning=True)
        return min(waits, default=None)

    async def _restore_pods(self, name: str) -> None:
        """Put the pods of a node that has returned back into service."""
        for pod in self._context.pods.having(("node", name)):
            self._marked.pop(pod.meta.uid, None)
            obj = self._context.pods.raw(pod.meta.key)
            told = _with_ready(_conditions(obj), lost=False, now=seconds_text(utc_now()))
            if told is not None:
                await self._patch_conditions(pod, told)

    async def _patch_conditions(self, pod: Pod, conditions: list[Object]) -> None:
        patch = {"metadata": {"uid": pod.meta.uid}, "status": {"conditions": conditions}}
        await self._tolerant_patch(pod, patch)

    async def _tolerant_patch(self, pod: Pod, patch: Object) -> None:
        try:
            await self._context.client.patch(
                PODS, pod.meta.name, patch, namespace=pod.meta.namespace, subresource="status"
            )
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    async def _evict(self, name: str, lost_for: float) -> float | None:
        """Delete the pods whose time is up; seconds until the next one's is, None where there is none."""
        waits: list[float] = []
        for pod in self._context.pods.having(("node", name)):
            after = plan.evicted_after(pod, self._eviction_timeout)
            if after is None:
                continue
            if after > lost_for:
                waits.append(after - lost_for)
                continue
            where = f"{pod.meta.namespace}/{pod.meta.name}"
            if obj := self._context.pods.raw(pod.meta.key):
                self._recorder.record(obj, "TaintManagerEviction", f"Marking for deletion Pod {where}")
            meta = pod.meta
            await self._context.client.delete(PODS, meta.name, namespace=meta.namespace, uid=meta.uid)
        return min(waits, default=None)

    async def _remove_stranded(self, name: str) -> float | None:
        """Pods of a node that is no more: no agent will ever end them. It gets time to appear, though."""
        pods = self._context.pods.having(("node", name))
        if not name or not pods:
            self._missing.pop(name, None)
            return None
        now, most = _now(), self._eviction_timeout
        patience = STRANDED_SECONDS if most is None else min(most, STRANDED_SECONDS)
        left = self._missing.setdefault(name, now) + patience - now
        if left > 0:
            return left
        for pod in pods:
            meta = pod.meta
            await self._context.client.delete(
                PODS, meta.name, namespace=meta.namespace, uid=meta.uid, grace_seconds=0
            )
        return None


def _now() -> float:
    return asyncio.get_running_loop().time()


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
