"""Priority: the number that a pod's class stands for."""

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Mutating
from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.resources.scheduling import PRIORITY_CLASS
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes import refusals


def priority(store: Store) -> Mutating:
    """The member: a pod that names no class has that of the cluster, where it has one; else 0."""

    async def admit(write: Attributes) -> JsonObject:
        if write.kind is not POD or not write.writes_all:
            return write.object
        spec = object_at(write.object, "spec")
        if write.operation is not Operation.CREATE:
            return {**write.object, "spec": filled(spec, priority=0, preemptionPolicy="PreemptLowerPriority")}
        name = spec.get("priorityClassName") or ""
        found = _class(store, name) if name else _default(store)
        if name and found is None:
            why = f"no PriorityClass with name {name} was found"
            raise refusals.forbidden(POD, write.name, why)
        computed = _of(found)
        _require_computed(write.name, spec, computed)
        return {**write.object, "spec": {**spec, **computed}}

    return admit


def _require_computed(name: str, spec: JsonObject, computed: JsonObject) -> None:
    """403 where the pod says another priority than its class."""
    for key, what in (
        ("priority", "integer value of priority"),
        ("preemptionPolicy", "string value of PreemptionPolicy"),
    ):
        said = spec.get(key)
        if said is not None and said != computed[key]:
            must = "must not be provided in pod spec; priority admission controller computed"
            why = f"the {what} ({said}) {must} {computed[key]} from the given PriorityClass name"
            raise refusals.forbidden(POD, name, why)


def _class(store: Store, name: str) -> JsonObject | None:
    stored = store.get(PRIORITY_CLASS.storage, ("", name))
    return stored.object if stored else None


def _default(store: Store) -> JsonObject | None:
    """Of several that say that they are the default, the lowest."""
    classes = (stored.object for stored in store.objects(PRIORITY_CLASS.storage))
    return min((each for each in classes if each.get("globalDefault")), key=_value, default=None)


def _of(found: JsonObject | None) -> JsonObject:
    if found is None:
        return {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}
    return {
        "priorityClassName": found["metadata"]["name"],
        "priority": _value(found),
        "preemptionPolicy": found.get("preemptionPolicy") or "PreemptLowerPriority",
    }


def _value(found: JsonObject) -> int:
    return int(found.get("value") or 0)
