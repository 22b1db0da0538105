"""The endpoints controllers: EndpointSlices and Endpoints from Services' selectors and pods' readiness."""

from typing import Final

from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import ENDPOINTS
from mockcloud.controllers.decide import endpoints, slices, subsets
from mockcloud.controllers.decide.endpoints import Groups
from mockcloud.controllers.loops.replicaset import ECHO_SECONDS
from mockcloud.controllers.machinery.expectations import Expectations
from mockcloud.controllers.machinery.workqueue import WorkQueue
from mockcloud.controllers.machinery.world import World
from mockcloud.controllers.model.nodes import Node
from mockcloud.controllers.model.pods import Pod
from mockcloud.controllers.model.services import Service
from mockcloud.controllers.writing import slice_objects
from mockcloud.controllers.writing.slice_writer import SliceWriter

CONTROLLER: Final = "endpointslice-controller.k8s.io"
HEADLESS: Final = "service.kubernetes.io/headless"
MANAGED_ENDPOINTS: Final = "endpoints.kubernetes.io/managed-by"


class EndpointsLoop:
    """Two queues with the same input: `slices` writes EndpointSlices, `endpoints` writes Endpoints."""

    def __init__(self, world: World) -> None:
        self.slices = WorkQueue("endpointslices", self.sync_slices, workers=8)
        self.endpoints = WorkQueue("endpoints", self.sync_endpoints, workers=4)
        self._world = world
        self._writer = SliceWriter(world, CONTROLLER)
        self._endpoints = Expectations(world.endpoints.feed.informer)
        self._zones: dict[str, str] = {}
        world.services.subscribe(lambda key, _old, _new: self._wake(key))
        world.pods.subscribe(self._pod_changed)
        world.nodes.subscribe(self._node_changed)
        self._writer.wake_on_edits(self.slices.add)
        world.endpoints.subscribe(lambda key, _old, _new: self.endpoints.add(key))

    async def sync_slices(self, key: Key) -> float | None:
        """Bring one Service's slices to its pods. Those of a deleted Service go by garbage collection."""
        service = self._world.services.get(key)
        if service is None or service.meta.deleting:
            self._writer.forget(key)
            return None
        if not self._writer.settled(key):
            return ECHO_SECONDS
        if service.kind != "ExternalName" and not service.selects:
            return None  # somebody else's endpoints
        families = service.families if service.selects else ()
        wanted = self._wanted(service) if service.selects else {}
        labels = slice_objects.labels(service.meta.name, _labels(service), CONTROLLER)
        plan = slices.plan(wanted, families, labels, self._writer.existing(key))
        await self._writer.write(key, plan, slice_objects.reference("Service", service.meta))
        return None

    async def sync_endpoints(self, key: Key) -> float | None:
        """Bring the Endpoints object of one Service to its pods."""
        service = self._world.services.get(key)
        present = self._world.endpoints.raw(key)
        if service is None or service.meta.deleting:
            self._endpoints.forget(key)
            if service is None and present is not None and _managed(present):
                await self._delete_endpoints(present)
            return None
        if not service.selects:
            return None
        if not self._endpoints.met(key):
            return ECHO_SECONDS
        wanted = self._endpoints_object(service)
        if present is None:
            answer = await self._world.client.create(ENDPOINTS, wanted)
        elif _differs(present, wanted):
            metadata = {**present["metadata"], "labels": wanted["metadata"]["labels"]}
            answer = await self._world.client.replace(ENDPOINTS, {**wanted, "metadata": metadata})
        else:
            return None
        self._endpoints.wrote(key, answer)
        return None

    def _wake(self, key: Key) -> None:
        self.slices.add(key)
        self.endpoints.add(key)

    def _pod_changed(self, _key: Key, old: Pod | None, new: Pod | None) -> None:
        """Wake the Services that the pod's change can be seen in."""
        before = old if old and endpoints.counts(old) else None
        after = new if new and endpoints.counts(new) else None
        if _seen(before) == _seen(after):
            return
        marks: dict[tuple[str, str, str, str], None] = {}
        for pod in (before, after):
            if pod:
                where = pod.meta.namespace
                marks.update({("picks", where, key, value): None for key, value in pod.meta.labels.items()})
        for mark in marks:
            for service in self._world.services.having(mark):
                if any(pod and endpoints.selected(service, [pod]) for pod in (before, after)):
                    self._wake(service.meta.key)

    def _node_changed(self, key: Key, old: Node | None, new: Node | None) -> None:
        if new:
            self._zones[key[1]] = new.zone
        else:
            self._zones.pop(key[1], None)
        if (old.zone if old else "") != (new.zone if new else ""):
            for service in self._world.services.all():
                self.slices.add(service.meta.key)

    def _wanted(self, service: Service) -> Groups:
        where = service.meta.namespace
        candidates = min(
            (self._world.pods.having(("label", where, key, value)) for key, value in service.selector),
            key=len,
        )
        return endpoints.groups(service, endpoints.selected(service, candidates), self._zones)

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
        await self._world.client.delete(
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
