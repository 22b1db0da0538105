"""What may stand in the schema of a CustomResourceDefinition, besides its being structural.

Source: k8s.io/apiextensions-apiserver v0.34 `pkg/apis/apiextensions/validation` and `schema/defaulting`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.resources.apiextensions.rules import expression_problems, rule_problems
from mockcloud.kube.resources.apiextensions.structure import structure_problems
from mockcloud.kube.resources.structural.embedded import embedded_problems
from mockcloud.kube.resources.structural.pruning import pruned, pruned_value
from mockcloud.kube.resources.structural.schema import (
    EMBEDDED,
    LIST_KEYS,
    LIST_TYPE,
    MAP_TYPE,
    META,
    PRESERVE,
    RULES,
    items,
    key,
    properties,
)
from mockcloud.kube.resources.structural.validation import schema_problems

TYPES: Final = ("array", "boolean", "integer", "number", "object", "string")
_NOT_SERVED: Final = {
    "id": "id is not supported",
    "additionalItems": "additionalItems is not supported",
    "patternProperties": "patternProperties is not supported",
    "definitions": "definitions is not supported",
    "dependencies": "dependencies is not supported",
    "$ref": "$ref is not supported",
}
_AT_ROOT: Final = (
    "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength "
    "Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example "
    "XPreserveUnknownFields XValidations"
)
"""What a schema may say of the whole object when its status is written apart, in Go's names."""
_NO_PLACE_AT_ROOT: Final = (
    "additionalProperties", "allOf", "anyOf", "default", "enum", "maxProperties", "minProperties", "not",
    "nullable", "oneOf", EMBEDDED, LIST_KEYS, LIST_TYPE, MAP_TYPE, "x-kubernetes-int-or-string",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a schema stands: `no_default` says why there may be no default."""

    root: bool = False
    in_meta: bool = False
    no_default: str = ""


def version_schema_problems(schema: JsonObject, path: str, *, has_status: bool) -> list[Cause]:
    """Every cause to refuse the `openAPIV3Schema` at `path`; `has_status`: status is written apart."""
    found: list[Cause] = []
    if has_status:
        found += _root_problems(schema, path)
    if schema.get("nullable"):
        found.append(forbidden(f"{path}.nullable", "nullable cannot be true at the root"))
    if _is_readable(schema):
        found += structure_problems(schema, path) or _default_problems(schema, path)
    found += _problems(schema, path, _Place(root=True))
    return found or list(expression_problems(schema, path))


def _root_problems(schema: JsonObject, path: str) -> list[Cause]:
    if schema.get("type") not in (None, "", "object"):
        why = (
            'only "object" is allowed as the type at the root of the schema '
            "if the status subresource is enabled"
        )
        return [invalid(f"{path}.type", schema["type"], why)]
    if any(schema.get(word) for word in _NO_PLACE_AT_ROOT):
        why = (
            f"only [{_AT_ROOT}] fields are allowed at the root of the schema "
            "if the status subresource is enabled"
        )
        return [invalid(path, schema, why)]
    return []


def _is_readable(schema: JsonObject) -> bool:
    """Whether it says nothing that makes reading it as a structural schema impossible."""
    if any(schema.get(word) for word in _NOT_SERVED) or isinstance(schema.get("items"), list):
        return False
    return schema.get(PRESERVE) is not False and all(_is_readable(inner) for _, inner, _ in _inner(schema))


def _inner(schema: JsonObject) -> Iterator[tuple[str, JsonObject, str]]:
    """(path within, schema, what it is) of every schema right within this one."""
    held = schema.get("additionalProperties")
    if isinstance(held, dict):
        yield ".additionalProperties", held, "map"
    for name, inner in properties(schema).items():
        yield key(".properties", name), inner, name
    if isinstance(schema.get("not"), dict):
        yield ".not", schema["not"], ""
    for word in ("allOf", "oneOf", "anyOf"):
        for number, each in enumerate(objects_at(schema, word)):
            yield f".{word}[{number}]", each, ""
    held = items(schema)
    if held is not None:
        yield ".items", held, ""


def _problems(schema: JsonObject, path: str, place: _Place) -> Iterator[Cause]:
    yield from _standard(schema, path, place)
    if schema.get("uniqueItems"):
        why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield forbidden(f"{path}.uniqueItems", why)
    held = schema.get("additionalProperties")
    if held is not None and held is not True and properties(schema):
        why = "additionalProperties and properties are mutual exclusive"
        yield forbidden(f"{path}.additionalProperties", why)
    for within, inner, what in _inner(schema):
        yield from _problems(inner, path + within, _inner_place(schema, place, what, within))
    if schema.get(PRESERVE) is False:
        yield invalid(f"{path}.{PRESERVE}", False, "must be true or undefined")
    yield from _map_problems(schema, path)
    yield from _list_problems(schema, path)
    for number, rule in enumerate(objects_at(schema, RULES)):
        yield from rule_problems(rule, schema, f"{path}.{RULES}[{number}]")


def _inner_place(schema: JsonObject, place: _Place, what: str, within: str) -> _Place:
    inner = replace(place, root=False)
    if what == "map" and place.in_meta:
        return replace(inner, no_default="inside additionalProperties applying to object metadata")
    if within.startswith(".properties") and what in META and (place.root or schema.get(EMBEDDED)):
        inner = replace(inner, in_meta=True)
        return replace(inner, no_default=f"in top-level {what}") if place.root else inner
    return inner


def _standard(schema: JsonObject, path: str, place: _Place) -> Iterator[Cause]:
    said = schema.get("type")
    if said and said not in TYPES:
        yield not_supported(f"{path}.type", said, TYPES)
    if schema.get("default") is not None and place.no_default:
        yield forbidden(f"{path}.default", f"must not be set {place.no_default}")
    for word, why in _NOT_SERVED.items():
        if schema.get(word):
            yield forbidden(f"{path}.{word}", why)
    if said == "null":
        why = "type cannot be set to null, use nullable as an alternative"
        yield forbidden(f"{path}.type", why)
    if isinstance(schema.get("items"), list):
        yield forbidden(f"{path}.items", "items must be a schema object and not an array")
    if place.in_meta and schema.get(EMBEDDED):
        yield forbidden(f"{path}.{EMBEDDED}", "must not be used inside of resource meta")


def _wrong_type(schema: JsonObject, path: str, wanted: str, word: str) -> Iterator[Cause]:
    said, why = schema.get("type"), f"must be {wanted} if {word} is specified"
    if said != wanted:
        yield invalid(f"{path}.type", said, why) if said else required(f"{path}.type", why)


def _map_problems(schema: JsonObject, path: str) -> Iterator[Cause]:
    said = schema.get(MAP_TYPE)
    if said is not None:
        yield from _wrong_type(schema, path, "object", MAP_TYPE)
        if said not in ("atomic", "granular"):
            yield not_supported(f"{path}.{MAP_TYPE}", said, ("atomic", "granular"))


def _list_problems(schema: JsonObject, path: str) -> Iterator[Cause]:
    said, keys, held = schema.get(LIST_TYPE), schema.get(LIST_KEYS) or [], items(schema)
    if said is not None:
        mistyped = list(_wrong_type(schema, path, "array", LIST_TYPE))
        yield from mistyped
        if not mistyped and said == "set" and held is not None:
            yield from _set_problems(held, f"{path}.items")
        if said not in ("atomic", "set", "map"):
            yield not_supported(f"{path}.{LIST_TYPE}", said, ("atomic", "set", "map"))
    if keys and said != "map":
        why = "must be map if x-kubernetes-list-map-keys is non-empty"
        yield invalid(f"{path}.{LIST_TYPE}", said, why) if said else required(f"{path}.{LIST_TYPE}", why)
    if said == "map":
        yield from _key_problems(schema, keys, path)
    if said in ("set", "map") and held is not None and held.get("nullable"):
        yield forbidden(f"{path}.items.nullable", f"cannot be nullable when {LIST_TYPE} is {said}")


def _set_problems(held: JsonObject, path: str) -> Iterator[Cause]:
    why = "must be atomic as item of a list with x-kubernetes-list-type=set"
    if held.get("type") == "array" and held.get(LIST_TYPE) not in (None, "atomic"):
        yield invalid(f"{path}.{LIST_TYPE}", held[LIST_TYPE], why)
    if held.get("type") == "object" and held.get(MAP_TYPE) != "atomic":
        yield invalid(f"{path}.{MAP_TYPE}", held.get(LIST_TYPE), why)


def _key_problems(schema: JsonObject, keys: list[str], path: str) -> Iterator[Cause]:
    held = items(schema)
    if not keys:
        yield required(f"{path}.{LIST_KEYS}", f"must not be empty if {LIST_TYPE} is map")
    if held is None:
        yield required(f"{path}.items", f"must have a schema if {LIST_TYPE} is map")
        return
    if held.get("type") != "object":
        why = f"must be object if parent array's {LIST_TYPE} is map"
        yield invalid(f"{path}.items.type", held.get("type") or "", why)
        return
    for number, name in enumerate(keys):
        of_key = properties(held).get(name)
        if of_key is None:
            yield invalid(f"{path}.{LIST_KEYS}", keys, "entries must all be names of item properties")
        if name in keys[:number]:
            yield invalid(f"{path}.{LIST_KEYS}", keys, "must not contain duplicate entries")
        if of_key is not None:
            yield from _of_key(held, name, of_key, key(f"{path}.items.properties", name))


def _of_key(held: JsonObject, name: str, of_key: JsonObject, at: str) -> Iterator[Cause]:
    if of_key.get("type") in ("array", "object"):
        why = f"must be a scalar type if parent array's {LIST_TYPE} is map"
        yield invalid(f"{at}.type", held["type"], why)
    said = f"this property is in {LIST_KEYS}, so it"
    if name not in (held.get("required") or ()) and of_key.get("default") is None:
        yield required(f"{at}.default", f"{said} must have a default or be a required property")
    if of_key.get("nullable"):
        yield forbidden(f"{at}.nullable", f"{said} cannot be nullable")


def _default_problems(schema: JsonObject, path: str, *, in_meta: bool = False) -> Iterator[Cause]:
    """What is wrong with default values."""
    default, at = schema.get("default"), f"{path}.default"
    if default is not None and not in_meta:
        kept = pruned(default, schema)[0] if schema.get(EMBEDDED) else pruned_value(default, schema)
        if kept != default:
            yield invalid(at, default, "must not have unknown fields")
        wrong_identity = list(embedded_problems(default, schema, at))
        for cause in wrong_identity or schema_problems(default, schema):
            yield _at_default(cause, at) if not wrong_identity else cause
    held = items(schema)
    if held is not None:
        yield from _default_problems(held, f"{path}.items", in_meta=in_meta)
    for name, inner in properties(schema).items():
        inside = in_meta or bool(schema.get(EMBEDDED) and name in META)
        yield from _default_problems(inner, key(f"{path}.properties", name), in_meta=inside)


def _at_default(cause: Cause, at: str) -> Cause:
    return Cause(f"{at}.{cause.field}" if cause.field else at, cause.reason, cause.message)
