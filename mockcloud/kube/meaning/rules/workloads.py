"""Rules for Deployments, ReplicaSets, StatefulSets and DaemonSets."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.meaning.errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.meaning.rules import formats
from mockcloud.kube.meaning.rules.claims import claim_spec_problems
from mockcloud.kube.meaning.rules.containers import not_negative
from mockcloud.kube.meaning.rules.formats import causes
from mockcloud.kube.meaning.rules.metadata import annotations, immutable, label_selector, labels, selects
from mockcloud.kube.meaning.rules.pods import pod_spec_problems

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


def deployment_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """The selector matches the template and never changes; a rollout can move."""
    spec = object_at(new, "spec")
    yield from not_negative("spec.replicas", spec.get("replicas"))
    yield from _selector_and_template(spec, "deployment")
    yield from _strategy(object_at(spec, "strategy"))
    for key in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        yield from not_negative(f"spec.{key}", spec.get(key))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        yield invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    yield from _same_selector(spec, old)


def replica_set_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """The selector matches the template and never changes."""
    spec = object_at(new, "spec")
    for key in ("replicas", "minReadySeconds"):
        yield from not_negative(f"spec.{key}", spec.get(key))
    yield from _selector_and_template(spec, "deployment")  # spelled so upstream
    yield from _same_selector(spec, old)


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
    yield from _selector_and_template({**spec, "template": _stateful_template(spec)}, "StatefulSet")
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


def controller_revision_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """A revision never changes what it holds, only its number."""
    yield from not_negative("revision", new.get("revision"))
    if old is None:
        if new.get("data") is None:
            yield required("data", "data is mandatory")
    else:
        yield from immutable("data", new.get("data"), old.get("data"))


def daemon_set_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """The selector matches the template and never changes."""
    spec = object_at(new, "spec")
    yield from _selector_and_template(spec, "daemonset")
    for key in ("minReadySeconds", "revisionHistoryLimit"):
        yield from not_negative(f"spec.{key}", spec.get(key))
    kind = object_at(spec, "updateStrategy").get("type")
    if kind not in ("OnDelete", "RollingUpdate"):
        yield not_supported("spec.updateStrategy", kind or "", ("RollingUpdate", "OnDelete"))
    yield from _same_selector(spec, old)


def _selector_and_template(spec: JsonObject, thing: str) -> Iterator[Cause]:
    selector, template = spec.get("selector"), object_at(spec, "template")
    if selector is None:
        yield required("spec.selector")
    else:
        yield from label_selector("spec.selector", selector)
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            yield invalid("spec.selector", selector, f"empty selector is invalid for {thing.lower()}")
    yield from _template("spec.template", template, selector, thing)


def _template(at: str, template: JsonObject, selector: JsonObject | None, thing: str) -> Iterator[Cause]:
    metadata, spec = object_at(template, "metadata"), object_at(template, "spec")
    held = metadata.get("labels") or {}
    if selector is not None and not selects(selector, held):
        why = "`selector` does not match template `labels`"
        yield invalid(f"{at}.metadata.labels", metadata.get("labels"), why)
    yield from labels(f"{at}.labels", held)
    yield from annotations(f"{at}.annotations", metadata.get("annotations"))
    yield from pod_spec_problems(f"{at}.spec", spec)
    if spec.get("restartPolicy") != "Always":
        yield not_supported(f"{at}.spec.restartPolicy", spec.get("restartPolicy") or "", ("Always",))
    if spec.get("activeDeadlineSeconds") is not None:
        kind = "StatefulSet" if thing == "StatefulSet" else "ReplicaSet"  # as upstream says it
        yield forbidden(
            f"{at}.spec.activeDeadlineSeconds", f"activeDeadlineSeconds in {kind} is not Supported"
        )


def _same_selector(spec: JsonObject, old: JsonObject | None) -> list[Cause]:
    if old is None:
        return []
    return immutable("spec.selector", spec.get("selector"), object_at(old, "spec").get("selector"))


def _strategy(strategy: JsonObject) -> Iterator[Cause]:
    at, rolling = "spec.strategy", strategy.get("rollingUpdate")
    match strategy.get("type"):
        case "Recreate":
            if rolling is not None:
                why = "may not be specified when strategy `type` is 'Recreate'"
                yield forbidden(f"{at}.rollingUpdate", why)
        case "RollingUpdate":
            yield from _rolling(f"{at}.rollingUpdate", rolling or {})
        case _:
            yield not_supported(at, strategy, ("Recreate", "RollingUpdate"))


def _rolling(at: str, rolling: JsonObject) -> Iterator[Cause]:
    unavailable = rolling.get("maxUnavailable")
    for key in ("maxUnavailable", "maxSurge"):
        yield from _count_or_percent(f"{at}.{key}", rolling.get(key))
    if _amount(unavailable) == 0 and _amount(rolling.get("maxSurge")) == 0:
        yield invalid(f"{at}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    if isinstance(unavailable, str) and _amount(unavailable) > 100:
        yield invalid(f"{at}.maxUnavailable", unavailable, "must not be greater than 100%")


def _count_or_percent(at: str, value: int | str | None) -> Iterator[Cause]:
    if isinstance(value, str):
        yield from causes(at, value, formats.percent(value))
    else:
        yield from not_negative(at, value)


def _amount(value: int | str | None) -> int:
    text = str(value or 0).removesuffix("%")
    return int(text) if text.isdecimal() else 0


def _without(spec: JsonObject, keys: frozenset[str]) -> JsonObject:
    return {key: value for key, value in spec.items() if key not in keys and value not in (None, {}, [], "")}
