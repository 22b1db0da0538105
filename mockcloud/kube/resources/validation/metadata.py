"""Rules for the metadata of every kind, and for labels and selectors wherever they stand."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, required, too_long
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import Check, causes

IMMUTABLE: Final = "field is immutable"
ANNOTATIONS_LIMIT: Final = 256 * 1024
_OF_EVENTS: Final = ("v1", "events.k8s.io")
FIXED_AT_BIRTH: Final = ("name", "namespace", "uid", "creationTimestamp")

STANDARD_FINALIZERS: Final = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
"""The finalizers that need no domain before them."""


def metadata_problems(
    new: JsonObject, old: JsonObject | None, *, names: Check, namespaced: bool
) -> list[Cause]:
    """What is wrong with the metadata of an object, or of a change; `names` is what a name must be."""
    metadata = object_at(new, "metadata")
    if old is None:
        found = list(_born(metadata, names, namespaced=namespaced))
    else:
        found = list(_changed(metadata, object_at(old, "metadata")))
    found += labels("metadata.labels", metadata.get("labels"))
    found += annotations("metadata.annotations", metadata.get("annotations"))
    found += _owners(objects_at(metadata, "ownerReferences"))
    if old is None:
        found += _finalizers(metadata.get("finalizers") or [])
    return found


def labels(field: str, value: Mapping[str, str] | None) -> list[Cause]:
    """What is wrong with a map of labels."""
    found: list[Cause] = []
    for key, text in (value or {}).items():
        found += causes(field, key, formats.qualified_name(key))
        found += causes(field, text or "", formats.label_value(text or ""))
    return found


def annotations(field: str, value: Mapping[str, str] | None) -> list[Cause]:
    """What is wrong with a map of annotations: keys as labels' but in any case, 256 KiB in all."""
    held = value or {}
    found = [cause for key in held for cause in causes(field, key, formats.qualified_name(key.lower()))]
    if sum(len(key.encode()) + len((text or "").encode()) for key, text in held.items()) > ANNOTATIONS_LIMIT:
        found.append(too_long(field, ANNOTATIONS_LIMIT))
    return found


def label_selector(field: str, selector: JsonObject) -> list[Cause]:
    """What is wrong with a LabelSelector."""
    found = labels(f"{field}.matchLabels", selector.get("matchLabels"))
    for index, each in enumerate(objects_at(selector, "matchExpressions")):
        found += _requirement(f"{field}.matchExpressions[{index}]", each)
    return found


def selects(selector: JsonObject, held: Mapping[str, str]) -> bool:
    """Whether a LabelSelector matches the labels."""
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    if any(held.get(key) != value for key, value in wanted.items()):
        return False
    return all(_meets(each, held) for each in objects_at(selector, "matchExpressions"))


def immutable(field: str, new: Any, old: Any) -> list[Cause]:  # noqa: ANN401 (any JSON)
    """A complaint where the value has changed."""
    return [] if new == old else [invalid(field, new, IMMUTABLE)]


def _born(metadata: JsonObject, check: Check, *, namespaced: bool) -> Iterator[Cause]:
    name, stem, namespace = (metadata.get(key) or "" for key in ("name", "generateName", "namespace"))
    if stem:
        # What is made of the stem ends with a letter or digit, so the stem itself may end with a dash.
        masked = f"{stem[:-1]}a" if len(stem) > 1 and stem.endswith("-") else stem
        yield from causes("metadata.generateName", stem, check(masked))
    if name:
        yield from causes("metadata.name", name, check(name))
    else:
        yield required("metadata.name", "name or generateName is required")
    if not namespaced:
        if namespace:
            yield forbidden("metadata.namespace", "not allowed on this type")
    elif not namespace:
        yield required("metadata.namespace")
    else:
        yield from causes("metadata.namespace", namespace, formats.dns_1123_label(namespace))


def _changed(new: JsonObject, old: JsonObject) -> Iterator[Cause]:
    if old.get("deletionTimestamp"):
        added = sorted(set(new.get("finalizers") or []) - set(old.get("finalizers") or []))
        if added:
            listed = ", ".join(f'"{each}"' for each in added)
            why = (
                "no new finalizers can be added if the object is being deleted, found new finalizers []string"
            )
            yield forbidden("metadata.finalizers", f"{why}{{{listed}}}")
    for key in FIXED_AT_BIRTH:
        yield from immutable(f"metadata.{key}", new.get(key), old.get(key))


def _finalizers(finalizers: list[str]) -> list[Cause]:
    found: list[Cause] = []
    for index, each in enumerate(finalizers):
        malformed = formats.qualified_name(each)
        found += causes("metadata.finalizers", each, malformed)
        if not malformed and "/" not in each and each not in STANDARD_FINALIZERS:
            why = "name is neither a standard finalizer name nor is it fully qualified"
            found.append(invalid(f"metadata.finalizers[{index}]", each, why))
    if {"orphan", "foregroundDeletion"} <= set(finalizers):
        why = "finalizer orphan and foregroundDeletion cannot be both set"
        found.append(invalid("metadata.finalizers", finalizers, why))
    return found


def _owners(references: list[JsonObject]) -> Iterator[Cause]:
    at, controller = "metadata.ownerReferences", ""
    for each in references:
        for key, why in (
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ):
            if not each.get(key):
                yield invalid(f"{at}.{key}", "", why)
        version = str(each.get("apiVersion") or "")
        if version.count("/") > 1:
            yield invalid(f"{at}.apiVersion", version, "version must not be empty")
        elif each.get("kind") == "Event" and version.partition("/")[0] in _OF_EVENTS:
            group, _, name = version.rpartition("/")
            yield invalid(at, each, f"{group}/{name}, Kind=Event is disallowed from being an owner")
        if each.get("controller"):
            name = f"{each.get('kind')}/{each.get('name')}"
            if controller:
                why = 'Only one reference can have Controller set to true. Found "true" in references for'
                yield invalid(at, references, f"{why} {controller} and {name}")
            controller = controller or name


def _requirement(field: str, each: JsonObject) -> Iterator[Cause]:
    values = each.get("values") or []
    match each.get("operator"):
        case "In" | "NotIn":
            if not values:
                yield required(f"{field}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        case "Exists" | "DoesNotExist":
            if values:
                why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                yield forbidden(f"{field}.values", why)
        case other:
            yield invalid(f"{field}.operator", other or "", "not a valid selector operator")
    yield from causes(f"{field}.key", each.get("key") or "", formats.qualified_name(each.get("key") or ""))
    for index, value in enumerate(values):
        yield from causes(f"{field}.values[{index}]", value, formats.label_value(value))


def _meets(requirement: JsonObject, held: Mapping[str, str]) -> bool:
    key, values = requirement.get("key") or "", requirement.get("values") or []
    match requirement.get("operator"):
        case "In":
            return key in held and held[key] in values
        case "NotIn":
            return key not in held or held[key] not in values
        case "Exists":
            return key in held
        case "DoesNotExist":
            return key not in held
        case _:
            return False
