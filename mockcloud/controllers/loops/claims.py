"""The volume claim controller: each claim has a volume at once, and outlives the pods that mount it."""

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import PERSISTENT_VOLUME_CLAIMS
from mockcloud.controllers.decide.storage import Bind, LetGo, Nothing, Provide, Verdict, judge
from mockcloud.controllers.machinery.workqueue import WorkQueue
from mockcloud.controllers.machinery.world import World
from mockcloud.controllers.model.metadata import Meta
from mockcloud.controllers.model.pods import Pod


class ClaimLoop:
    """`queue.run` is the controller."""

    def __init__(self, world: World) -> None:
        self.queue = WorkQueue("volume claim", self.sync)
        self._world = world
        world.claims.subscribe(lambda key, _old, _new: self.queue.add(key))
        world.pods.subscribe(self._pod_changed)

    async def sync(self, key: Key) -> float | None:
        """Give the claim what it lacks."""
        claim = self._world.claims.get(key)
        if claim is None:
            return None
        try:
            await self._perform(claim.meta, judge(claim, self._world.pods.having(("claim", *key))))
        except ApiError as error:
            if error.status != 404:
                raise
        return None

    def _pod_changed(self, key: Key, old: Pod | None, new: Pod | None) -> None:
        """A pod that is gone may have been the last to mount a claim."""
        if old is not None and new is None:
            for name in old.claims:
                self.queue.add((key[0], name))

    async def _perform(self, meta: Meta, verdict: Verdict) -> None:
        match verdict:
            case Provide(volume):
                await self._patch(meta, {"spec": {"volumeName": volume}})
            case Bind(status):
                await self._patch(meta, {"status": status}, subresource="status")
            case LetGo(finalizers):
                patch = {"metadata": {"uid": meta.uid, "finalizers": list(finalizers) or None}}
                await self._patch(meta, patch)
            case Nothing():
                pass

    async def _patch(self, meta: Meta, patch: Object, subresource: str | None = None) -> None:
        await self._world.client.patch(
            PERSISTENT_VOLUME_CLAIMS, meta.name, patch, namespace=meta.namespace, subresource=subresource
        )
