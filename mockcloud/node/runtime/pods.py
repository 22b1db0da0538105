"""All pods of the node: a worker for each that is bound to it; those of an agent before are taken over."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from mockcloud.client.informer import Informer, Key, key_of
from mockcloud.client.odd import MALFORMED, leaves, why
from mockcloud.client.resources import PODS
from mockcloud.node.pods.admission import ENDED, Rejection, rejection
from mockcloud.node.pods.convert import began, deletion_grace, ephemeral, pod_spec
from mockcloud.node.pods.files.sources import Kind
from mockcloud.node.pods.machine import PodMachine
from mockcloud.node.pods.status import time_text
from mockcloud.node.runtime.status_writer import write_status
from mockcloud.node.runtime.worker import NodeServices, PodWorker, delete_object
from mockcloud.node.sandbox.records import PodKey

if TYPE_CHECKING:
    from mockcloud.node.sandbox.holder import Process
    from mockcloud.node.sandbox.maker import Sandbox

LOG: Final = logging.getLogger(__name__)
Object = dict[str, Any]


class PodRunner:
    """Owner of the workers."""

    def __init__(self, services: NodeServices) -> None:
        self._services = services
        node = services.setting.node_name
        self._informer = Informer(services.client, PODS, field_selector=f"spec.nodeName={node}")
        self._workers: dict[str, PodWorker] = {}  # by uid
        self._adoptable: dict[str, tuple[Sandbox, tuple[Process, ...]]] = {}
        self._rejected: set[str] = set()  # by uid, until their objects are gone
        self._stopping = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Until `stop` was called and all pods have ended."""
        self._adoptable = {found[0].record.uid: found for found in self._services.sandboxes.adopt()}
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._services.objects.on_change = self._on_object
            objects = group.create_task(self._services.objects.run(), name="watch what pods are made from")
            watch = group.create_task(self._informer.run(self._on_change), name="watch pods")
            sweep = group.create_task(self._sweep(), name="remove orphans")
            await self._stopping.wait()
            watch.cancel()
            objects.cancel()
            sweep.cancel()
            for worker in self._workers.values():
                worker.stop()

    def stop(self) -> None:
        """The node stops: end all pods."""
        self._stopping.set()

    def find(self, namespace: str, name: str) -> PodWorker | None:
        """The pod's worker, the newest where one of that name still ends; None where no such pod is here."""
        workers = reversed(self._workers.values())
        return next((one for one in workers if key_of(one.object) == (namespace, name)), None)

    def running(self) -> list[PodWorker]:
        """The workers of all pods that have not ended."""
        return list(self._workers.values())

    def objects(self) -> list[Object]:
        """All pods that are bound to the node, those that have ended too, as last seen."""
        return list(self._informer.items.values())

    def _on_object(self, kind: Kind, key: Key) -> None:
        for worker in self._workers.values():
            if worker.object["metadata"]["namespace"] == key[0]:
                worker.concern(kind, key[1])

    def _on_change(self, _key: Key, old: Object | None, new: Object | None) -> None:
        if new is None:
            self._rejected.discard(old["metadata"]["uid"] if old else "")
            worker = self._workers.get(old["metadata"]["uid"]) if old else None
            if worker is not None:
                worker.gone()
            return
        worker = self._workers.get(new["metadata"]["uid"])
        if worker is None:
            self._begin(new)
            return
        worker.update(new, _new_grace(old, new))

    def _begin(self, obj: Object) -> None:
        uid = obj["metadata"]["uid"]
        adoptable = self._adoptable.pop(uid, None)
        if adoptable is None and self._is_over(obj):
            if deletion_grace(obj) is not None:
                assert self._group is not None
                self._group.create_task(self._forget(obj), name=f"delete pod {uid}")
            return
        if uid in self._rejected:
            return
        if adoptable is None and began(obj) is None and (no := self._rejection(obj)):
            self._rejected.add(uid)
            assert self._group is not None
            self._group.create_task(self._reject(obj, no), name=f"reject pod {uid}")
            return
        try:
            spec = pod_spec(obj)
        except MALFORMED as error:
            message = f"the pod cannot be run: {why(error)}"
            LOG.error("%s: %s", "/".join(key_of(obj)), message)
            self._services.recorder.record(obj, "FailedValidation", message, warning=True)
            return
        machine = PodMachine.create(spec, began(obj) or self._services.clock())
        machine.expect(ephemeral(obj))
        worker = PodWorker(self._services, obj, machine)
        if adoptable is not None:
            worker.adopt(*adoptable)
        else:
            machine.resume(_restarts(obj))
        self._workers[uid] = worker
        assert self._group is not None
        self._group.create_task(self._work(worker, deletion_grace(obj)), name=f"pod {spec.label}")

    async def _work(self, worker: PodWorker, grace: float | None) -> None:
        try:
            if grace is not None:
                worker.update(worker.object, grace)
            await worker.run()
        except* MALFORMED as found:
            # Whatever is odd about this pod, the others of the node go on.
            reasons = "; ".join(why(each) for each in leaves(found))
            LOG.exception("giving up on %s: %s", "/".join(key_of(worker.object)), reasons)
            message = f"the pod cannot be run: {reasons}"
            self._services.recorder.record(worker.object, "FailedSync", message, warning=True)
        self._workers.pop(worker.uid, None)

    async def _forget(self, obj: Object) -> None:
        """A pod that had ended before this agent began is deleted."""
        await delete_object(self._services.client, obj)
        metadata = obj["metadata"]
        self._services.sandboxes.forget(PodKey(metadata["namespace"], metadata["name"], metadata["uid"]))

    def _rejection(self, obj: Object) -> Rejection | None:
        """Why the node does not take the pod."""
        uid = obj["metadata"]["uid"]
        others = [
            each
            for each in self._informer.items.values()
            if each["metadata"]["uid"] != uid and each["metadata"]["uid"] not in self._rejected
        ]
        return rejection(obj, others, self._services.setting.capacity)

    async def _reject(self, obj: Object, no: Rejection) -> None:
        """Its object says so; there is nothing else of it here."""
        LOG.info("%s: %s: %s", "/".join(key_of(obj)), no.reason, no.message)
        self._services.recorder.record(obj, no.reason, no.message, warning=True)
        said = {"phase": "Failed", "reason": no.reason, "message": f"Pod was rejected: {no.message}"}
        said["startTime"] = time_text(self._services.clock())
        await write_status(self._services.client, obj["metadata"], said)

    def _is_over(self, obj: Object) -> bool:
        """Whether the pod has ended for good, so that there is nothing to run (but perhaps to delete)."""
        return (obj.get("status") or {}).get("phase") in ENDED

    async def _sweep(self) -> None:
        """Pods that were deleted while no agent was there have a sandbox, and no object."""
        await self._informer.synced.wait()
        orphans, self._adoptable = self._adoptable, {}
        for sandbox, _ in orphans.values():
            LOG.info("removing the orphan %s", sandbox.record.key)
            await self._services.sandboxes.remove(sandbox)
            self._services.sandboxes.forget(sandbox.record.key)


def _new_grace(old: Object | None, new: Object) -> float | None:
    """The grace of a deletion that is new, or shorter than before."""
    grace = deletion_grace(new)
    before = deletion_grace(old) if old is not None else None
    return grace if before is None or (grace is not None and grace < before) else None


def _restarts(obj: Object) -> dict[str, int]:
    """How often containers had been restarted, of those that ever ran."""
    status = obj.get("status") or {}
    found = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return {one["name"]: int(one.get("restartCount") or 0) for one in found if one.get("containerID")}
