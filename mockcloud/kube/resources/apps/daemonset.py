"""DaemonSets: known, but not served, since no controller is here that makes their pods."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, not_supported
from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.apps.templates import (
    same_selector,
    selector_and_template,
    with_template_defaults,
)
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.containers import not_negative


def daemon_set_defaults(obj: JsonObject) -> JsonObject:
    """A rolling update, one node at a time."""
    spec = filled(object_at(obj, "spec"), revisionHistoryLimit=10)
    strategy = filled(object_at(spec, "updateStrategy"), type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = filled(object_at(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)
    return {**obj, "spec": with_template_defaults({**spec, "updateStrategy": strategy})}


def daemon_set_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """The selector matches the template and never changes."""
    spec = object_at(new, "spec")
    yield from selector_and_template(spec, "daemonset")
    for key in ("minReadySeconds", "revisionHistoryLimit"):
        yield from not_negative(f"spec.{key}", spec.get(key))
    kind = object_at(spec, "updateStrategy").get("type")
    if kind not in ("OnDelete", "RollingUpdate"):
        yield not_supported("spec.updateStrategy", kind or "", ("RollingUpdate", "OnDelete"))
    yield from same_selector(spec, old)


DAEMON_SET: Final = Kind(
    "apps",
    "v1",
    "DaemonSet",
    "daemonsets",
    ("ds",),
    categories=("all",),
    subresources=("status",),
    verbs=(),
    model="V1DaemonSet",
    has_generation=True,
    defaults=daemon_set_defaults,
    validate=daemon_set_problems,
)
