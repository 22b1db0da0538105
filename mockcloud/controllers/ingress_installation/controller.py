"""Keeps IngressClass mockcloud there, and installs its controller for the first Ingress of it.

A lab without Ingresses has no pod of it, and pays nothing.
"""

from typing import Final

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object, key_of
from mockcloud.client.resources import INGRESS_CLASSES, INGRESSES, Resource
from mockcloud.controllers.ingress_installation.plan import asks, ingress_class, installation
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue

_ALL: Final[Key] = ("", "ingress controller")  # the queue's one key
_THERE: Final = 409


class IngressInstallation:
    """`queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("ingress installation", self.sync, workers=1)
        self._client = context.client
        self._classes, self._ingresses = context.informer(INGRESS_CLASSES), context.informer(INGRESSES)
        self._parts = {resource: context.informer(resource) for resource, _ in installation()}
        for informer in (self._classes, self._ingresses):
            informer.subscribe(self._changed)
        self.queue.add(_ALL)

    async def sync(self, _key: Key) -> float | None:
        """Create what is missing; what somebody changed stays as it is."""
        classes = self._classes.informer.items
        if key_of(ingress_class()) not in classes:
            await self._create(INGRESS_CLASSES, ingress_class())
        if any(asks(each, classes) for each in self._ingresses.informer.items.values()):
            for resource, body in installation():
                if key_of(body) not in self._parts[resource].informer.items:
                    await self._create(resource, body)
        return None

    async def _create(self, resource: Resource, body: Object) -> None:
        try:
            await self._client.create(resource, body)
        except ApiError as error:
            if error.status != _THERE:
                raise

    def _changed(self, _key: Key, _old: Object | None, _new: Object | None) -> None:
        self.queue.add(_ALL)
