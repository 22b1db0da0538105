"""RuntimeClass: what a pod's class adds to it."""

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Mutating
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.node import RUNTIME_CLASS
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes import refusals
from mockcloud.quotas.quantities import parsed


def runtime_class(store: Store) -> Mutating:
    """The member: overhead, place and tolerations are the class's; one that is not there is refused."""

    async def admit(write: Attributes) -> JsonObject:
        if write.kind is not POD or not write.writes_all or write.operation is not Operation.CREATE:
            return write.object
        spec, found = object_at(write.object, "spec"), JsonObject()
        name = spec.get("runtimeClassName")
        if name is not None:
            stored = store.get(RUNTIME_CLASS.storage, ("", name))
            if stored is None:
                raise refusals.forbidden(POD, write.name, f'pod rejected: RuntimeClass "{name}" not found')
            found = stored.object
        try:
            return {**write.object, "spec": _with_class(spec, found)}
        except ValueError as exc:
            raise refusals.forbidden(POD, write.name, str(exc)) from exc

    return admit


def _with_class(spec: JsonObject, found: JsonObject) -> JsonObject:
    """The pod's spec with what the class says; ValueError where they disagree."""
    overhead = object_at(object_at(found, "overhead"), "podFixed")
    if spec.get("overhead") and parsed(spec["overhead"]) != parsed(overhead):
        why = "Pod's Overhead doesn't match RuntimeClass's defined Overhead"
        if not overhead:
            why = "Pod Overhead set without corresponding RuntimeClass defined Overhead"
        msg = f"pod rejected: {why}"
        raise ValueError(msg)
    scheduling = object_at(found, "scheduling")
    own, wanted = object_at(spec, "nodeSelector"), object_at(scheduling, "nodeSelector")
    for key, value in wanted.items():
        if own.get(key, value) != value:
            msg = f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value};"
            msg += f" pod.spec.nodeSelector[{key}] = {own[key]}"
            raise ValueError(msg)
    held = objects_at(spec, "tolerations")
    new = [each for each in objects_at(scheduling, "tolerations") if each not in held]
    added = {"overhead": overhead, "nodeSelector": {**own, **wanted} if wanted else {}}
    tolerations = {"tolerations": [*held, *new]} if new else {}
    return {**spec, **{key: value for key, value in added.items() if value}, **tolerations}
