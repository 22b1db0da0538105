"""Strategic merge patch: lists merge by the key of their field; `$` directives delete, replace and order.

Follows k8s.io/apimachinery `pkg/util/strategicpatch` as the API server uses it (nulls that match nothing
are dropped). Directives: `$patch`, `$retainKeys`, `$setElementOrder/FIELD`, `$deleteFromPrimitiveList/FIELD`.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.patch.errors import PatchError
from mockcloud.kube.patch.ordering import in_order
from mockcloud.kube.schema.definitions import GVK, FieldDefinition, definition, item_type, kinds

DIRECTIVE = "$patch"
RETAIN_KEYS = "$retainKeys"
SET_ORDER = "$setElementOrder/"
DELETE_FROM = "$deleteFromPrimitiveList/"

JSON = Any
Struct = str
"""The name of the definition that says how an object's fields merge; "" where there is none."""


def strategic_merge_patch(gvk: GVK, target: JsonObject, patch: JsonObject) -> JsonObject:
    """The target with the patch applied; PatchError 400, 422 or 500, as upstream answers."""
    return _merge_object(dict(target), patch, kinds().get(gvk, ""))


def go_printed(value: JSON) -> str:
    """A value as Go's `%v` prints it, keys sorted: `map[name:web ports:[map[port:80]]]`."""
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{go_printed(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_printed, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "<nil>", True: "true", False: "false"}[value]
    return str(value)


def _merge_object(original: Mapping[str, JSON], patch: Mapping[str, JSON], struct: Struct) -> dict[str, JSON]:
    if DIRECTIVE in patch:
        return _replaced_or_deleted(patch)
    merged = _retained(original, patch)
    ordered = [key.removeprefix(SET_ORDER) for key in patch if key.startswith(SET_ORDER)]
    for key in ordered:
        _set_order(merged, patch, key, _field(struct, key))
    for key, value in patch.items():
        if key.startswith(DELETE_FROM):
            _delete_from(merged, key.removeprefix(DELETE_FROM), value)
        elif not key.startswith("$") and not (key in ordered and isinstance(value, list)):
            _merge_field(merged, key, value, _field(struct, key))
    return merged


def _replaced_or_deleted(patch: Mapping[str, JSON]) -> dict[str, JSON]:
    match patch[DIRECTIVE]:
        case "replace":
            return {key: value for key, value in patch.items() if key != DIRECTIVE}
        case "delete":
            return {}
        case other:
            raise PatchError(500, f"unknown patch type: {go_printed(other)} in map: {go_printed(patch)}")


def _retained(original: Mapping[str, JSON], patch: Mapping[str, JSON]) -> dict[str, JSON]:
    """The original without the keys that `$retainKeys` leaves out."""
    if RETAIN_KEYS not in patch:
        return dict(original)
    keep = patch[RETAIN_KEYS]
    set_here = [key for key, value in patch.items() if value is not None and not key.startswith("$")]
    if not isinstance(keep, list) or any(key not in keep for key in set_here):
        raise PatchError(400, "invalid patch format of retainKeys")
    return {key: value for key, value in original.items() if key in keep}


def _merge_field(merged: dict[str, JSON], key: str, value: JSON, field: FieldDefinition) -> None:
    held = merged.get(key)
    if value is None:
        merged.pop(key, None)
    elif isinstance(value, dict) and isinstance(held, dict):
        merged[key] = _merge_object(held, value, _struct_of(field.type))
    elif isinstance(value, list) and isinstance(held, list) and _merges(field):
        merged[key] = _merge_list(held, value, field)
    else:
        _put_clean(merged, key, value)


def _put_clean(merged: dict[str, JSON], key: str, value: JSON) -> None:
    if _is_directive(value):
        merged.pop(key, None)
    else:
        merged[key] = _without_directives(value)


def _without_directives(value: JSON) -> JSON:
    """A value that nothing stands behind: nulls and directives mean nothing in it."""
    if isinstance(value, dict):
        return {
            key: _without_directives(inner)
            for key, inner in value.items()
            if inner is not None and not _is_directive(inner) and not key.startswith("$")
        }
    if isinstance(value, list):
        return [_without_directives(inner) for inner in value if not _is_directive(inner)]
    return value


def _is_directive(item: JSON) -> bool:
    """Whether it is for something that is not there; upstream drops it whole, a replacement too."""
    return isinstance(item, dict) and DIRECTIVE in item


def _delete_from(merged: dict[str, JSON], key: str, values: JSON) -> None:
    if not key or not isinstance(values, list):
        raise PatchError(400, "invalid patch format of primitive list")
    held = merged.get(key)
    if isinstance(held, list):
        gone = {_comparable(item) for item in values}
        merged[key] = [item for item in held if _comparable(item) not in gone]


def _set_order(merged: dict[str, JSON], patch: Mapping[str, JSON], key: str, field: FieldDefinition) -> None:
    """Merge one list and put it in the order the patch asks for; the server's own items keep their places."""
    order, held, wanted = patch[SET_ORDER + key], merged.get(key), patch.get(key)
    if not key or not isinstance(order, list):
        raise PatchError(400, "invalid patch format of setElementOrder list")
    for each in (held, wanted):
        if each is not None and not isinstance(each, list):
            raise PatchError(
                500, f"expected a slice, but received a {'map' if isinstance(each, dict) else 'value'}"
            )
    if held is None and wanted is None:
        return
    _check_order(wanted or [], order, field.patch_merge_key)
    if held is None:
        items = _without_directives(wanted)
    elif wanted is None:
        items = held
    else:
        items = _merge_list(held, wanted, field) if _merges(field) else wanted
    merged[key] = in_order(items, order, held or [], lambda item: _identity(item, field.patch_merge_key))


def _check_order(items: list[JSON], order: list[JSON], merge_key: str) -> None:
    """The items a patch brings must be named in its order list, in that order."""
    if not order:
        return
    rest = iter([_identity(each, merge_key) for each in order])
    for item in items:
        if isinstance(item, dict) and DIRECTIVE in item:
            continue
        if _identity(item, merge_key) not in rest:
            lists = f"{go_printed(items)}\n doesn't match $setElementOrder list:\n{go_printed(order)}"
            raise PatchError(500, f"The order in patch list:\n{lists}\n")


def _merge_list(held: list[JSON], patch: list[JSON], field: FieldDefinition) -> list[JSON]:
    items = [*held, *patch]
    if not items:
        return []
    if any(isinstance(item, list) for item in items):
        raise PatchError(
            422,
            "the server rejected our request due to an error in our request",
            detail="lists of lists are not supported",
        )
    if len({isinstance(item, dict) for item in items}) > 1:
        raise PatchError(500, "list element types are not identical")
    key = field.patch_merge_key
    if not isinstance(items[0], dict):
        merged = list({_comparable(item): item for item in items}.values())
    elif key:
        held, patch = _special_items(held, patch, key)
        merged = _merge_items(held, patch, key, _struct_of(field.type))
    else:
        raise PatchError(500, f"cannot merge lists without merge key for {field.type}")
    return in_order(merged, patch, held, lambda item: _identity(item, key))


def _special_items(held: list[JSON], patch: list[JSON], key: str) -> tuple[list[JSON], list[JSON]]:
    """Carry out the `$patch` items of a list; returns what is left of both lists."""
    plain = [item for item in patch if DIRECTIVE not in item]
    gone: set[tuple[str, str]] = set()
    replace = False
    for item in patch:
        match item.get(DIRECTIVE):
            case None:
                continue
            case "replace":
                replace = True
            case "delete":
                gone.add(_identity(item, key))
            case "merge":
                raise PatchError(500, "merging lists cannot yet be specified in the patch")
            case other:
                raise PatchError(500, f"unknown patch type: {go_printed(other)} in map: {go_printed(item)}")
    if gone:
        held = [each for each in held if _identity(each, key) not in gone]
    return ([], plain) if replace else (held, plain)


def _merge_items(held: list[JSON], patch: list[JSON], key: str, struct: Struct) -> list[JSON]:
    merged = list(held)
    places = {_identity(item, key): place for place, item in reversed(list(enumerate(merged)))}
    for item in patch:
        identity = _identity(item, key)
        if identity in places:
            merged[places[identity]] = _merge_object(merged[places[identity]], item, struct)
        else:
            places[identity] = len(merged)
            merged.append(_without_directives(item))
    return merged


def _comparable(item: JSON) -> bytes:
    """Equal for equal values: sets of it keep long lists from being compared each with each."""
    return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)


def _identity(item: JSON, merge_key: str) -> tuple[str, str]:
    """What tells items of a list apart; the type is part of it, so that 80 is not "80"."""
    if not merge_key:
        return type(item).__name__, str(item)
    if not isinstance(item, dict):
        raise PatchError(500, f"expected a map, but received a {type(item).__name__}")
    if merge_key not in item:
        raise PatchError(500, f"map: {go_printed(item)} does not contain declared merge key: {merge_key}")
    return type(item[merge_key]).__name__, str(item[merge_key])


def _field(struct: Struct, key: str) -> FieldDefinition:
    found = definition(struct) if struct else None
    return (found.fields.get(key) if found else None) or FieldDefinition("object")


def _struct_of(type_: str) -> Struct:
    held = item_type(type_) or type_
    return held if definition(held) else ""


def _merges(field: FieldDefinition) -> bool:
    return "merge" in field.patch_strategy.split(",")
