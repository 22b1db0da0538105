"""What keeps volumes that pods use."""

from typing import Final

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.core.persistentvolumeclaim import PERSISTENT_VOLUME_CLAIM

CLAIM_PROTECTION: Final = "kubernetes.io/pvc-protection"


async def storage_object_in_use_protection(write: Attributes) -> JsonObject:
    """StorageObjectInUseProtection: a new claim has a finalizer, until its controller sees no pod use it."""
    if write.operation is not Operation.CREATE or write.kind is not PERSISTENT_VOLUME_CLAIM:
        return write.object
    held = write.object["metadata"].get("finalizers") or []
    finalizers = [*held, *({CLAIM_PROTECTION} - set(held))]
    return {**write.object, "metadata": {**write.object["metadata"], "finalizers": finalizers}}
