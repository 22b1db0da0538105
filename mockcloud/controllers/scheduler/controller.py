"""The scheduler: binds pending pods to nodes, and says why where it cannot."""

from collections.abc import Iterable

from mockcloud.client.clock import seconds_text, utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, STORAGE_CLASSES
from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import ENDED, Pod
from mockcloud.controllers.objects.volume_claims import SELECTED_NODE, VolumeClaim
from mockcloud.controllers.objects.volumes import parse_storage_class, parse_volume
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue
from mockcloud.controllers.scheduler.filters import Cluster
from mockcloud.controllers.scheduler.load import Load
from mockcloud.controllers.scheduler.plan import Placed, Unplaced, pending, place
from mockcloud.controllers.scheduler.preemption import Victims
from mockcloud.controllers.scheduler.volumes import Mounts, mounts_of


class Scheduler:
    """`queue.run_workers` is the scheduler. A decision is counted at once, so that the next one sees it."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("scheduler", self.schedule_pod, workers=8)
        self._context = context
        self._recorder = context.recorder("default-scheduler")
        self._load = Load()
        self._assumed: dict[Key, tuple[Pod, str]] = {}  # bound by us, not yet seen to be
        self._waiting: set[Key] = set()
        context.pods.subscribe(self._pod_changed)
        context.nodes.subscribe(self._node_changed)
        self._volumes = context.collection(PERSISTENT_VOLUMES, parse_volume)
        self._classes = context.collection(STORAGE_CLASSES, parse_storage_class)
        context.claims.subscribe(self._claim_changed)
        self._classes.subscribe(lambda _key, _old, _new: self._retry_waiting())

    async def schedule_pod(self, key: Key) -> float | None:
        """Place one pod, if it still has to be."""
        pod = self._context.pods.get(key)
        if pod is None or not pending(pod) or key in self._assumed:
            return None
        namespaces = {each.name: each.labels for each in self._context.namespaces.all()}
        mounts = self._mounts(pod)
        match place(pod, Cluster(self._context.nodes.all(), self._load, namespaces, mounts)):
            case Placed(node):
                if mounts.delayed:
                    self._waiting.add(key)
                    await self._choose(mounts.delayed, node)
                else:
                    await self._bind(pod, node)
            case Unplaced(message, victims):
                self._waiting.add(key)
                if victims is not None and not self._awaits(pod):
                    self._load.promised[key] = (pod, victims.node)
                    await self._refuse(pod, message, victims.node)
                    await self._drive_out(pod, victims)
                else:
                    await self._refuse(pod, message)
        return None

    def _mounts(self, pod: Pod) -> Mounts:
        classes = {each.meta.name: each for each in self._classes.all()} if pod.claims else {}
        return mounts_of(pod, self._context.claims.get, self._volumes.get, classes)

    async def _choose(self, claims: Iterable[VolumeClaim], node: str) -> None:
        """Have volumes for a pod that goes there; it is bound when its claims are."""
        for claim in claims:
            if claim.meta.annotations.get(SELECTED_NODE) == node:
                continue
            patch = {"metadata": {"uid": claim.meta.uid, "annotations": {SELECTED_NODE: node}}}
            name, where = claim.meta.name, claim.meta.namespace
            try:
                await self._context.client.patch(PERSISTENT_VOLUME_CLAIMS, name, patch, namespace=where)
            except ApiError as error:
                if error.status not in (404, 409):
                    raise

    def _awaits(self, pod: Pod) -> bool:
        """Whether pods that were to make room for this one are still on their way."""
        _, node = self._load.promised.get(pod.meta.key, (pod, ""))
        return any(one.meta.deleting and one.priority < pod.priority for one in self._load.pods(node))

    async def _drive_out(self, pod: Pod, victims: Victims) -> None:
        """Delete them, each with the condition that says why."""
        now = seconds_text(utc_now())
        for victim in victims.pods:
            if victim.meta.deleting:
                continue
            obj = self._context.pods.raw(victim.meta.key) or {}
            conditions = obj.get("status", {}).get("conditions") or []
            patch = {
                "metadata": {"uid": victim.meta.uid},
                "status": {"conditions": preempted(conditions, now)},
            }
            name, where = victim.meta.name, victim.meta.namespace
            try:
                await self._context.client.patch(PODS, name, patch, namespace=where, subresource="status")
                await self._context.client.delete(PODS, name, namespace=where, uid=victim.meta.uid)
            except ApiError as error:
                if error.status not in (404, 409):
                    raise
            self._record(victim, "Preempted", f"Preempted by pod {pod.meta.uid} on node {victims.node}")

    def _pod_changed(self, key: Key, old: Pod | None, new: Pod | None) -> None:
        if old and _counts(old) and not (new and _counts(new)):
            self._load.take(old, old.node)
            self._retry_waiting()
        if new and _counts(new):
            self._load.put(new, new.node)
        elif new and pending(new) and new.nominated and key not in self._load.promised:
            self._load.promised[key] = (new, new.nominated)
        if (old and _counts(old)) != (new and _counts(new)) and new:
            self._retry_waiting()  # who wants to be near it may be
        if new is None or not pending(new):
            self._forget(key)
        elif old is None or _wishes(old) != _wishes(new):
            self.queue.add(key)

    def _node_changed(self, _key: Key, old: Node | None, new: Node | None) -> None:
        """Those who wait may try again, or must be told another reason."""
        if (old and _matters(old)) != (new and _matters(new)):
            self._retry_waiting()

    def _claim_changed(self, key: Key, _old: VolumeClaim | None, _new: VolumeClaim | None) -> None:
        """Pods that mount it may have waited for it."""
        for pod in self._context.pods.having(("claim", *key)):
            if pod.meta.key in self._waiting:
                self.queue.add(pod.meta.key)

    def _retry_waiting(self) -> None:
        for key in self._waiting:
            self.queue.add(key)

    def _forget(self, key: Key) -> None:
        self._waiting.discard(key)
        self._load.promised.pop(key, None)
        if assumed := self._assumed.pop(key, None):
            bound = self._context.pods.get(key)
            if bound is None or bound.node != assumed[1]:
                self._load.take(*assumed)

    async def _bind(self, pod: Pod, node: str) -> None:
        self._assumed[pod.meta.key] = (pod, node)
        self._load.put(pod, node)
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": pod.meta.name, "namespace": pod.meta.namespace, "uid": pod.meta.uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        }
        try:
            await self._context.client.create(PODS, binding, subresource="binding")
        except BaseException as error:
            self._forget(pod.meta.key)
            if isinstance(error, ApiError) and error.status in (404, 409):
                return  # gone, or bound by another: its own event will say so
            raise
        self._waiting.discard(pod.meta.key)
        where = f"{pod.meta.namespace}/{pod.meta.name}"
        self._record(pod, "Scheduled", f"Successfully assigned {where} to {node}")

    async def _refuse(self, pod: Pod, message: str, nominated: str = "") -> None:
        obj = self._context.pods.raw(pod.meta.key)
        conditions = (obj or {}).get("status", {}).get("conditions") or []
        told_before = any(each.get("message") == message for each in conditions)
        if told_before and not nominated:
            return
        self._record(pod, "FailedScheduling", message, warning=True)
        told = unschedulable(conditions, message, seconds_text(utc_now()))
        status: Object = {"conditions": told}
        if nominated:
            status["nominatedNodeName"] = nominated
        patch = {"metadata": {"uid": pod.meta.uid}, "status": status}
        try:
            await self._context.client.patch(
                PODS, pod.meta.name, patch, namespace=pod.meta.namespace, subresource="status"
            )
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    def _record(self, pod: Pod, reason: str, message: str, *, warning: bool = False) -> None:
        obj = self._context.pods.raw(pod.meta.key)
        if obj is not None:
            self._recorder.record(obj, reason, message, warning=warning)


def unschedulable(conditions: list[Object], message: str, now: str) -> list[Object]:
    """The pod's conditions, with PodScheduled saying why it is not."""
    earlier = next((each for each in conditions if each["type"] == "PodScheduled"), None)
    same = earlier is not None and earlier["status"] == "False"
    told = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
        "lastTransitionTime": earlier.get("lastTransitionTime", now) if same and earlier else now,
    }
    return [*(each for each in conditions if each["type"] != "PodScheduled"), told]


def preempted(conditions: list[Object], now: str) -> list[Object]:
    """A victim's conditions, with DisruptionTarget saying why it goes."""
    told = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "PreemptionByScheduler",
        "message": "default-scheduler: preempting to accommodate a higher priority pod",
        "lastTransitionTime": now,
    }
    return [*(each for each in conditions if each["type"] != "DisruptionTarget"), told]


def _counts(pod: Pod) -> bool:
    return bool(pod.node) and pod.phase not in ENDED


def _wishes(pod: Pod) -> tuple[object, ...]:
    return pod.node_selector, pod.affinity, pod.tolerations, pod.gated


def _matters(node: Node) -> tuple[object, ...]:
    return node.ready, node.unschedulable, node.taints, node.meta.labels, node.allocatable
