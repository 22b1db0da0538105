"""The endpoints controllers: EndpointSlices and Endpoints from Services' selectors and pods' readiness."""

from typing import Final

from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import ENDPOINTS
from mockcloud.controllers.adoption.plan import controller_reference
from mockcloud.controllers.endpointslice import plan, subsets
from mockcloud.controllers.endpointslice_shared.endpoints import Groups
from mockcloud.controllers.endpointslice_shared.objects import slice_labels
from mockcloud.controllers.endpointslice_shared.plan import plan_slices
from mockcloud.controllers.endpointslice_shared.writer import SliceWriter
from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.objects.services import Service
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import RECHECK_SECONDS, Expectations
from mockcloud.controllers.runtime.workqueue import WorkQueue

CONTROLLER: Final = "endpointslice-controller.k8s.io"
HEADLESS: Final = "service.kubernetes.io/headless"
MANAGED_ENDPOINTS: Final = "endpoints.kubernetes.io/managed-by"


class EndpointsController:
    """Two queues with the same input: `slice_queue` writes EndpointSlices, `endpoints_queue` Endpoints."""

    def __init__(self, context: ControllerContext) -> None:
        self.slice_queue = WorkQueue("endpointslices", self.sync_slices, workers=8)
        self.endpoints_queue = WorkQueue("endpoints", self.sync_endpoints, workers=4)
        self._context = context
        self._writer = SliceWriter(context, CONTROLLER)
        self._endpoints = Expectations(context.endpoints.informer)
        self._zones: dict[str, str] = {}
        context.services.subscribe(lambda key, _old, _new: self._wake(key))
        context.pods.subscribe(self._pod_changed)
        context.nodes.subscribe(self._node_changed)
        self._writer.wake_on_edits(self.slice_queue.add)
        context.endpoints.subscribe(lambda key, _old, _new: self.endpoints_queue.add(key))

    async def sync_slices(self, key: Key) -> float | None:
        """Bring one Service's slices to its pods. Those of a deleted Service go by garbage collection."""
        service = self._context.services.get(key)
        if service is None or service.meta.deleting:
            self._writer.forget(key)
            return None
        if not self._writer.settled(key):
            return RECHECK_SECONDS
        if service.kind != "ExternalName" and not service.selects:
            return None  # somebody else's endpoints
        families = service.families if service.selects else ()
        wanted = self._wanted(service) if service.selects else {}
        labels = slice_labels(service.meta.name, _labels(service), CONTROLLER)
        slices = plan_slices(wanted, families, labels, self._writer.existing(key))
        await self._writer.write_slices(key, slices, controller_reference("v1", "Service", service.meta))
        return None

    async def sync_endpoints(self, key: Key) -> float | None:
        """Bring the Endpoints object of one Service to its pods."""
        service = self._context.services.get(key)
        present = self._context.endpoints.raw(key)
        if service is None or service.meta.deleting:
            self._endpoints.forget(key)
            if service is None and present is not None and _managed(present):
                await self._delete_endpoints(present)
            return None
        if not service.selects:
            return None
        if not self._endpoints.satisfied(key):
            return RECHECK_SECONDS
        wanted = self._endpoints_object(service)
        if present is None:
            answer = await self._context.client.create(ENDPOINTS, wanted)
        elif _differs(present, wanted):
            metadata = {**present["metadata"], "labels": wanted["metadata"]["labels"]}
            answer = await self._context.client.replace(ENDPOINTS, {**wanted, "metadata": metadata})
        else:
            return None
        self._endpoints.wrote(key, answer)
        return None

    def _wake(self, key: Key) -> None:
        self.slice_queue.add(key)
        self.endpoints_queue.add(key)

    def _pod_changed(self, _key: Key, old: Pod | None, new: Pod | None) -> None:
        """Wake the Services that the pod's change can be seen in."""
        before = old if old and plan.counts(old) else None
        after = new if new and plan.counts(new) else None
        if _seen(before) == _seen(after):
            return
        keys: dict[tuple[str, str, str, str], None] = {}
        for pod in (before, after):
            if pod:
                where = pod.meta.namespace
                keys.update({("picks", where, key, value): None for key, value in pod.meta.labels.items()})
        for each in keys:
            for service in self._context.services.having(each):
                if any(pod and plan.selected(service, [pod]) for pod in (before, after)):
                    self._wake(service.meta.key)

    def _node_changed(self, key: Key, old: Node | None, new: Node | None) -> None:
        if new:
            self._zones[key[1]] = new.zone
        else:
            self._zones.pop(key[1], None)
        if (old.zone if old else "") != (new.zone if new else ""):
            for service in self._context.services.all():
                self.slice_queue.add(service.meta.key)

    def _wanted(self, service: Service) -> Groups:
        where = service.meta.namespace
        candidates = min(
            (self._context.pods.having(("label", where, key, value)) for key, value in service.selector),
            key=len,
        )
        return plan.groups(service, plan.selected(service, candidates), self._zones)

    def _endpoints_object(self, service: Service) -> Object:
        labels = {**_labels(service), MANAGED_ENDPOINTS: "endpoint-controller"}
        found = subsets.subsets(
            self._wanted(service),
            service.families[0],
            publish_not_ready=service.publish_not_ready,
            portless=not service.ports,
        )
        return {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": service.meta.name, "namespace": service.meta.namespace, "labels": labels},
            "subsets": found,
        }

    async def _delete_endpoints(self, present: Object) -> None:
        metadata = present["metadata"]
        await self._context.client.delete(
            ENDPOINTS, metadata["name"], namespace=metadata["namespace"], uid=metadata["uid"]
        )


def _labels(service: Service) -> dict[str, str]:
    """What a Service hands down to its endpoints."""
    own = {key: value for key, value in service.meta.labels.items() if key != HEADLESS}
    return {**own, HEADLESS: ""} if service.headless else own


def _managed(present: Object) -> bool:
    """Made by this controller; those that a user wrote stay."""
    return MANAGED_ENDPOINTS in (present["metadata"].get("labels") or {})


def _differs(present: Object, wanted: Object) -> bool:
    labels: object = present["metadata"].get("labels") or {}
    subsets_now: object = present.get("subsets") or []
    return (subsets_now, labels) != (wanted["subsets"], wanted["metadata"]["labels"])


def _seen(pod: Pod | None) -> tuple[object, ...] | None:
    """All of a pod that its endpoints show."""
    if pod is None:
        return None
    where = (pod.node, pod.ips, pod.ports, pod.hostname, pod.subdomain)
    return (pod.meta.uid, pod.meta.labels, pod.ready, pod.meta.deleting, *where)
