"""The lab's own provisioner: a volume is a folder of the machine, the same one on every node.

That is why its class binds at once: there is no node to wait for, as there is for a real node's folder.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Object
from mockcloud.client.resources import PERSISTENT_VOLUMES, STORAGE_CLASSES
from mockcloud.client.rest import Client
from mockcloud.cluster_defaults import VOLUME_PROVISIONER
from mockcloud.controllers.objects.volume_claims import VolumeClaim
from mockcloud.controllers.objects.volumes import DEFAULT_CLASS, PROVISIONED_BY, StorageClass

CLASS_NAME: Final = "standard"
"""As kind names its default class."""


def storage_class() -> Object:
    """The class of claims that name none."""
    return {
        "apiVersion": STORAGE_CLASSES.group_version,
        "kind": "StorageClass",
        "metadata": {"name": CLASS_NAME, "annotations": {DEFAULT_CLASS[0]: "true"}},
        "provisioner": VOLUME_PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def volume_for(claim: VolumeClaim, of: StorageClass) -> Object:
    """The volume of a claim; only its claim gets it."""
    name = f"pvc-{claim.meta.uid}"
    mine = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "uid": claim.meta.uid}
    spec = {
        "capacity": {"storage": claim.size},
        "accessModes": list(claim.modes),
        "claimRef": {**mine, "namespace": claim.meta.namespace, "name": claim.meta.name},
        "persistentVolumeReclaimPolicy": of.policy,
        "storageClassName": of.meta.name,
        "volumeMode": claim.volume_mode,
        "csi": {"driver": VOLUME_PROVISIONER, "volumeHandle": name},
    }
    metadata = {"name": name, "annotations": {PROVISIONED_BY: of.provisioner}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}


@dataclass(frozen=True, slots=True)
class Provisioner:
    """Makes volumes, which nodes find below `folder`."""

    client: Client
    folder: Path

    async def begin(self) -> None:
        """Have the class of claims that name none; one that somebody changed stays as it is."""
        try:
            await self.client.create(STORAGE_CLASSES, storage_class())
        except ApiError as error:
            if error.status != 409:
                raise

    async def provide(self, claim: VolumeClaim, of: StorageClass) -> None:
        """Make the claim's volume, where it is not made yet."""
        try:
            await self.client.create(PERSISTENT_VOLUMES, volume_for(claim, of))
        except ApiError as error:
            if error.status != 409:
                raise
