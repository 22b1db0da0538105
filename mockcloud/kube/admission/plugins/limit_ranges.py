"""LimitRanger: defaults for what containers ask for, and bounds for that."""

from collections.abc import Iterator, Sequence
from typing import Final

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Mutating, Validating
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.core.limitrange import LIMIT_RANGE
from mockcloud.kube.resources.core.persistentvolumeclaim import PERSISTENT_VOLUME_CLAIM
from mockcloud.kube.resources.pods.pod import POD, quality_of_service
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes import refusals
from mockcloud.quotas.quantities import Amounts, parsed
from mockcloud.quotas.usage import asked_by_pod

ANNOTATION: Final = "kubernetes.io/limit-ranger"
CONTAINERS: Final = {"containers": "container", "initContainers": "init container"}


def limit_defaults(store: Store) -> Mutating:
    """The member that gives a new pod's containers what they do not say."""

    async def admit(write: Attributes) -> JsonObject:
        if write.kind is not POD or not write.writes_all or write.operation is not Operation.CREATE:
            return write.object
        obj = write.object
        for limits in _held(store, write.namespace):
            obj = _with_defaults(obj, limits)
        return obj

    return admit


def limit_bounds(store: Store) -> Validating:
    """The member that refuses what asks for too little or too much."""

    async def admit(write: Attributes) -> None:
        is_pod = write.kind is POD and write.operation is Operation.CREATE
        if not write.writes_all or not (is_pod or write.kind is PERSISTENT_VOLUME_CLAIM):
            return
        for limits in _held(store, write.namespace):
            said = list(dict.fromkeys(_problems(write.object, limits, is_pod=is_pod)))
            if said:
                why = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
                raise refusals.forbidden(write.kind, write.name, why)

    return admit


def _held(store: Store, namespace: str) -> Iterator[list[JsonObject]]:
    for stored in store.objects(LIMIT_RANGE.storage, namespace) if namespace else ():
        yield objects_at(object_at(stored.object, "spec"), "limits")


def _with_defaults(pod: JsonObject, limits: Sequence[JsonObject]) -> JsonObject:
    given: dict[str, JsonObject] = {"requests": {}, "limits": {}}
    for limit in limits:
        if limit.get("type") == "Container":
            given["requests"] |= object_at(limit, "defaultRequest")
            given["limits"] |= object_at(limit, "default")
    spec, said = {**object_at(pod, "spec")}, list[str]()
    for key, noun in CONTAINERS.items():
        if spec.get(key):
            spec[key] = [_defaulted(each, given, noun, said) for each in objects_at(spec, key)]
    if not said:
        return pod
    metadata = object_at(pod, "metadata")
    notes = {**object_at(metadata, "annotations"), ANNOTATION: f"LimitRanger plugin set: {'; '.join(said)}"}
    status = {**object_at(pod, "status"), "qosClass": quality_of_service(spec)}
    return {**pod, "metadata": {**metadata, "annotations": notes}, "spec": spec, "status": status}


def _defaulted(container: JsonObject, given: dict[str, JsonObject], noun: str, said: list[str]) -> JsonObject:
    resources = {**object_at(container, "resources")}
    for kind, word in (("requests", "request"), ("limits", "limit")):
        held = object_at(resources, kind)
        new = sorted(name for name in given[kind] if name not in held)
        if new:
            said.append(f"{', '.join(new)} {word} for {noun} {container.get('name')}")
            resources[kind] = {**held, **{name: given[kind][name] for name in new}}
    return {**container, "resources": resources}


def _problems(obj: JsonObject, limits: Sequence[JsonObject], *, is_pod: bool) -> Iterator[str]:
    spec = object_at(obj, "spec")
    for limit in limits:
        match limit.get("type"):
            case "Container" if is_pod:
                for key in CONTAINERS:
                    for each in objects_at(spec, key):
                        resources = object_at(each, "resources")
                        asked = parsed(resources.get("requests")), parsed(resources.get("limits"))
                        yield from _bounds("Container", limit, *asked)
            case "Pod" if is_pod:
                yield from _bounds("Pod", limit, asked_by_pod(obj, "requests"), asked_by_pod(obj, "limits"))
            case "PersistentVolumeClaim" if not is_pod:
                asked_of = parsed(object_at(spec, "resources").get("requests"))
                yield from _of_claim(limit, asked_of)


def _of_claim(limit: JsonObject, requests: Amounts) -> Iterator[str]:
    yield from _least("PersistentVolumeClaim", limit, requests, {})
    for name, most in sorted(parsed(limit.get("max")).items()):
        head = f"maximum {name} usage per PersistentVolumeClaim is {most}"
        if name not in requests:
            yield f"{head}.  No request is specified"
        elif most < requests[name]:
            yield f"{head}, but request is {requests[name]}"


def _bounds(kind: str, limit: JsonObject, requests: Amounts, limits: Amounts) -> Iterator[str]:
    yield from _least(kind, limit, requests, limits)
    for name, most in sorted(parsed(limit.get("max")).items()):
        head = f"maximum {name} usage per {kind} is {most}"
        if name not in limits:
            yield f"{head}.  No limit is specified"
        elif most < limits[name]:
            yield f"{head}, but limit is {limits[name]}"
        elif name in requests and most < requests[name]:
            yield f"{head}, but request is {requests[name]}"
    yield from _ratios(kind, limit, requests, limits)


def _ratios(kind: str, limit: JsonObject, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, ratio in sorted(parsed(limit.get("maxLimitRequestRatio")).items()):
        head = f"{name} max limit to request ratio per {kind} is {ratio}"
        asked, most_of = requests.get(name), limits.get(name)
        if not asked or not asked.amount:
            yield f"{head}, but no request is specified or request is 0"
        elif not most_of or not most_of.amount:
            yield f"{head}, but no limit is specified or limit is 0"
        elif most_of.amount / asked.amount > ratio.amount:
            yield f"{head}, but provided ratio is {float(most_of.amount / asked.amount):f}"


def _least(kind: str, limit: JsonObject, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, least in sorted(parsed(limit.get("min")).items()):
        head = f"minimum {name} usage per {kind} is {least}"
        if name not in requests:
            yield f"{head}.  No request is specified"
        elif requests[name] < least:
            yield f"{head}, but request is {requests[name]}"
        elif name in limits and limits[name] < least:
            yield f"{head}, but limit is {limits[name]}"
