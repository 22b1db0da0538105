"""The volume claim controller: each claim has a volume at once, and outlives the pods that mount it."""

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import PERSISTENT_VOLUME_CLAIMS
from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.persistentvolume.plan import (
    Bind,
    Decision,
    Nothing,
    Provide,
    RemoveFinalizer,
    decide_claim,
)
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue


class VolumeClaimController:
    """`queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("volume claim", self.sync_claim)
        self._context = context
        context.claims.subscribe(lambda key, _old, _new: self.queue.add(key))
        context.pods.subscribe(self._pod_changed)

    async def sync_claim(self, key: Key) -> float | None:
        """Give the claim what it lacks."""
        claim = self._context.claims.get(key)
        if claim is None:
            return None
        try:
            await self._perform(claim.meta, decide_claim(claim, self._context.pods.having(("claim", *key))))
        except ApiError as error:
            if error.status != 404:
                raise
        return None

    def _pod_changed(self, key: Key, old: Pod | None, new: Pod | None) -> None:
        """A pod that is gone may have been the last to mount a claim."""
        if old is not None and new is None:
            for name in old.claims:
                self.queue.add((key[0], name))

    async def _perform(self, meta: Meta, decision: Decision) -> None:
        match decision:
            case Provide(volume):
                await self._patch(meta, {"spec": {"volumeName": volume}})
            case Bind(status):
                await self._patch(meta, {"status": status}, subresource="status")
            case RemoveFinalizer(finalizers):
                patch = {"metadata": {"uid": meta.uid, "finalizers": list(finalizers) or None}}
                await self._patch(meta, patch)
            case Nothing():
                pass

    async def _patch(self, meta: Meta, patch: Object, subresource: str | None = None) -> None:
        await self._context.client.patch(
            PERSISTENT_VOLUME_CLAIMS, meta.name, patch, namespace=meta.namespace, subresource=subresource
        )
