"""DefaultIngressClass: an Ingress that names no class gets the cluster's default."""

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Mutating
from mockcloud.kube.admission.warnings import warn
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.ingress import CLASS_ANNOTATION, INGRESS, INGRESS_CLASS
from mockcloud.kube.storage.store import Store

DEFAULT = "ingressclass.kubernetes.io/is-default-class"


def default_ingress_class(store: Store) -> Mutating:
    """The member: of several defaults the newest counts, and of those of one second the first by name."""

    async def admit(write: Attributes) -> JsonObject:
        if write.kind is not INGRESS or not write.writes_all or write.operation is not Operation.CREATE:
            return write.object
        spec = object_at(write.object, "spec")
        # An empty annotation is a choice, too: nobody's.
        noted = CLASS_ANNOTATION in object_at(object_at(write.object, "metadata"), "annotations")
        if noted and spec.get("ingressClassName") is None:  # both are refused, and no warning is given then
            warn(
                f"annotation \"{CLASS_ANNOTATION}\" is deprecated, please use 'spec.ingressClassName' instead"
            )
        default = _default(store)
        if spec.get("ingressClassName") is not None or noted or default is None:
            return write.object
        return {**write.object, "spec": {**spec, "ingressClassName": default}}

    return admit


def _default(store: Store) -> str | None:
    marked = [
        metadata
        for stored in store.objects(INGRESS_CLASS.storage)
        if object_at(metadata := object_at(stored.object, "metadata"), "annotations").get(DEFAULT) == "true"
    ]
    by_name = sorted(marked, key=lambda each: str(each["name"]))
    newest = max(by_name, key=lambda each: str(each["creationTimestamp"]), default=None)
    return None if newest is None else str(newest["name"])
