"""How the values of a kind are made up for ownership: which lists are maps or sets, and what is one whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Final

import orjson

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.managed_fields.field_sets import field_step
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.structural import schema as structural
from mockcloud.kube.schema.definitions import GVK, Definition, FieldDefinition, definition, item_type, of_kind

OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


class NoKey(ValueError):
    """An item of a list that cannot be told from the others; says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What ownership goes by, of one type.

    - `whole`: a scalar, or an atomic map or list: one field, whatever is in it.
    - `struct`: fields by name, each with a shape of its own; `rest` is the shape of any other key.
    - `map`: any keys, each with shape `item`.
    - `keyed`: a list whose items are told apart by `keys`.  `set`: a list of scalars, each one a field.
    - `guessed`: no schema. Objects are maps, lists and scalars are wholes.
    """

    form: str
    type: str = ""
    item: "Shape | None" = None
    keys: tuple[str, ...] = ()
    # Of a struct: what Go writes though it is empty, so that a write never adds or removes the field itself.
    present: frozenset[str] = frozenset()
    rest: "Shape | None" = None
    given: Mapping[str, "Shape"] = field(default_factory=dict)
    # Of a keyed list: what a key is that is left out.
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_go(self) -> bool:
        """Whether it is a struct of Go, which leaves empty texts out."""
        return bool(self.type)

    def at(self, name: str) -> "Shape | None":
        """The shape of a field of an object; None where the schema has no such field."""
        if self.form == "struct":
            found = _fields(self).get(name)
            return self.rest if found is None else found[1]
        return GUESSED if self.form == "guessed" else self.item

    def step(self, item: Any) -> str:  # noqa: ANN401 (any JSON)
        """The step to an item of this list; NoKey where it has none."""
        if self.form == "set":
            if isinstance(item, dict):
                msg = "associative list without keys has an element that's a map type"
                raise NoKey(msg)
            return f"v:{orjson.dumps(item).decode()}"
        if not isinstance(item, dict):
            msg = "associative list with keys may not have non-map elements"
            raise NoKey(msg)
        found = {key: item.get(key, self.defaults.get(key)) for key in self.keys}
        found = {key: value for key, value in found.items() if value is not None}
        if not found:
            names = " ".join(f'"{key}"' for key in self.keys)
            why = f"omits all key fields [{names}] (and doesn't have default values for any key fields)"
            msg = f"associative list with keys has an element that {why}"
            raise NoKey(msg)
        return f"k:{orjson.dumps(found).decode()}"


WHOLE: Final = Shape("whole")
GUESSED: Final = Shape("guessed")
SCALARS: Final[Mapping[str, Shape]] = {
    type_: Shape("whole", type_)
    for type_ in (
        "boolean",
        "bytes",
        "date-time",
        "int32",
        "int64",
        "int-or-string",
        "number",
        "quantity",
        "string",
    )
}
DEFAULTS: Final[Mapping[str, str]] = {"protocol": "TCP"}
"""Of keys that may be left out, in all built-in lists that have such a key."""
FORMS: Final[Mapping[str, str]] = {"map": "keyed", "set": "set"}

_VALUES: Final[Mapping[str, frozenset[str]]] = {
    "DeploymentSpec": frozenset({"strategy"}),
    "DaemonSetSpec": frozenset({"updateStrategy"}),
    "StatefulSetSpec": frozenset({"serviceName", "updateStrategy"}),
    "ReplicaSetSpec": frozenset({"template"}),
    "PodTemplateSpec": frozenset({"metadata", "spec"}),
    "JobTemplateSpec": frozenset({"metadata", "spec"}),
    "PersistentVolumeClaimSpec": frozenset({"resources"}),
    "HostPathVolumeSource": frozenset({"type"}),  # a pointer, which has the empty text by default
    "ServiceStatus": frozenset({"loadBalancer"}),
    "IngressStatus": frozenset({"loadBalancer"}),
    "NodeStatus": frozenset({"daemonEndpoints", "nodeInfo"}),
    "NodeDaemonEndpoints": frozenset({"kubeletEndpoint"}),
}
"""Optional fields that are no pointers in Go (k8s.io/api), and so are written where they are empty, too."""
_POINTERS: Final = frozenset({"aggregationRule", "overhead", "parentRef", "related", "scheduling", "series"})
"""Fields of a kind's own level that are pointers; all other structs there are not."""


EMPTY_TEXTS: Final = frozenset({"ingressClassName", "storageClassName", "volumeAttributesClassName"})
"""Optional texts that are pointers in Go, so that an empty one is written; all others are left out."""


def of(kind: Kind) -> Shape:
    """The shape of a kind's objects; of one without a schema only the metadata is known."""
    if kind.schema is None:
        return built_in(kind.gvk)
    held = _customs.get(kind.gvk)
    if held is None or held[0] is not kind.schema:
        held = _customs[kind.gvk] = (kind.schema, custom(kind.schema))
    return held[1]


_METADATA: Final = frozenset({"metadata"})
_customs: Final[dict[GVK, tuple[JsonObject, Shape]]] = {}
"""Of each custom kind its schema, and what was made of that."""


@cache
def built_in(gvk: GVK) -> Shape:
    """The shape of a kind that has a definition; of any other only the metadata is known."""
    found = of_kind(gvk)
    if found is not None:
        return Shape("struct", found.name, present=_at_root(found))
    return Shape("struct", present=_METADATA, rest=GUESSED, given={"metadata": _typed(OBJECT_META)})


def custom(schema: JsonObject) -> Shape:
    """The shape of a custom kind: its schema's, with the metadata of all kinds."""
    root = _structural(schema)
    known = {**root.given, "apiVersion": WHOLE, "kind": WHOLE, "metadata": _typed(OBJECT_META)}
    return Shape("struct", present=_METADATA, rest=root.rest, given=known)


def _structural(schema: JsonObject) -> Shape:
    if "atomic" in (schema.get(structural.MAP_TYPE), schema.get(structural.LIST_TYPE)):
        return WHOLE
    held, items = structural.additional(schema), structural.items(schema)
    if items is not None:
        form = FORMS.get(str(schema.get(structural.LIST_TYPE)))
        if form is None:
            return WHOLE
        keys = tuple(sorted(schema.get(structural.LIST_KEYS) or ()))
        known = structural.properties(items)
        defaults = {key: known[key]["default"] for key in keys if "default" in known.get(key, {})}
        return Shape(form, item=_structural(items), keys=keys, defaults=defaults)
    if held is not None:
        return Shape("map", item=_structural(held))
    rest = GUESSED if schema.get(structural.PRESERVE) else None
    given = {name: _structural(each) for name, each in structural.properties(schema).items()}
    if given or schema.get("type") == "object":
        return Shape("struct", rest=rest, given=given)
    return rest or SCALARS.get(str(schema.get("type")), WHOLE)


def _at_root(struct: Definition) -> frozenset[str]:
    return (
        frozenset(name for name, each in struct.fields.items() if definition(each.type) or each.required)
        - _POINTERS
    )


@lru_cache(maxsize=4096)
def _fields(shape: Shape) -> dict[str, tuple[str, Shape]]:
    """Name -> step and shape, of each field of a struct."""
    found = {name: (field_step(name), each) for name, each in shape.given.items()}
    struct = definition(shape.type)
    if struct is not None:
        found |= {name: (field_step(name), _of_field(each)) for name, each in struct.fields.items()}
    return found


def _of_field(found: FieldDefinition) -> Shape:
    if "atomic" in (found.map_type, found.list_type):
        return WHOLE
    if found.type.startswith("[]"):
        form = FORMS.get(found.list_type)
        if form is None:
            return WHOLE
        keys = tuple(sorted(found.list_map_keys))
        return Shape(form, item=_typed(found.type[2:]), keys=keys, defaults=DEFAULTS)
    struct = definition(found.type)
    if struct is not None and found.map_type == "granular":  # here, though the struct is whole elsewhere
        return _of_struct(struct)
    return _typed(found.type)


def _of_struct(struct: Definition) -> Shape:
    required = {name for name, each in struct.fields.items() if each.required}
    values = _VALUES.get(struct.name.rpartition(".")[2], frozenset())
    return Shape("struct", struct.name, present=values | (required - _POINTERS))


@cache
def _typed(type_: str) -> Shape:
    struct, held = definition(type_), item_type(type_)
    if struct is not None:
        return WHOLE if struct.map_type == "atomic" else _of_struct(struct)
    if held is not None and type_.startswith("map["):
        return Shape("map", item=_typed(held))
    return SCALARS.get(type_, WHOLE)


fields_of = _fields
