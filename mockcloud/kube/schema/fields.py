"""Which fields a kind knows: for fieldValidation, and for the API server's decoding errors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.structural.pruning import pruned
from mockcloud.kube.schema import scalars
from mockcloud.kube.schema.cleanness import check_of
from mockcloud.kube.schema.definitions import GVK, Definition, FieldDefinition, definition, item_type, of_kind
from mockcloud.quotas.quantities import canonical

__all__ = ["GVK", "Fields", "drop_unknown", "fields_of", "strict_problems", "type_problem"]

OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_IDENTITY: Final = ("apiVersion", "kind")


class Fields(Protocol):
    """What is known of a kind's fields."""

    def clean(self, obj: JsonObject) -> bool:
        """Whether the three that follow find nothing, where that is soon said."""

    def type_problem(self, obj: object) -> str | None:
        """The first value of a wrong type, as Go's JSON decoder puts it, or None."""

    def strict_problems(self, obj: JsonObject) -> list[str]:
        """Every `unknown field "spec.prt"`."""

    def known(self, obj: JsonObject) -> JsonObject:
        """The object without fields that its kind does not have."""


def fields_of(kind: Kind) -> Fields:
    """The fields of a built-in kind, or of a custom one."""
    return _BuiltIn(kind.gvk) if kind.schema is None else _Custom(kind.schema)


@dataclass(frozen=True, slots=True)
class _BuiltIn:
    gvk: GVK

    def clean(self, obj: JsonObject) -> bool:
        struct = of_kind(self.gvk)
        return struct is not None and check_of(struct.name)(obj)

    def type_problem(self, obj: object) -> str | None:
        return type_problem(self.gvk, obj)

    def strict_problems(self, obj: JsonObject) -> list[str]:
        return strict_problems(self.gvk, obj)

    def known(self, obj: JsonObject) -> JsonObject:
        return drop_unknown(self.gvk, obj)


@dataclass(frozen=True, slots=True)
class _Custom:
    """Metadata is what it is everywhere; types of other values are checked with their bounds, later."""

    schema: JsonObject

    def clean(self, _obj: JsonObject) -> bool:
        return False

    def type_problem(self, obj: object) -> str | None:
        if not isinstance(obj, dict):
            wanted = "map[string]interface {}"
            return f"json: cannot unmarshal {scalars.json_kind(obj)} into Go value of type {wanted}"
        metadata, struct = obj.get("metadata"), definition(OBJECT_META)
        if metadata is None or struct is None:
            return None
        if not isinstance(metadata, dict):
            return f"json: cannot unmarshal {scalars.json_kind(metadata)} into Go value of type v1.ObjectMeta"
        return next(_mistyped(struct, metadata, ()), None)

    def strict_problems(self, obj: JsonObject) -> list[str]:
        unknown = [*pruned(obj, self.schema)[1], *_unknown(OBJECT_META, obj.get("metadata"), "metadata")]
        return [f'unknown field "{path}"' for path in sorted(unknown)]

    def known(self, obj: JsonObject) -> JsonObject:
        kept = pruned(obj, self.schema)[0]
        if "metadata" in kept:
            kept["metadata"] = _known(OBJECT_META, kept["metadata"])
        return kept


_NULLS: Final = {"map[string]": "", "map[quantity]": "0"}
"""What a null in a map is to Go."""


def strict_problems(gvk: GVK, obj: Mapping[str, Any]) -> list[str]:
    """Every `unknown field "spec.ports[0].prt"`, in the object's own order; [] for an unknown kind."""
    struct = of_kind(gvk)
    return [] if struct is None else [f'unknown field "{path}"' for path in _unknown(struct.name, obj, "")]


def drop_unknown(gvk: GVK, obj: dict[str, Any]) -> dict[str, Any]:
    """The object as Go decodes and writes it: without fields that its kind does not have, without null, and
    without empty lists and maps that may be absent. The same object where nothing is to be dropped."""
    struct = of_kind(gvk)
    kept: dict[str, Any] = obj if struct is None else _known(struct.name, obj)
    return kept


def type_problem(gvk: GVK, obj: object) -> str | None:
    """The first value of a wrong type as Go's JSON decoder puts it (sigs.k8s.io/json), or None."""
    struct = of_kind(gvk)
    if struct is None:
        return None
    if not isinstance(obj, dict):
        return f"json: cannot unmarshal {scalars.json_kind(obj)} into Go value of type {struct.short_name}"
    return next(_mistyped(struct, obj, ()), None)


def _unknown(type_: str, value: object, path: str) -> Iterator[str]:
    held, struct = item_type(type_), definition(type_)
    if struct is not None and isinstance(value, dict):
        for key, inner in value.items():
            at = f"{path}.{key}" if path else key
            if key not in struct.fields:
                yield at
            else:
                yield from _unknown(struct.fields[key].type, inner, at)
    elif held is not None and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unknown(held, inner, f"{path}[{index}]")
    elif held is not None and isinstance(value, dict):
        for key, inner in value.items():
            yield from _unknown(held, inner, f"{path}.{key}")


def _known(type_: str, value: Any) -> Any:  # noqa: ANN401 (any JSON)
    held, struct = item_type(type_), definition(type_)
    if struct is not None and isinstance(value, dict):
        fields = struct.fields
        kept = {
            key: _known(fields[key].type, inner)
            for key, inner in value.items()
            if key in fields and not _omitted(fields[key], inner)
        }
        same = len(kept) == len(value) and all(kept[key] is inner for key, inner in value.items())
        return value if same else kept
    if type_ == "quantity":
        return canonical(str(value))
    if type_ in _NULLS and isinstance(value, dict) and None in value.values():
        value = {key: _NULLS[type_] if inner is None else inner for key, inner in value.items()}
    if type_ == "map[quantity]" and isinstance(value, dict):
        written = {key: canonical(str(inner)) for key, inner in value.items()}
        return value if written == value else written
    if type_ == "[]string" and isinstance(value, list) and None in value:
        return ["" if inner is None else inner for inner in value]
    if held is None or definition(held) is None:
        return value
    if isinstance(value, list):
        items = [_known(held, {} if inner is None else inner) for inner in value]
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def _omitted(field: FieldDefinition, value: object) -> bool:
    """Whether Go's `omitempty` leaves the value out; times are written even when null."""
    if value is None:
        return field.type != "date-time"
    return value in ([], {}) and not field.required and item_type(field.type) is not None


def _mistyped(struct: Definition, obj: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for key, value in obj.items():
        found = struct.fields.get(key)
        if found is not None and value is not None:
            yield from _problems(found.type, value, struct, (*path, key))


def _problems(type_: str, value: object, owner: Definition, path: tuple[str, ...]) -> Iterator[str]:
    struct, held = definition(type_), item_type(type_)
    if struct is not None:
        if isinstance(value, dict):
            yield from _mistyped(struct, value, path)
            return
    elif held is not None:
        wanted = list if type_.startswith("[]") else dict
        if isinstance(value, wanted):
            for inner in value if isinstance(value, list) else value.values():
                if inner is not None:
                    yield from _problems(held, inner, owner, path)
            return
    else:
        problem = scalars.problem(type_, value, f"{owner.name.rsplit('.', 1)[1]}.{'.'.join(path)}")
        yield from () if problem is None else (problem,)
        return
    yield scalars.cannot_unmarshal(value, f"{owner.name.rsplit('.', 1)[1]}.{'.'.join(path)}", _go_type(type_))


def _go_type(type_: str) -> str:
    held = item_type(type_)
    if held is not None:
        return ("[]" if type_.startswith("[]") else "map[string]") + _go_type(held)
    struct = definition(type_)
    return struct.short_name if struct is not None else scalars.GO_TYPES.get(type_, type_)
