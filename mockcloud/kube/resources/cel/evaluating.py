"""Nodes -> values. Each node becomes a closure; what it costs is counted as cel-go does, about."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mockcloud.kube.resources.cel.declarations import Library, Overload
from mockcloud.kube.resources.cel.errors import CostExceeded, EvaluationError, no_overload
from mockcloud.kube.resources.cel.nodes import Call, Fold, Ident, Index, ListOf, Literal, MapOf, Node, Select
from mockcloud.kube.resources.cel.types import NAMES, Type
from mockcloud.kube.resources.cel.values import (
    NONE,
    Duration,
    Optional,
    TypeName,
    UInt,
    equal,
    is_number,
    is_whole,
    size_of,
    some,
    type_name,
)

_LIST_COST: Final = 10
_MAP_COST: Final = 30
_CHEAP: Final = frozenset({"size", "type", "dyn", "_[_]", "_==_", "_!=_", "@in"})
"""Functions whose cost does not grow with what they get, or is counted where they work."""
_SCALARS: Final = frozenset({int, UInt, float, bool, type(None)})
_KEYS: Final = (bool, int, str)
_SORTED: Final = (str, bytes, int, float, bool, datetime, Duration)
_WRONG: Final = (ArithmeticError, LookupError, MemoryError, TypeError, ValueError)
"""What Python raises where values are not what a function is for; RecursionError is told by `Program`."""
_MORE: Final[dict[str, Callable[..., int]]] = {
    "@in": lambda item, items: len(items) * (1 + size_of(item)) if isinstance(items, list) else 0,
    "sort": lambda items: len(items) * len(items).bit_length(),
    "join": lambda items, by="": len(items) * len(by) // 10,
    "replace": lambda text, old, new, *_count: text.count(old) * (1 + len(new) // 10),
    "findAll": lambda text, *_rest: len(text),
}
"""What functions cost that do more than to go through what they get once, or make more of it."""


@dataclass(slots=True)
class State:
    """One evaluation: the variables (one may be a function, which is asked), and what it may still cost."""

    variables: dict[str, Any]
    left: int

    def charge(self, cost: int) -> None:
        """Pay; CostExceeded where there is not so much left."""
        self.left -= cost
        if self.left < 0:
            raise CostExceeded


Step = Callable[[State], Any]


def step_of(node: Node, library: Library) -> Step:
    """What computes the node's value."""
    return _Builder(library).step(node)


class _Builder:
    def __init__(self, library: Library) -> None:
        self._library = library

    def step(self, node: Node) -> Step:
        """What computes the node's value."""
        of_kind: dict[type[Node], Callable[[Any], Step]] = {
            Literal: lambda n: lambda _state: n.value,
            Ident: lambda n: _ident(n.name),
            Select: self._select,
            Index: lambda n: _index(self.step(n.operand), self.step(n.key), optional=n.optional),
            ListOf: lambda n: _list([(self.step(each), optional) for each, optional in n.elements]),
            MapOf: lambda n: _map([(self.step(k), self.step(v), optional) for k, v, optional in n.entries]),
            Fold: lambda n: _fold(n, self.step(n.over), [self.step(part) for part in n.parts]),
            Call: self._call,
        }
        return of_kind[type(node)](node)

    def _select(self, node: Select) -> Step:
        if node.variable:
            return _ident(node.variable)
        operand, name = self.step(node.operand), node.field
        if _is_type(node):
            found = TypeName(_is_type(node))
            return lambda _state: found
        if node.test:
            return lambda state: _present(operand(state), name)
        return lambda state: _selected(state, operand(state), name, optional=node.optional)

    def _call(self, node: Call) -> Step:
        args = [self.step(arg) for arg in node.args]
        match node.function:
            case "_&&_":
                return _logical(args[0], args[1], decisive=False)
            case "_||_":
                return _logical(args[0], args[1], decisive=True)
            case "_?_:_":
                return lambda state: args[1](state) if _truth(args[0](state)) else args[2](state)
            case "_==_":
                return lambda state: _equal(state, args[0](state), args[1](state))
            case "_!=_":
                return lambda state: not _equal(state, args[0](state), args[1](state))
            case "or" | "orValue" if node.is_member:
                return _alternative(args[0], args[1], unwrap=node.function == "orValue")
            case _:
                overloads = self._library.overloads(node.function, is_member=node.is_member)
                return _function(overloads, args, is_cheap=node.function in _CHEAP)


def _is_type(node: Select) -> str:
    """`google.protobuf.Timestamp` and its like."""
    match node.operand:
        case Select(operand=Ident(name="google"), field="protobuf") if node.field in (
            "Timestamp",
            "Duration",
        ):
            return f"google.protobuf.{node.field}"
        case _:
            return ""


def _ident(name: str) -> Step:
    def look(state: State) -> Any:  # noqa: ANN401
        state.charge(1)
        if name not in state.variables:
            if name in NAMES:
                return TypeName(name)
            msg = f"no such attribute(s): {name}"
            raise EvaluationError(msg)
        found = state.variables[name]
        return found() if callable(found) else found

    return look


def _selected(state: State, value: Any, name: str, *, optional: bool) -> Any:  # noqa: ANN401
    state.charge(1)
    if isinstance(value, Optional):
        return _optional_item(value.value, name) if value.present else NONE
    if optional:
        return _optional_item(value, name)
    if not isinstance(value, Mapping):
        raise no_overload()
    if name not in value:
        msg = f"no such key: {name}"
        raise EvaluationError(msg)
    return value[name]


def _optional_item(value: Any, key: Any) -> Optional:  # noqa: ANN401
    if isinstance(value, Mapping):
        return some(value[key]) if _has_key(value, key) else NONE
    if isinstance(value, list) and is_whole(key):
        return some(value[int(key)]) if 0 <= key < len(value) else NONE
    raise no_overload()


def _present(value: Any, name: str) -> bool:  # noqa: ANN401
    if isinstance(value, Optional):
        return value.present and _present(value.value, name)
    if not isinstance(value, Mapping):
        raise no_overload()
    return name in value


def _index(operand: Step, key: Step, *, optional: bool) -> Step:
    def item(state: State) -> Any:  # noqa: ANN401
        value, wanted = operand(state), key(state)
        state.charge(1)
        if isinstance(value, Optional):
            return _optional_item(value.value, wanted) if value.present else NONE
        if optional:
            return _optional_item(value, wanted)
        return _item(value, wanted)

    return item


def _item(value: Any, key: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        if not is_whole(key):
            raise no_overload()
        if not 0 <= key < len(value):
            msg = f"index out of bounds: {int(key)}"
            raise EvaluationError(msg)
        return value[int(key)]
    if not isinstance(value, Mapping):
        raise no_overload()
    if not _has_key(value, key):
        msg = f"no such key: {key}"
        raise EvaluationError(msg)
    return value[key]


def _has_key(value: Mapping[Any, Any], key: Any) -> bool:  # noqa: ANN401
    return isinstance(key, (*_KEYS, float)) and key in value


def _list(elements: list[tuple[Step, bool]]) -> Step:
    def made(state: State) -> list[Any]:
        state.charge(_LIST_COST)
        found: list[Any] = []
        for step, optional in elements:
            value = step(state)
            if not optional:
                found.append(value)
            elif _optional(value).present:
                found.append(value.value)
        return found

    return made


def _map(entries: list[tuple[Step, Step, bool]]) -> Step:
    def made(state: State) -> dict[Any, Any]:
        state.charge(_MAP_COST)
        found: dict[Any, Any] = {}
        for key_step, value_step, optional in entries:
            key, value = key_step(state), value_step(state)
            if optional and not _optional(value).present:
                continue
            _put(found, key, value.value if optional else value)
        return found

    return made


def _put(found: dict[Any, Any], key: Any, value: Any) -> None:  # noqa: ANN401
    if not isinstance(key, _KEYS):
        msg = f"unsupported key type: {type_name(key)}"
        raise EvaluationError(msg)
    if key in found:
        msg = f"insert failed: key {key} already exists"
        raise EvaluationError(msg)
    found[key] = value


def _optional(value: Any) -> Optional:  # noqa: ANN401
    if not isinstance(value, Optional):
        raise no_overload()
    return value


def _truth(value: Any) -> bool:  # noqa: ANN401
    if not isinstance(value, bool):
        raise no_overload()
    return value


def _logical(one: Step, other: Step, *, decisive: bool) -> Step:
    """`&&` and `||`: what decides on either side counts, even where the other has no value."""

    def both(state: State) -> bool:
        try:
            first: bool | EvaluationError = _truth(one(state))
        except EvaluationError as exc:
            first = exc
        if first is decisive:
            return decisive
        second = _truth(other(state))
        if second is decisive or isinstance(first, bool):
            return second
        raise first

    return both


def _equal(state: State, one: Any, other: Any) -> bool:  # noqa: ANN401
    state.charge(1 + size_of(one) + size_of(other))
    return equal(one, other)


def _alternative(value: Step, other: Step, *, unwrap: bool) -> Step:
    def chosen(state: State) -> Any:  # noqa: ANN401
        found = value(state)
        if not isinstance(found, Optional):
            raise no_overload()
        if not found.present:
            return other(state)
        return found.value if unwrap else found

    return chosen


def _function(overloads: list[Overload], args: list[Step], *, is_cheap: bool) -> Step:
    declared = [each for each in overloads if len(each.args) == len(args)]
    known: dict[tuple[type, ...], Overload] = {}  # which one is meant, by the types of plain values

    def meant(values: list[Any]) -> Overload:
        for each in declared:
            if all(map(_fits, values, each.args)):
                return each
        raise no_overload()

    def called(state: State) -> Any:  # noqa: ANN401
        values = [arg(state) for arg in args]
        types = tuple(map(type, values))
        if _SCALARS.issuperset(types):
            state.charge(1)
            found = known.get(types) or known.setdefault(types, meant(values))
        else:
            state.charge(1 if is_cheap else 1 + sum(map(size_of, values)))
            found = meant(values)
            if found.name in _MORE:
                state.charge(_MORE[found.name](*values))
        result = _applied(found, values)
        if isinstance(result, list | str):
            state.charge(len(result) // 10)
        return result

    return called


def _applied(function: Overload, values: list[Any]) -> Any:  # noqa: ANN401
    try:
        return function.implementation(*values)
    except _WRONG as exc:
        msg = f"'{function.name}' cannot be applied to these values: {exc}"
        raise EvaluationError(msg) from exc


def _fits(value: Any, kind: Type) -> bool:  # noqa: ANN401
    """Whether the value is of a declared type."""
    if _takes_all(kind):
        return True
    name = type_name(value)
    if name != kind.name:
        return False
    if name == "list" and kind.params and not _takes_all(kind.params[0]):
        return all(_fits(each, kind.params[0]) for each in value)
    return True


def _takes_all(kind: Type) -> bool:
    return kind.name == "dyn" or kind.is_variable


def _items(state: State, value: Any, names: tuple[str, ...]) -> Iterator[None]:  # noqa: ANN401
    """Each item in turn as the variables of these names, which are gone afterwards."""
    variables = state.variables
    hidden = {name: variables[name] for name in names if name in variables}
    pairs: Iterator[tuple[Any, ...]]
    if isinstance(value, list):
        pairs = zip(value, strict=True) if len(names) == 1 else ((i, each) for i, each in enumerate(value))
    elif isinstance(value, Mapping):
        pairs = zip(value, strict=True) if len(names) == 1 else iter(value.items())
    else:
        raise no_overload()
    try:
        for pair in pairs:
            state.charge(2)
            variables.update(zip(names, pair, strict=True))
            yield
    finally:
        for name in names:
            variables.pop(name, None)
        variables.update(hidden)


def _fold(node: Fold, over: Step, parts: list[Step]) -> Step:
    folds = {
        "all": _quantified(decisive=False),
        "exists": _quantified(decisive=True),
        "exists_one": _exists_one,
        "filter": _filter,
        "map": _transform_list,
        "transformList": _transform_list,
        "transformMap": _transform_map,
        "transformMapEntry": _transform_entries,
        "sortBy": _sort_by,
        "optMap": _opt_map,
        "optFlatMap": _opt_flat_map,
    }
    fold, names = folds[node.macro], node.names
    return lambda state: fold(state, over(state), names, parts)


Names = tuple[str, ...]


def _quantified(*, decisive: bool) -> Callable[[State, Any, Names, list[Step]], bool]:
    def fold(state: State, value: Any, names: Names, parts: list[Step]) -> bool:  # noqa: ANN401
        failed: EvaluationError | None = None
        for _ in _items(state, value, names):
            try:
                if _truth(parts[0](state)) is decisive:
                    return decisive
            except EvaluationError as exc:
                failed = failed or exc
        if failed is not None:
            raise failed
        return not decisive

    return fold


def _exists_one(state: State, value: Any, names: Names, parts: list[Step]) -> bool:  # noqa: ANN401
    return sum(_truth(parts[0](state)) for _ in _items(state, value, names)) == 1


def _chosen(state: State, value: Any, names: Names, parts: list[Step]) -> Iterator[None]:  # noqa: ANN401
    """The items for which all parts but the last are true."""
    for _ in _items(state, value, names):
        if all(_truth(part(state)) for part in parts[:-1]):
            yield


def _filter(state: State, value: Any, names: Names, parts: list[Step]) -> list[Any]:  # noqa: ANN401
    state.charge(_LIST_COST)
    return [state.variables[names[0]] for _ in _items(state, value, names) if _truth(parts[0](state))]


def _transform_list(state: State, value: Any, names: Names, parts: list[Step]) -> list[Any]:  # noqa: ANN401
    state.charge(_LIST_COST)
    return [parts[-1](state) for _ in _chosen(state, value, names, parts)]


def _transform_map(state: State, value: Any, names: Names, parts: list[Step]) -> dict[Any, Any]:  # noqa: ANN401
    state.charge(_MAP_COST)
    found: dict[Any, Any] = {}
    for _ in _chosen(state, value, names, parts):
        key = state.variables[names[0]]
        found[key] = parts[-1](state)
    return found


def _transform_entries(state: State, value: Any, names: Names, parts: list[Step]) -> dict[Any, Any]:  # noqa: ANN401
    state.charge(_MAP_COST)
    found: dict[Any, Any] = {}
    for _ in _chosen(state, value, names, parts):
        entry = parts[-1](state)
        if not isinstance(entry, dict):
            raise no_overload()
        for key, inner in entry.items():
            _put(found, key, inner)
    return found


def _sort_by(state: State, value: Any, names: Names, parts: list[Step]) -> list[Any]:  # noqa: ANN401
    keyed = [(parts[0](state), state.variables[names[0]]) for _ in _items(state, value, names)]
    kinds = {UInt if is_number(key) else type(key) for key, _ in keyed}
    if len(kinds) > 1 or not all(issubclass(kind, _SORTED) for kind in kinds):
        raise no_overload()
    state.charge(len(keyed) * len(keyed).bit_length())
    return [item for _, item in sorted(keyed, key=lambda pair: pair[0])]


def _opt_map(state: State, value: Any, names: Names, parts: list[Step]) -> Optional:  # noqa: ANN401
    if not isinstance(value, Optional):
        raise no_overload()
    for _ in _items(state, [value.value] if value.present else [], names):
        return some(parts[0](state))
    return NONE


def _opt_flat_map(state: State, value: Any, names: Names, parts: list[Step]) -> Any:  # noqa: ANN401
    found = _opt_map(state, value, names, parts)
    return found.value if found.present else NONE
