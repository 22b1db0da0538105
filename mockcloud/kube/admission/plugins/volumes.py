"""What keeps volumes that are used, and which class a claim gets that names none."""

from collections.abc import Awaitable, Callable
from typing import Final

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.core.persistentvolume import BETA_CLASS, PERSISTENT_VOLUME
from mockcloud.kube.resources.core.persistentvolumeclaim import PERSISTENT_VOLUME_CLAIM
from mockcloud.kube.resources.storage.classes import STORAGE_CLASS, is_default
from mockcloud.kube.storage.store import Store

PROTECTION: Final = {
    PERSISTENT_VOLUME_CLAIM.kind: "kubernetes.io/pvc-protection",
    PERSISTENT_VOLUME.kind: "kubernetes.io/pv-protection",
}


async def storage_object_in_use_protection(write: Attributes) -> JsonObject:
    """StorageObjectInUseProtection: a new claim or volume has a finalizer while it is used."""
    finalizer = PROTECTION.get(write.kind.kind)
    if write.operation is not Operation.CREATE or write.kind.group or finalizer is None:
        return write.object
    held = write.object["metadata"].get("finalizers") or []
    finalizers = [*held, *({finalizer} - set(held))]
    return {**write.object, "metadata": {**write.object["metadata"], "finalizers": finalizers}}


def default_storage_class(store: Store) -> Callable[[Attributes], Awaitable[JsonObject]]:
    """DefaultStorageClass: a new claim that names no class is of the default one, where there is one.

    Of several the newest counts, and of those that of the first name.
    """

    async def admit(write: Attributes) -> JsonObject:
        spec = object_at(write.object, "spec")
        asked = spec.get("storageClassName") is not None or BETA_CLASS in object_at(
            write.object.get("metadata") or {}, "annotations"
        )
        if write.operation is not Operation.CREATE or write.kind is not PERSISTENT_VOLUME_CLAIM or asked:
            return write.object
        classes = [each.object for each in store.objects(STORAGE_CLASS.storage) if is_default(each.object)]
        if not classes:
            return write.object
        by_name = sorted(classes, key=lambda each: str(each["metadata"]["name"]))
        chosen = max(by_name, key=lambda each: str(each["metadata"]["creationTimestamp"]))
        return {**write.object, "spec": {**spec, "storageClassName": chosen["metadata"]["name"]}}

    return admit
