"""Binds claims and volumes, follows their phases, and lets go of what nothing uses any more."""

import asyncio
import logging
import shutil
from pathlib import Path
from typing import Final

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import (
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    STORAGE_CLASSES,
    Resource,
)
from mockcloud.cluster_defaults import VOLUME_PROVISIONER
from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.objects.pods import Pod, parse_pod
from mockcloud.controllers.objects.volume_claims import (
    BIND_COMPLETED,
    BOUND_BY_CONTROLLER,
    VolumeClaim,
    parse_volume_claim,
)
from mockcloud.controllers.objects.volumes import StorageClass, Volume, parse_storage_class, parse_volume
from mockcloud.controllers.persistentvolume.plan import (
    Bind,
    ClaimDecision,
    LookAtClaim,
    Provision,
    Reclaim,
    RemoveFinalizer,
    SetClass,
    SetPhase,
    Storage,
    Told,
    Unbind,
    VolumeDecision,
    decide_claim,
    decide_volume,
    unprotected,
    unprotected_volume,
)
from mockcloud.controllers.persistentvolume.writer import Provisioner
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue

STORAGE_PROVISIONER: Final = (
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-provisioner",
)
LOG: Final = logging.getLogger(__name__)
YES: Final = "yes"


class VolumeController:
    """`claims.run_workers` and `volumes.run_workers` are the controller.

    One claim after the other, so that no two of them choose one volume. `folder` is where volumes are made
    for claims; without one nobody makes any.
    """

    def __init__(self, context: ControllerContext, folder: Path | None) -> None:
        self.claims = WorkQueue("volume claim", self.sync_claim, workers=1)
        self.volumes = WorkQueue("volume", self.sync_volume)
        self.provisioner = Provisioner(context.client, folder) if folder is not None else None
        self._context = context
        self._recorder = context.recorder("persistentvolume-controller")
        self._volumes = context.collection(PERSISTENT_VOLUMES, parse_volume)
        self._classes = context.collection(STORAGE_CLASSES, parse_storage_class)
        self._promised: dict[str, tuple[str, Volume]] = {}  # by us, to a claim's uid; not seen to be its yet
        context.claims.subscribe(self._claim_changed)
        self._volumes.subscribe(self._volume_changed)
        self._classes.subscribe(self._class_changed)
        context.pods.subscribe(self._pod_changed)

    async def sync_claim(self, key: Key) -> float | None:
        """Give the claim what it lacks."""
        claim = self._context.claims.get(key)
        if claim is None:
            return None
        try:
            match unprotected(claim, self._context.pods.having(("claim", *key))):
                case RemoveFinalizer(finalizers) if not await self._used(claim):
                    await self._patch_claim(claim, {"metadata": {"finalizers": list(finalizers) or None}})
                    return None
            if not claim.meta.deleting or claim.bound:
                await self._do_for_claim(claim, decide_claim(claim, self._storage(claim)))
        except ApiError as error:
            if error.status != 404:
                raise
        return None

    async def sync_volume(self, key: Key) -> float | None:
        """Have the volume say what became of it."""
        volume = self._volumes.get(key)
        if volume is None:
            return None
        claim = await self._claim_of(volume)
        try:
            match unprotected_volume(volume):
                case RemoveFinalizer(finalizers):
                    await self._patch_volume(volume, {"metadata": {"finalizers": list(finalizers) or None}})
                    return None
            await self._do_for_volume(volume, decide_volume(volume, claim))
        except ApiError as error:
            if error.status != 404:
                raise
        return None

    def _storage(self, claim: VolumeClaim) -> Storage:
        """What there is for the claim: not what was promised to another a moment ago."""
        volumes = [
            each
            for each in self._volumes.all()
            if self._promised.get(each.meta.name, (claim.meta.uid, each))[0] == claim.meta.uid
        ]
        classes = {each.meta.name: each for each in self._classes.all()}
        return Storage(volumes, classes, {each.meta.name: each for each in self._context.nodes.all()})

    async def _claim_of(self, volume: Volume) -> VolumeClaim | None:
        """The claim that the volume is for; asked for once more where it seems to be gone."""
        if volume.claim is None or not volume.claim.uid:
            return None
        claim = self._context.claims.get(volume.claim.key)
        if claim is not None and claim.meta.uid == volume.claim.uid:
            return claim
        return await self._asked(volume.claim.key)

    async def _asked(self, key: Key) -> VolumeClaim | None:
        """The claim as the API has it now."""
        try:
            found = await self._context.client.get(PERSISTENT_VOLUME_CLAIMS, key[1], key[0])
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return parse_volume_claim(found)

    async def _used(self, claim: VolumeClaim) -> bool:
        """Whether a pod mounts the claim that the API knows and we do not yet."""
        found = await self._context.client.list(PODS, namespace=claim.meta.namespace)
        here = [pod for pod in map(parse_pod, found["items"]) if claim.meta.name in pod.claims]
        return not isinstance(unprotected(claim, here), RemoveFinalizer)

    async def _do_for_claim(self, claim: VolumeClaim, decision: ClaimDecision) -> None:
        match decision:
            case Bind(volume):
                await self._bind(claim, volume)
            case SetClass(name):
                await self._patch_claim(claim, {"spec": {"storageClassName": name}})
            case Provision(storage_class):
                await self._provision(claim, storage_class)
            case Told(reason, message, warning, phase):
                self._record(claim, reason, message, warning=warning)
                if phase != claim.phase:
                    await self._patch_claim(claim, {"status": {"phase": phase}}, subresource="status")

    async def _do_for_volume(self, volume: Volume, decision: VolumeDecision) -> None:
        match decision:
            case SetPhase(phase):
                await self._set_phase(volume, phase)
            case LookAtClaim() if volume.claim is not None:
                self.claims.add(volume.claim.key)
            case Reclaim():
                if volume.phase not in ("Released", "Failed"):
                    await self._set_phase(volume, "Released")
                if (
                    volume.policy == "Delete"
                    and volume.provisioner == VOLUME_PROVISIONER
                    and self.provisioner
                ):
                    await self._remove(volume, self.provisioner.folder / volume.meta.name)
            case Unbind():
                notes = {BOUND_BY_CONTROLLER: None}
                await self._patch_volume(
                    volume, {"metadata": {"annotations": notes}, "spec": {"claimRef": None}}
                )

    async def _remove(self, volume: Volume, folder: Path) -> None:
        """Remove what is in a released volume, then the volume."""
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if folder.exists():
            LOG.warning("volume %s: what is in %s could not be removed", volume.meta.name, folder)
        await self._context.client.delete(PERSISTENT_VOLUMES, volume.meta.name, uid=volume.meta.uid)

    async def _bind(self, claim: VolumeClaim, volume: Volume) -> None:
        """Have both say so, the volume first: it is what somebody else may want."""
        if volume.claim is None or volume.claim.uid != claim.meta.uid:
            self._promised[volume.meta.name] = (claim.meta.uid, volume)
            try:
                await self._claim_volume(claim, volume)
            except BaseException:
                self._promised.pop(volume.meta.name, None)
                raise
        if volume.phase != "Bound":
            await self._set_phase(volume, "Bound")
        notes = {} if claim.bound else {BIND_COMPLETED: YES}
        if not claim.volume:
            notes[BOUND_BY_CONTROLLER] = YES
        if notes:
            patch = {"metadata": {"annotations": notes}, "spec": {"volumeName": volume.meta.name}}
            await self._patch_claim(claim, patch)
        shown = (claim.phase, claim.bound_modes, claim.bound_size)
        if shown != ("Bound", volume.modes, volume.size):
            status = {
                "phase": "Bound",
                "accessModes": list(volume.modes),
                "capacity": {"storage": volume.size},
            }
            await self._patch_claim(claim, {"status": status}, subresource="status")

    async def _claim_volume(self, claim: VolumeClaim, volume: Volume) -> None:
        reference = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "namespace": claim.meta.namespace,
            "name": claim.meta.name,
            "uid": claim.meta.uid,
        }
        obj = self._context.claims.raw(claim.meta.key)
        if obj is not None:
            reference["resourceVersion"] = obj["metadata"]["resourceVersion"]
        metadata = {} if volume.is_for(claim) else {"annotations": {BOUND_BY_CONTROLLER: YES}}
        await self._patch_volume(
            volume, {"metadata": metadata, "spec": {"claimRef": reference}}, current=True
        )

    async def _provision(self, claim: VolumeClaim, storage_class: StorageClass) -> None:
        provisioner = storage_class.provisioner
        if any(claim.meta.annotations.get(key) != provisioner for key in STORAGE_PROVISIONER):
            notes = dict.fromkeys(STORAGE_PROVISIONER, provisioner)
            await self._patch_claim(claim, {"metadata": {"annotations": notes}})
        if provisioner == VOLUME_PROVISIONER and self.provisioner is not None:
            await self.provisioner.provide(claim, storage_class)
            return
        why = (
            f"Waiting for a volume to be created either by the external provisioner '{provisioner}' or "
            "manually by the system administrator. If volume creation is delayed, please verify that the "
            "provisioner is running and correctly registered."
        )
        self._record(claim, "ExternalProvisioning", why)

    def _record(self, claim: VolumeClaim, reason: str, message: str, *, warning: bool = False) -> None:
        obj = self._context.claims.raw(claim.meta.key)
        if obj is not None:
            self._recorder.record(obj, reason, message, warning=warning)

    def _claim_changed(self, key: Key, old: VolumeClaim | None, new: VolumeClaim | None) -> None:
        if new is not None and (old is None or _tells(old) != _tells(new)):
            self.claims.add(key)
        for name in {each.volume for each in (old, new) if each is not None and each.volume}:
            self.volumes.add(("", name))
        if new is None and old is not None:
            self._look_for_owners(old)

    def _look_for_owners(self, gone: VolumeClaim) -> None:
        """A volume may be for a claim that did not know it yet."""
        for volume in self._volumes.all():
            if volume.claim is not None and volume.claim.key == gone.meta.key:
                self.volumes.add(volume.meta.key)

    def _volume_changed(self, key: Key, old: Volume | None, new: Volume | None) -> None:
        if new is None or (new.claim is not None and new.claim.uid):
            self._promised.pop(key[1], None)
        if new is not None and old != new:
            self.volumes.add(key)
        if new is None or old is None or (old.claim, old.phase) != (new.claim, new.phase):
            for claim in self._context.claims.all():
                if not claim.bound or claim.volume == key[1]:
                    self.claims.add(claim.meta.key)

    def _class_changed(self, _key: Key, _old: StorageClass | None, new: StorageClass | None) -> None:
        """Claims may have waited for it."""
        for claim in self._context.claims.all() if new is not None else ():
            if not claim.bound:
                self.claims.add(claim.meta.key)

    def _pod_changed(self, key: Key, old: Pod | None, new: Pod | None) -> None:
        """A pod that is gone may have been the last to mount a claim."""
        if old is not None and new is None:
            for name in old.claims:
                self.claims.add((key[0], name))

    async def _set_phase(self, volume: Volume, phase: str) -> None:
        patch = {"status": {"phase": phase}}
        await self._patch(PERSISTENT_VOLUMES, volume.meta, patch, subresource="status")

    async def _patch_volume(self, volume: Volume, patch: Object, *, current: bool = False) -> None:
        """Change the volume; with `current` only where it is still as we know it."""
        if current and (obj := self._volumes.raw(volume.meta.key)) is not None:
            version = obj["metadata"]["resourceVersion"]
            patch = {**patch, "metadata": {**patch.get("metadata", {}), "resourceVersion": version}}
        await self._patch(PERSISTENT_VOLUMES, volume.meta, patch)

    async def _patch_claim(self, claim: VolumeClaim, patch: Object, subresource: str | None = None) -> None:
        await self._patch(PERSISTENT_VOLUME_CLAIMS, claim.meta, patch, subresource)

    async def _patch(
        self, resource: Resource, meta: Meta, patch: Object, subresource: str | None = None
    ) -> None:
        patch = {**patch, "metadata": {**patch.get("metadata", {}), "uid": meta.uid}}
        namespace = meta.namespace or None
        await self._context.client.patch(
            resource, meta.name, patch, namespace=namespace, subresource=subresource
        )


def _tells(claim: VolumeClaim) -> tuple[object, ...]:
    """What of a claim its controller looks at."""
    meta = claim.meta
    return claim, meta.annotations, meta.labels, meta.finalizers, meta.deleting
