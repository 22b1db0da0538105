"""What all workloads share: a selector, a template of pods, a number of them."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.pods.defaults import pod_spec_defaults
from mockcloud.kube.resources.pods.validation import pod_spec_problems
from mockcloud.kube.resources.printing import (
    NONE,
    Cell,
    selector_text,
    wide,
)
from mockcloud.kube.resources.validation.metadata import (
    annotations,
    immutable,
    label_selector,
    labels,
    selects,
)


def with_template_defaults(spec: JsonObject) -> JsonObject:
    """The spec of a workload with the defaults of its pods."""
    template = object_at(spec, "template")
    return {**spec, "template": {**template, "spec": pod_spec_defaults(object_at(template, "spec"))}}


def selector_and_template(spec: JsonObject, thing: str) -> Iterator[Cause]:
    """What is wrong with them; `thing` is what upstream calls the workload."""
    selector, template = spec.get("selector"), object_at(spec, "template")
    if selector is None:
        yield required("spec.selector")
    else:
        yield from label_selector("spec.selector", selector)
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            yield invalid("spec.selector", selector, f"empty selector is invalid for {thing.lower()}")
    yield from template_problems("spec.template", template, selector, thing)


def template_problems(
    at: str, template: JsonObject, selector: JsonObject | None, thing: str
) -> Iterator[Cause]:
    """What is wrong with a template whose pods are to run for ever, and to be selected."""
    metadata, spec = object_at(template, "metadata"), object_at(template, "spec")
    held = metadata.get("labels") or {}
    if selector is not None and not selects(selector, held):
        why = "`selector` does not match template `labels`"
        yield invalid(f"{at}.metadata.labels", metadata.get("labels"), why)
    yield from pods_of(at, template)
    if spec.get("restartPolicy") != "Always":
        yield not_supported(f"{at}.spec.restartPolicy", spec.get("restartPolicy") or "", ("Always",))
    if spec.get("activeDeadlineSeconds") is not None:
        kind = thing if thing in OWN_NAMES else "ReplicaSet"  # as upstream says it
        yield forbidden(
            f"{at}.spec.activeDeadlineSeconds", f"activeDeadlineSeconds in {kind} is not Supported"
        )


def pods_of(at: str, template: JsonObject) -> Iterator[Cause]:
    """What is wrong with a template, whatever it is for."""
    metadata = object_at(template, "metadata")
    yield from labels(f"{at}.labels", metadata.get("labels"))
    yield from annotations(f"{at}.annotations", metadata.get("annotations"))
    yield from pod_spec_problems(f"{at}.spec", object_at(template, "spec"))


def same_selector(spec: JsonObject, old: JsonObject | None) -> list[Cause]:
    """A complaint where the selector has changed."""
    if old is None:
        return []
    return immutable("spec.selector", spec.get("selector"), object_at(old, "spec").get("selector"))


def template_cells(obj: JsonObject) -> list[Cell]:
    """Containers, images and selector, as `-o wide` adds them."""
    spec = object_at(obj, "spec")
    return [
        *container_cells(object_at(spec, "template")),
        selector_text(object_at(spec, "selector")) or NONE,
    ]


def container_cells(template: JsonObject) -> list[Cell]:
    """Containers and images of a template."""
    containers = objects_at(object_at(template, "spec"), "containers")
    return [
        ",".join(str(container.get("name")) for container in containers),
        ",".join(str(container.get("image", "")) for container in containers),
    ]


def count(status: JsonObject, name: str) -> int:
    """A number of a status, 0 where it is not there yet."""
    return int(status.get(name) or 0)


OWN_NAMES: Final = frozenset({"ReplicationController", "StatefulSet"})
TEMPLATE_COLUMNS: Final = wide("Containers", "Images", "Selector")
