"""StatefulSets."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.core.persistentvolumeclaim import claim_defaults, claim_spec_problems
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.templates import (
    count,
    selector_and_template,
    template_cells,
    with_template_defaults,
)
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts, wide
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.numbers import not_negative

STATEFUL_SET_FIXED: Final = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy',"
    " 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
RETENTION: Final = ("Retain", "Delete")
STATEFUL_SET_MAY_CHANGE: Final = frozenset(
    [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ]
)


def stateful_set_defaults(obj: JsonObject) -> JsonObject:
    """One pod after the other, and claims that outlive them."""
    spec = filled(
        object_at(obj, "spec"), replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady"
    )
    strategy = filled(object_at(spec, "updateStrategy"))
    # One who states the type, and nothing more, gets no partition.
    rolling = object_at(strategy, "rollingUpdate") if strategy.get("rollingUpdate") else None
    if not strategy.get("type"):
        strategy, rolling = {**strategy, "type": "RollingUpdate"}, rolling or {}
    if strategy["type"] == "RollingUpdate" and rolling is not None:
        strategy["rollingUpdate"] = filled(rolling, partition=0)
    retention = filled(
        object_at(spec, "persistentVolumeClaimRetentionPolicy"), whenDeleted="Retain", whenScaled="Retain"
    )
    spec = {**spec, "updateStrategy": strategy, "persistentVolumeClaimRetentionPolicy": retention}
    if spec.get("volumeClaimTemplates"):
        spec["volumeClaimTemplates"] = [
            claim_defaults(filled(each, apiVersion="v1", kind="PersistentVolumeClaim"))
            for each in objects_at(spec, "volumeClaimTemplates")
        ]
    status = filled(object_at(obj, "status"), replicas=0, availableReplicas=0)
    return {**obj, "spec": with_template_defaults(spec), "status": status}


def stateful_set_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Only what a running set can follow may change."""
    spec = object_at(new, "spec")
    policy = spec.get("podManagementPolicy")
    if policy not in ("OrderedReady", "Parallel"):
        yield invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'")
    yield from _update_strategy(object_at(spec, "updateStrategy"))
    yield from _claims(spec, born=old is None)
    for key in ("replicas", "minReadySeconds"):
        yield from not_negative(f"spec.{key}", spec.get(key))
    yield from not_negative("spec.ordinals.start", object_at(spec, "ordinals").get("start"))
    name = spec.get("serviceName")
    if name and old is None:
        yield from causes("spec.serviceName", name, formats.dns_1123_label(name))
    yield from selector_and_template({**spec, "template": _stateful_template(spec)}, "StatefulSet")
    before = spec if old is None else object_at(old, "spec")
    if _without(spec, STATEFUL_SET_MAY_CHANGE) != _without(before, STATEFUL_SET_MAY_CHANGE):
        yield forbidden("spec", STATEFUL_SET_FIXED)


def _update_strategy(update: JsonObject) -> Iterator[Cause]:
    at, rolling = "spec.updateStrategy", update.get("rollingUpdate")
    match update.get("type"):
        case "OnDelete":
            if rolling is not None:
                why = "only allowed for updateStrategy 'RollingUpdate'"
                yield invalid(f"{at}.rollingUpdate", _go_rolling(rolling), why)
        case "RollingUpdate":
            yield from not_negative(f"{at}.rollingUpdate.partition", (rolling or {}).get("partition"))
        case _:
            shown = {"Type": update.get("type") or "", "RollingUpdate": _go_rolling(rolling)}
            yield invalid(at, shown, "must be 'RollingUpdate' or 'OnDelete'")


def _go_rolling(rolling: JsonObject | None) -> JsonObject | None:
    """As upstream prints it: the fields of its Go struct."""
    if rolling is None:
        return None
    return {"Partition": rolling.get("partition"), "MaxUnavailable": rolling.get("maxUnavailable")}


def _claims(spec: JsonObject, *, born: bool) -> Iterator[Cause]:
    retention = object_at(spec, "persistentVolumeClaimRetentionPolicy")
    for key in ("whenDeleted", "whenScaled"):
        if retention.get(key) not in RETENTION:
            at = f"spec.persistentVolumeClaimRetentionPolicy.{key}"
            yield not_supported(at, retention.get(key) or "", RETENTION)
    for index, claim in enumerate(objects_at(spec, "volumeClaimTemplates") if born else ()):
        at = f"spec.volumeClaimTemplates[{index}].spec"
        yield from claim_spec_problems(at, object_at(claim, "spec"))


def _stateful_template(spec: JsonObject) -> JsonObject:
    """The template as its pods will be: with a volume for each claim; their names are the set's to give."""
    template = object_at(spec, "template")
    pod = {
        key: value
        for key, value in object_at(template, "spec").items()
        if key not in ("hostname", "subdomain")
    }
    names = [claim["metadata"].get("name") or "" for claim in objects_at(spec, "volumeClaimTemplates")]
    claimed = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in names]
    own = [volume for volume in objects_at(pod, "volumes") if volume.get("name") not in names]
    return {**template, "spec": {**pod, "volumes": [*claimed, *own]}}


def _without(spec: JsonObject, keys: frozenset[str]) -> JsonObject:
    return {key: value for key, value in spec.items() if key not in keys and value not in (None, {}, [], "")}


def _row(stateful_set: JsonObject, now: float) -> list[Cell]:
    wanted = object_at(stateful_set, "spec").get("replicas", 1)
    return [
        name_of(stateful_set),
        f"{count(object_at(stateful_set, 'status'), 'readyReplicas')}/{wanted}",
        age(stateful_set, now),
        *template_cells(stateful_set)[:2],
    ]


STATEFUL_SET: Final = Kind(
    "apps",
    "v1",
    "StatefulSet",
    "statefulsets",
    ("sts",),
    categories=("all",),
    subresources=("scale", "status"),
    model="V1StatefulSet",
    has_generation=True,
    names=formats.dns_1123_label,
    defaults=stateful_set_defaults,
    validate=stateful_set_problems,
    printer=Printer((*texts("Name", "Ready", "Age"), *wide("Containers", "Images")), _row),
)
