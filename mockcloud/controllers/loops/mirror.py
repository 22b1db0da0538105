"""The mirroring controller: EndpointSlices from Endpoints that users write for Services without selector."""

from typing import Final

from mockcloud.client.objects import Key, Object
from mockcloud.controllers.decide import mirror, slices
from mockcloud.controllers.loops.replicaset import ECHO_SECONDS
from mockcloud.controllers.machinery.workqueue import WorkQueue
from mockcloud.controllers.machinery.world import World
from mockcloud.controllers.model.metadata import parse_meta
from mockcloud.controllers.writing import slice_objects
from mockcloud.controllers.writing.slice_writer import SliceWriter

CONTROLLER: Final = "endpointslicemirroring-controller.k8s.io"
SKIP: Final = "endpointslice.kubernetes.io/skip-mirror"


class MirrorLoop:
    """`queue.run` is the controller; a Service and its Endpoints have the same key."""

    def __init__(self, world: World) -> None:
        self.queue = WorkQueue("endpointslicemirroring", self.sync, workers=2)
        self._world = world
        self._writer = SliceWriter(world, CONTROLLER)
        world.services.subscribe(lambda key, _old, _new: self.queue.add(key))
        world.endpoints.subscribe(lambda key, _old, _new: self.queue.add(key))
        self._writer.wake_on_edits(self.queue.add)

    async def sync(self, key: Key) -> float | None:
        """Bring one Endpoints object's mirror to its content; garbage collection takes orphaned ones."""
        endpoints = self._world.endpoints.raw(key)
        if endpoints is None:
            self._writer.forget(key)
            return None
        if not self._writer.settled(key):
            return ECHO_SECONDS
        wanted = mirror.groups(endpoints.get("subsets") or ()) if self._mirrored(key, endpoints) else {}
        labels = slice_objects.labels(key[1], endpoints["metadata"].get("labels") or {}, CONTROLLER)
        plan = slices.plan(wanted, (), labels, self._writer.existing(key))
        reference = slice_objects.reference("Endpoints", parse_meta(endpoints))
        await self._writer.write(key, plan, reference)
        return None

    def _mirrored(self, key: Key, endpoints: Object) -> bool:
        service = self._world.services.get(key)
        skipped = (endpoints["metadata"].get("labels") or {}).get(SKIP) == "true"
        return service is not None and service.kind != "ExternalName" and not service.selector and not skipped
