"""The controller of ReplicaSets and ReplicationControllers: keeps as many pods as are wanted."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final

from mockcloud.client.clock import utc_now
from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import PODS, REPLICA_SETS, REPLICATION_CONTROLLERS, Resource
from mockcloud.controllers.adoption.plan import controller_reference
from mockcloud.controllers.adoption.writer import Adopter
from mockcloud.controllers.objects.metadata import parse_meta
from mockcloud.controllers.objects.pod_template import ALPHABET
from mockcloud.controllers.objects.pods import Pod, seconds_until_available
from mockcloud.controllers.objects.replica_sets import ReplicaSet, parse_replication_controller
from mockcloud.controllers.replicaset.plan import Plan, plan_pods, replica_set_status
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import RECHECK_SECONDS, Expectations
from mockcloud.controllers.runtime.indexes import by_namespace_and_owner, candidate_keys
from mockcloud.controllers.runtime.informers import Collection
from mockcloud.controllers.runtime.status_writer import write_status
from mockcloud.controllers.runtime.workqueue import WorkQueue


@dataclass(frozen=True, slots=True)
class Style:
    """The kind of the owners, and what goes by its name."""

    kind: str
    resource: Resource
    component: str  # whom Events are from


REPLICA_SET: Final = Style("ReplicaSet", REPLICA_SETS, "replicaset-controller")
REPLICATION_CONTROLLER: Final = Style(
    "ReplicationController", REPLICATION_CONTROLLERS, "replication-controller"
)


def replica_set_controller(context: ControllerContext) -> "ReplicasController":
    """That of ReplicaSets."""
    return ReplicasController(context, context.replica_sets, REPLICA_SET)


def replication_controller(context: ControllerContext) -> "ReplicasController":
    """That of ReplicationControllers."""
    owners = context.collection(REPLICATION_CONTROLLERS, parse_replication_controller, by_namespace_and_owner)
    return ReplicasController(context, owners, REPLICATION_CONTROLLER)


class ReplicasController:
    """Owns pods; `queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext, owners: Collection[ReplicaSet], style: Style) -> None:
        self.queue = WorkQueue(style.kind.lower(), self.sync_owner, workers=8)
        self._context = context
        self._owners = owners
        self._style = style
        self._recorder = context.recorder(style.component)
        self._adopter = Adopter(context.client, style.kind, style.resource.group_version)
        self._pods = Expectations(context.pods.informer)
        self._failures: dict[Key, str] = {}
        self._unsure: dict[Key, set[str]] = {}  # owner -> names of pods whose creation was not answered
        owners.subscribe(lambda key, _old, _new: self.queue.add(key))
        context.pods.subscribe(self._pod_changed)

    async def sync_owner(self, key: Key) -> float | None:
        """Bring one owner's pods and status to where they should be."""
        owner = self._owners.get(key)
        if owner is None:
            self._pods.forget(key)
            self._failures.pop(key, None)
            self._unsure.pop(key, None)
            return None
        if not self._pods.satisfied(key):
            return RECHECK_SECONDS
        candidates = self._context.pods.having(*candidate_keys(owner.meta))
        owned = await self._adopter.owned(owner, PODS, self._pods, candidates)
        if owned is None:
            return RECHECK_SECONDS
        self._unsure.get(key, set()).difference_update(pod.meta.name for pod in owned)
        try:
            if not owner.meta.deleting:
                await self._carry_out(owner, plan_pods(owner.replicas, owned, self._related(owner, owned)))
        finally:
            await self._write_status(owner, owned)
        return seconds_until_available(owned, owner.min_ready_seconds, utc_now())

    def _pod_changed(self, _key: Key, old: Pod | None, new: Pod | None) -> None:
        """Wake whoever owns the pod, or owned it, or might adopt it."""
        for pod in (old, new):
            if pod is None:
                continue
            if pod.meta.controller is None:
                for each in self._owners.having(("namespace", pod.meta.namespace)):
                    if each.selector.matches(pod.meta.labels):
                        self.queue.add(each.meta.key)
            for owner in pod.meta.owners:
                if owner.controller and owner.kind == self._style.kind:
                    self.queue.add((pod.meta.namespace, owner.name))

    def _related(self, owner: ReplicaSet, owned: list[Pod]) -> list[Pod]:
        """The pods of all ReplicaSets of the same Deployment."""
        if owner.meta.controller is None:
            return owned
        family = self._owners.having(("owner", owner.meta.controller))
        return [pod for each in family for pod in self._context.pods.having(("owner", each.meta.uid))]

    async def _carry_out(self, owner: ReplicaSet, plan: Plan) -> None:
        """Create in batches of 1, 2, 4...: where the first is refused, the rest need not be tried."""
        left, batch = plan.create, 1
        while left > 0:
            number = min(batch, left)
            results = await asyncio.gather(
                *(self._create(owner) for _ in range(number)), return_exceptions=True
            )
            _raise_first(results)
            left -= number
            batch *= 2
        _raise_first(
            await asyncio.gather(*(self._delete(owner, pod) for pod in plan.delete), return_exceptions=True)
        )
        self._failures.pop(owner.meta.key, None)

    async def _create(self, owner: ReplicaSet) -> None:
        unsure = self._unsure.setdefault(owner.meta.key, set())
        name = unsure.pop() if unsure else f"{owner.meta.name}-{suffix()}"
        try:
            made = await self._make(owner, name)
        except ApiUnreachable:
            unsure.add(name)  # it may be there: the next try takes the same name, so it is not made twice
            raise
        except ApiError as error:
            if not error.namespace_ending:
                self._failures[owner.meta.key] = error.message
                self._record(owner, "FailedCreate", f"Error creating: {error.message}", warning=True)
            raise
        self._pods.wrote(owner.meta.key, made)
        self._record(owner, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    async def _make(self, owner: ReplicaSet, name: str) -> Object:
        client = self._context.client
        try:
            return await client.create(PODS, pod_of(owner, name, self._style))
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            made = await client.get(PODS, name, owner.meta.namespace)
            if parse_meta(made).controller != owner.meta.uid:
                raise
            return made

    async def _delete(self, owner: ReplicaSet, pod: Pod) -> None:
        try:
            await self._context.client.delete(
                PODS, pod.meta.name, namespace=pod.meta.namespace, uid=pod.meta.uid
            )
        except ApiError as error:
            self._record(owner, "FailedDelete", f"Error deleting: {error.message}", warning=True)
            raise
        self._pods.deleted(owner.meta.key, pod.meta.key, pod.meta.uid)
        self._record(owner, "SuccessfulDelete", f"Deleted pod: {pod.meta.name}")

    async def _write_status(self, owner: ReplicaSet, owned: list[Pod]) -> None:
        labels = (owner.template.get("metadata") or {}).get("labels") or {}
        failure = self._failures.get(owner.meta.key, "")
        wanted = replica_set_status(owner, owned, labels, failure, utc_now())
        await write_status(self._context.client, self._style.resource, owner.meta, owner.status, wanted)

    def _record(self, owner: ReplicaSet, reason: str, message: str, *, warning: bool = False) -> None:
        obj = self._owners.raw(owner.meta.key)
        if obj is not None:
            self._recorder.record(obj, reason, message, warning=warning)


def suffix() -> str:
    """Five letters or digits, as the API itself would choose for a generateName."""
    return "".join(secrets.choice(ALPHABET) for _ in range(5))


def pod_of(owner: ReplicaSet, name: str, style: Style) -> Object:
    """A pod of the owner's template. It is named here: a create whose answer is lost can be repeated."""
    metadata = owner.template.get("metadata") or {}
    handed_down = {key: metadata[key] for key in ("labels", "annotations", "finalizers") if metadata.get(key)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **handed_down,
            "name": name,
            "generateName": f"{owner.meta.name}-",
            "namespace": owner.meta.namespace,
            "ownerReferences": [controller_reference(style.resource.group_version, style.kind, owner.meta)],
        },
        "spec": owner.template["spec"],
    }


def _raise_first(results: list[BaseException | None]) -> None:
    for each in results:
        if each is not None:
            raise each
