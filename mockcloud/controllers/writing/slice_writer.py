"""Reading and writing one controller's EndpointSlices; two controllers, told apart by a label, share it."""

from collections.abc import Callable

from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import ENDPOINT_SLICES
from mockcloud.controllers.decide.slices import Plan, Slice
from mockcloud.controllers.machinery.expectations import Expectations
from mockcloud.controllers.machinery.world import World
from mockcloud.controllers.writing import slice_objects


class SliceWriter:
    """The slices whose managed-by label names `controller`; keys are those of Services."""

    def __init__(self, world: World, controller: str) -> None:
        self._world = world
        self._controller = controller
        self._expectations = Expectations(world.slices.feed.informer)

    def wake_on_edits(self, wake: Callable[[Key], None]) -> None:
        """Call `wake` with the Service's key whenever one of our slices changes, by us or by others."""

        def changed(_key: Key, old: Object | None, new: Object | None) -> None:
            for each in (old, new):
                name = slice_objects.service_name(each, self._controller)
                if each and name:
                    wake((each["metadata"]["namespace"], name))

        self._world.slices.feed.subscribe(changed)

    def settled(self, key: Key) -> bool:
        """Whether all that was written for the Service has been seen back."""
        return self._expectations.met(key)

    def forget(self, key: Key) -> None:
        """The Service is gone."""
        self._expectations.forget(key)

    def existing(self, key: Key) -> list[Slice]:
        """The Service's slices."""
        return [slice_objects.parse(each) for each in self._raw(key).values()]

    async def write(self, key: Key, plan: Plan, owner: Object) -> None:
        """Perform the plan; new slices belong to `owner`. Removal comes last."""
        client, raw = self._world.client, self._raw(key)
        for each in plan.update:
            body = slice_objects.updated(raw[each.name], each)
            self._expectations.wrote(key, await client.replace(ENDPOINT_SLICES, body))
        for each in plan.create:
            body = slice_objects.made(key, owner, each)
            self._expectations.wrote(key, await client.create(ENDPOINT_SLICES, body))
        for name in plan.delete:
            uid = raw[name]["metadata"]["uid"]
            await client.delete(ENDPOINT_SLICES, name, namespace=key[0], uid=uid)
            self._expectations.deleted(key, (key[0], name), uid)

    def _raw(self, key: Key) -> dict[str, Object]:
        return {
            meta.name: obj
            for meta in self._world.slices.having(("service", key))
            if slice_objects.managed(meta, self._controller) and not meta.deleting
            if (obj := self._world.slices.raw(meta.key)) is not None
        }
