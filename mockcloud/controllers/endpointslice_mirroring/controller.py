"""The mirroring controller: EndpointSlices from Endpoints that users write for Services without selector."""

from typing import Final

from mockcloud.client.objects import Key, Object
from mockcloud.controllers.adoption.plan import controller_reference
from mockcloud.controllers.endpointslice_mirroring import plan
from mockcloud.controllers.endpointslice_shared.objects import slice_labels
from mockcloud.controllers.endpointslice_shared.plan import plan_slices
from mockcloud.controllers.endpointslice_shared.writer import SliceWriter
from mockcloud.controllers.objects.metadata import parse_meta
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import RECHECK_SECONDS
from mockcloud.controllers.runtime.workqueue import WorkQueue

CONTROLLER: Final = "endpointslicemirroring-controller.k8s.io"
SKIP: Final = "endpointslice.kubernetes.io/skip-mirror"


class EndpointSliceMirroringController:
    """`queue.run_workers` is the controller; a Service and its Endpoints have the same key."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("endpointslicemirroring", self.sync_endpoints, workers=2)
        self._context = context
        self._writer = SliceWriter(context, CONTROLLER)
        context.services.subscribe(lambda key, _old, _new: self.queue.add(key))
        context.endpoints.subscribe(lambda key, _old, _new: self.queue.add(key))
        self._writer.wake_on_edits(self.queue.add)

    async def sync_endpoints(self, key: Key) -> float | None:
        """Bring one Endpoints object's mirror to its content; garbage collection takes orphaned ones."""
        endpoints = self._context.endpoints.raw(key)
        if endpoints is None:
            self._writer.forget(key)
            return None
        if not self._writer.settled(key):
            return RECHECK_SECONDS
        wanted = plan.groups(endpoints.get("subsets") or ()) if self._mirrored(key, endpoints) else {}
        labels = slice_labels(key[1], endpoints["metadata"].get("labels") or {}, CONTROLLER)
        slices = plan_slices(wanted, (), labels, self._writer.existing(key))
        reference = controller_reference("v1", "Endpoints", parse_meta(endpoints))
        await self._writer.write_slices(key, slices, reference)
        return None

    def _mirrored(self, key: Key, endpoints: Object) -> bool:
        service = self._context.services.get(key)
        skipped = (endpoints["metadata"].get("labels") or {}).get(SKIP) == "true"
        return service is not None and service.kind != "ExternalName" and not service.selector and not skipped
