"""The kinds that a CustomResourceDefinition makes: one for each version that is served."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.apiextensions.columns import printer
from mockcloud.kube.resources.apiextensions.converting import Converter, Unconverted
from mockcloud.kube.resources.apiextensions.definition import storage_version
from mockcloud.kube.resources.apiextensions.json_paths import first
from mockcloud.kube.resources.apiextensions.specs import is_true
from mockcloud.kube.resources.kind import (
    Kind,
    ScalePaths,
    StorageVersion,
    field_labels,
)
from mockcloud.kube.resources.structural.defaulting import completed
from mockcloud.kube.resources.structural.embedded import embedded_problems
from mockcloud.kube.resources.structural.lists import list_problems
from mockcloud.kube.resources.structural.pruning import pruned
from mockcloud.kube.resources.structural.rules import Rules, not_checked
from mockcloud.kube.resources.structural.schema import child, properties
from mockcloud.kube.resources.structural.validation import schema_problems

VERBS: Final = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
ENDING_VERBS: Final = tuple(verb for verb in VERBS if verb != "create")
MOST_REPLICAS: Final = (1 << 31) - 1
_BLOCKING: Final = (
    "FieldValueNotSupported",
    "FieldValueRequired",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueTypeInvalid",
)
"""Reasons of causes that leave nothing to ask the rules about."""
WEBHOOK: Final = "Webhook"
Convert = Callable[[JsonObject, str], JsonObject]
"""An object and a version (`example.com/v2`) -> the object in it."""
_GO_TYPES: Final = {bool: "bool", dict: "map[string]interface {}", float: "float64", list: "[]interface {}"}


def kinds_of(definition: JsonObject) -> list[Kind]:
    """What is served of an established CustomResourceDefinition."""
    spec = object_at(definition, "spec")
    versions, stored_name = objects_at(spec, "versions"), storage_version(spec)
    made = {version["name"]: _kind(definition, version) for version in versions}
    stored = made[stored_name]
    # What was stored by an older schema is shown by the present one.
    changed = int(object_at(definition, "metadata").get("generation") or 1) > 1
    served = [made[version["name"]] for version in versions if version.get("served")]
    convert, schemas = _convert(spec), {kind.group_version: kind.schema or {} for kind in made.values()}
    asks = object_at(spec, "conversion").get("strategy") == WEBHOOK
    return [
        kind if kind is stored and not changed else _shown(kind, stored, convert, schemas, asks=asks)
        for kind in served
    ]


def _kind(definition: JsonObject, version: JsonObject) -> Kind:
    spec = object_at(definition, "spec")
    names = object_at(object_at(definition, "status"), "acceptedNames")
    subresources = object_at(version, "subresources")
    schema = object_at(object_at(version, "schema"), "openAPIV3Schema")
    scale = _scale(subresources["scale"]) if subresources.get("scale") else None
    paths = [str(each.get("jsonPath")).removeprefix(".") for each in objects_at(version, "selectableFields")]
    return Kind(
        spec["group"],
        version["name"],
        names["kind"],
        names["plural"],
        tuple(names.get("shortNames") or ()),
        namespaced=spec.get("scope") == "Namespaced",
        categories=tuple(names.get("categories") or ()),
        subresources=tuple(each for each in ("status", "scale") if subresources.get(each) is not None),
        verbs=ENDING_VERBS if is_true(definition, "Terminating") else VERBS,
        field_labels=field_labels(*paths),
        warnings=_warnings(spec, version, names["kind"]),
        schema=schema,
        singular=names.get("singular") or "",
        list_kind=names.get("listKind") or "",
        has_generation=True,
        unconditional_update=False,
        status_alone=True,
        defaults=partial(completed, schema=schema),
        validate=partial(_problems, schema, scale, Rules(schema, is_root=True)),
        first_state=partial(_begun, schema) if subresources.get("status") is not None else _as_it_is,
        scale=scale or ScalePaths(),
        printer=printer(version),
    )


def _without_status(obj: JsonObject) -> JsonObject:
    return {name: value for name, value in obj.items() if name != "status"}


def _begun(schema: JsonObject, obj: JsonObject) -> JsonObject:
    """A new object: what a status has by default it has from the beginning, whatever its creator said."""
    begun: JsonObject = completed(_without_status(obj), schema)
    return begun


def _as_it_is(obj: JsonObject) -> JsonObject:
    return obj


def _warnings(spec: JsonObject, version: JsonObject, kind: str) -> tuple[str, ...]:
    if not version.get("deprecated"):
        return ()
    said = version.get("deprecationWarning")
    if said:
        return (said,)
    newer = [each["name"] for each in objects_at(spec, "versions") if not each.get("deprecated")]
    better = f"; use {spec['group']}/{newer[0]} {kind}" if newer else ""
    return (f"{spec['group']}/{version['name']} {kind} is deprecated{better}",)


def _convert(spec: JsonObject) -> Convert:
    """How objects go from one version to another; without a webhook all but the version's name stays."""
    conversion = object_at(spec, "conversion")
    if conversion.get("strategy") != WEBHOOK:
        return lambda obj, version: {**obj, "apiVersion": version}
    webhook = object_at(conversion, "webhook")
    versions = tuple(webhook.get("conversionReviewVersions") or ())
    return Converter(object_at(webhook, "clientConfig"), versions).converted


def _shown(kind: Kind, stored: Kind, convert: Convert, schemas: dict[str, JsonObject], *, asks: bool) -> Kind:
    """A version of objects that are stored as another, or by an older schema."""

    def to_stored(obj: JsonObject) -> JsonObject:
        try:
            return pruned(convert(obj, stored.group_version), stored.schema or {})[0]
        except Unconverted as missing:
            missing.then = lambda: from_stored(to_stored(obj))
            raise

    def from_stored(obj: JsonObject) -> JsonObject:
        written = schemas.get(str(obj.get("apiVersion")), stored.schema)
        whole: JsonObject = completed(obj, written)
        return pruned(convert(whole, kind.group_version), kind.schema or {})[0]

    version = StorageVersion(stored, to_stored, from_stored, judged_as_shown=True, asks=asks)
    return replace(kind, stored_as=version)


def _scale(scale: JsonObject) -> ScalePaths:
    def path(word: str) -> tuple[str, ...]:
        said = scale.get(word) or ""
        return tuple(said.removeprefix(".").split(".")) if said else ()

    return ScalePaths(path("specReplicasPath"), path("statusReplicasPath"), path("labelSelectorPath"))


def _go_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problems(
    schema: JsonObject, scale: ScalePaths | None, rules: Rules, new: JsonObject, old: JsonObject | None
) -> Iterator[Cause]:
    found = [*_schema_problems(schema, new, old), *(_scale_problems(new, scale) if scale is not None else ())]
    found += embedded_problems(new, schema)
    if old is None or not any(list_problems(old, schema)):
        found += list_problems(new, schema)
    yield from found
    if not any(cause.reason in _BLOCKING for cause in found):
        yield from rules.problems(new, old)
    elif rules.are_there:
        yield from not_checked()


def _schema_problems(schema: JsonObject, new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Of the whole object; or of its status alone, where nothing else changed."""
    if old is None:
        yield from schema_problems(new, schema)
        return
    of_status = properties(schema).get("status")
    if of_status is None or "status" not in new or _without_status(new) != _without_status(old):
        yield from schema_problems(new, schema, old)
        return
    for cause in schema_problems(new["status"], of_status, old.get("status")):
        yield Cause(child("status", cause.field), cause.reason, cause.message)


def _scale_problems(obj: JsonObject, scale: ScalePaths) -> Iterator[Cause]:
    for path in (scale.spec, scale.status):
        at = "." + ".".join(path)
        replicas = first(obj, at)
        if replicas is None:
            continue
        if not isinstance(replicas, int) or isinstance(replicas, bool):
            shown = f"{replicas:g}" if isinstance(replicas, float) else _go_text(replicas)
            why = f"{shown} is of the type {_GO_TYPES.get(type(replicas), 'string')}, expected int64"
            yield invalid(at, 0, f"{at} accessor error: {why}")
        elif replicas < 0:
            yield invalid(at, replicas, "should be a non-negative integer")
        elif replicas > MOST_REPLICAS:
            yield invalid(at, replicas, f"should be less than or equal to {MOST_REPLICAS}")
