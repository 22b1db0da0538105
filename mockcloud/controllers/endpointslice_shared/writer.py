"""Reading and writing one controller's EndpointSlices; two controllers, told apart by a label, share it."""

from collections.abc import Callable

from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import ENDPOINT_SLICES
from mockcloud.controllers.endpointslice_shared.objects import (
    managed,
    new_slice,
    parse_slice,
    service_name,
    updated_slice,
)
from mockcloud.controllers.endpointslice_shared.plan import Plan, Slice
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import Expectations


class SliceWriter:
    """The slices whose managed-by label names `controller`; keys are those of Services."""

    def __init__(self, context: ControllerContext, controller: str) -> None:
        self._context = context
        self._controller = controller
        self._expectations = Expectations(context.slices.informer)

    def wake_on_edits(self, wake: Callable[[Key], None]) -> None:
        """Call `wake` with the Service's key whenever one of our slices changes, by us or by others."""

        def changed(_key: Key, old: Object | None, new: Object | None) -> None:
            for each in (old, new):
                name = service_name(each, self._controller)
                if each and name:
                    wake((each["metadata"]["namespace"], name))

        self._context.slices.shared.subscribe(changed)

    def settled(self, key: Key) -> bool:
        """Whether all that was written for the Service has been seen back."""
        return self._expectations.satisfied(key)

    def forget(self, key: Key) -> None:
        """The Service is gone."""
        self._expectations.forget(key)

    def existing(self, key: Key) -> list[Slice]:
        """The Service's slices."""
        return [parse_slice(each) for each in self._raw(key).values()]

    async def write_slices(self, key: Key, plan: Plan, owner: Object) -> None:
        """Perform the plan; new slices belong to `owner`. Removal comes last."""
        client, raw = self._context.client, self._raw(key)
        for each in plan.update:
            body = updated_slice(raw[each.name], each)
            self._expectations.wrote(key, await client.replace(ENDPOINT_SLICES, body))
        for each in plan.create:
            body = new_slice(key, owner, each)
            self._expectations.wrote(key, await client.create(ENDPOINT_SLICES, body))
        for name in plan.delete:
            uid = raw[name]["metadata"]["uid"]
            await client.delete(ENDPOINT_SLICES, name, namespace=key[0], uid=uid)
            self._expectations.deleted(key, (key[0], name), uid)

    def _raw(self, key: Key) -> dict[str, Object]:
        return {
            meta.name: obj
            for meta in self._context.slices.having(("service", key))
            if managed(meta, self._controller) and not meta.deleting
            if (obj := self._context.slices.raw(meta.key)) is not None
        }
