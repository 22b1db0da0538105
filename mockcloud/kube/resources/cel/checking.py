"""Types of expressions: what is undeclared, what does not fit, in cel-go's words.

Functions of a namespace (`sets.contains`) are resolved here, too, so nothing is evaluated unchecked.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from mockcloud.kube.resources.cel.declarations import Library, Overload
from mockcloud.kube.resources.cel.errors import CompileError, EvaluationError, Issue
from mockcloud.kube.resources.cel.nodes import Call, Fold, Ident, Index, ListOf, Literal, MapOf, Node, Select
from mockcloud.kube.resources.cel.types import (
    BOOL,
    DURATION,
    DYN,
    INT,
    NAMES,
    STRING,
    TIMESTAMP,
    ObjectType,
    Type,
    list_of,
    map_of,
    optional_of,
)
from mockcloud.kube.resources.cel.values import type_name

_TESTS: Final = ("all", "exists", "exists_one")
_TRIED: Final = ("duration", "matches", "timestamp")
_NULLABLE: Final = (TIMESTAMP, DURATION)


def checked(
    node: Node, source: str, variables: Mapping[str, Type], library: Library
) -> tuple[Type, set[str]]:
    """(the expression's type, the variables that it uses); CompileError with every complaint."""
    checker = _Checker(variables, library)
    found = checker.check(node)
    if checker.issues:
        raise CompileError(source, sorted(checker.issues, key=lambda issue: issue.at))
    return checker.settled(found), checker.used


class _Checker:
    def __init__(self, variables: Mapping[str, Type], library: Library) -> None:
        self.issues: list[Issue] = []
        self.used: set[str] = set()
        self._scopes: list[Mapping[str, Type]] = [variables]
        self._library = library
        self._bound: dict[str, Type] = {}
        self._count = 0

    def check(self, node: Node) -> Type:
        """The type of a node, DYN where there is a complaint."""
        of_kind: dict[type[Node], Callable[[Any], Type]] = {
            Literal: lambda literal: Type(type_name(literal.value)),
            Ident: self._ident,
            Select: self._select,
            Index: self._index,
            ListOf: self._list,
            MapOf: self._map,
            Fold: self._fold,
            Call: self._call,
        }
        return of_kind[type(node)](node)

    def settled(self, kind: Type) -> Type:
        """The type with all that was found out put in; what nothing is known of is DYN."""
        if kind.is_variable:
            bound = self._bound.get(kind.name)
            return self.settled(bound) if bound is not None else DYN
        if not kind.params:
            return kind
        params = tuple(map(self.settled, kind.params))
        return Type(kind.name, params) if params != kind.params else kind

    def _complain(self, node: Node, message: str) -> Type:
        self.issues.append(Issue(node.at, message))
        return DYN

    def _variable(self, name: str) -> Type | None:
        return next((scope[name] for scope in reversed(self._scopes) if name in scope), None)

    def _ident(self, node: Ident) -> Type:
        found = self._variable(node.name)
        if found is not None:
            self.used.add(node.name)
            return found
        if node.name in NAMES:
            return Type("type", (NAMES[node.name],))
        return self._complain(node, f"undeclared reference to '{node.name}' (in container '')")

    def _select(self, node: Select) -> Type:
        qualified = _dotted(node)
        declared = self._variable(qualified) if qualified else None
        if declared is not None:
            node.variable = qualified
            self.used.add(qualified)
            return declared
        if qualified in (TIMESTAMP.name, DURATION.name) and self._variable("google") is None:
            return Type("type", (Type(qualified),))
        operand = self._resolved(self.check(node.operand))
        inner = operand
        is_optional = operand.name == "optional_type"
        if is_optional:
            inner = self._resolved(operand.params[0])
        found = self._field(node, inner)
        if node.test:
            return BOOL
        return optional_of(found) if node.optional or is_optional else found

    def _field(self, node: Select, of: Type) -> Type:
        if isinstance(of, ObjectType):
            field = of.fields.get(node.field)
            return field if field is not None else self._complain(node, f"undefined field '{node.field}'")
        if of.name == "map":
            return of.params[1] if of.params else DYN
        if of.name == "dyn" or of.is_variable:
            return DYN
        return self._complain(node, f"type '{self.settled(of)}' does not support field selection")

    def _index(self, node: Index) -> Type:
        operand, key = self._resolved(self.check(node.operand)), self.check(node.key)
        is_optional = operand.name == "optional_type"
        inner = self._resolved(operand.params[0]) if is_optional else operand
        found = self._item(node, inner, key)
        return optional_of(found) if node.optional or is_optional else found

    def _item(self, node: Index, of: Type, key: Type) -> Type:
        wanted: Type = INT
        if of.name == "map":
            wanted = of.params[0]
        if of.name == "dyn":
            return DYN
        number = of.name == "list" and self._resolved(key).name in ("uint", "double", "dyn")
        if of.name not in ("list", "map") or not (number or self._fits(wanted, key)):
            name = "_[?_]" if node.optional else "_[_]"
            return self._no_overload(node, name, [of, key], is_member=False)
        return of.params[-1]

    def _list(self, node: ListOf) -> Type:
        item: Type | None = None
        for element, optional in node.elements:
            kind = self._unwrapped(element, self.check(element), optional=optional)
            item = kind if item is None else self._joined(element, item, kind)
        return list_of(item if item is not None else self._fresh())

    def _unwrapped(self, node: Node, kind: Type, *, optional: bool) -> Type:
        """What an element that may be absent is of."""
        if not optional:
            return kind
        kind = self._resolved(kind)
        if kind.name == "optional_type":
            return kind.params[0]
        if kind != DYN:
            self._complain(node, f"expected type 'optional_type(A)' but found '{self.settled(kind)}'")
        return DYN

    def _joined(self, node: Node, one: Type, other: Type) -> Type:
        if self._fits(one, other):
            return one if self._resolved(other) != DYN else DYN
        message = f"expected type '{self.settled(one)}' but found '{self.settled(other)}'"
        return self._complain(node, message)

    def _map(self, node: MapOf) -> Type:
        key: Type | None = None
        value: Type | None = None
        for key_node, value_node, optional in node.entries:
            of_key = self.check(key_node)
            of_value = self._unwrapped(value_node, self.check(value_node), optional=optional)
            key = of_key if key is None else self._joined(key_node, key, of_key)
            value = of_value if value is None else self._joined(value_node, value, of_value)
        return map_of(key or self._fresh(), value or self._fresh())

    def _fold(self, node: Fold) -> Type:
        over = self._resolved(self.check(node.over))
        if node.macro in ("optMap", "optFlatMap"):
            return self._optional_fold(node, over)
        if over.name not in ("list", "map", "dyn"):
            why = "cannot be range of a comprehension (must be list, map, or dynamic)"
            self._complain(node.over, f"expression of type '{self.settled(over)}' {why}")
            over = DYN
        first = over.params[0] if over.params else DYN
        second = over.params[-1] if over.params else DYN
        if len(node.names) == 2:
            scope = dict(zip(node.names, (INT if over.name == "list" else first, second), strict=True))
        else:
            scope = {node.names[0]: first}
        self._scopes.append(scope)
        parts = [self.check(part) for part in node.parts]
        self._scopes.pop()
        return self._fold_type(node, over, parts)

    def _optional_fold(self, node: Fold, over: Type) -> Type:
        inner = over.params[0] if over.name == "optional_type" else DYN
        if over.name not in ("optional_type", "dyn"):
            self._no_overload(node, node.macro, [over], is_member=True)
        self._scopes.append({node.names[0]: inner})
        found = self.check(node.parts[0])
        self._scopes.pop()
        return optional_of(found) if node.macro == "optMap" else found

    def _fold_type(self, node: Fold, over: Type, parts: list[Type]) -> Type:
        is_test = node.macro in _TESTS or node.macro == "filter"
        for part, kind in zip(node.parts, parts if is_test else parts[:-1], strict=False):
            if not self._fits(BOOL, kind):
                self._complain(part, f"expected type 'bool' but found '{self.settled(kind)}'")
        if node.macro in _TESTS:
            return BOOL
        first = over.params[0] if over.params else DYN
        match node.macro:
            case "filter" | "sortBy":
                return list_of(first)
            case "transformMap":
                return map_of(INT if over.name == "list" else first, parts[-1])
            case "transformMapEntry":
                return parts[-1]
            case _:
                return list_of(parts[-1])

    def _call(self, node: Call) -> Type:
        if node.is_member:
            self._resolve_namespace(node)
        elif not self._library.overloads(node.function, is_member=False):
            for arg in node.args:
                self.check(arg)
            return self._complain(node, f"undeclared reference to '{node.function}' (in container '')")
        kinds = [self.check(arg) for arg in node.args]
        declared = self._library.overloads(node.function, is_member=node.is_member)
        if not declared and not self._library.has(node.function):
            return self._complain(node, f"undeclared reference to '{node.function}' (in container '')")
        result = self._chosen(node, declared, kinds)
        self._try_literal(node)
        return result

    def _try_literal(self, node: Call) -> None:
        """What is written in the text itself is looked at right away: times and patterns that are none."""
        if node.function not in _TRIED or not isinstance(node.args[-1], Literal):
            return
        text = node.args[-1].value
        args = ("", text) if node.function == "matches" else (text,)
        declared = self._library.overloads(node.function, is_member=node.is_member)
        tried = next((each for each in declared if each.args[-1] == STRING), None)
        try:
            if tried is not None and isinstance(text, str):
                tried.implementation(*args)
        except EvaluationError:
            self._complain(node.args[-1], f"invalid {node.function} argument")

    def _resolve_namespace(self, node: Call) -> None:
        """`sets.contains(...)`: no member of a variable, but a function of that name."""
        qualified = _dotted(node.args[0])
        name = f"{qualified}.{node.function}"
        if not qualified or self._variable(qualified.partition(".")[0]) is not None:
            return
        if self._library.overloads(name, is_member=False):
            node.function, node.is_member = name, False
            del node.args[0]

    def _chosen(self, node: Call, declared: list[Overload], kinds: list[Type]) -> Type:
        result: Type | None = None
        before = self._bound
        for each in declared:
            if len(each.args) != len(kinds):
                continue
            fresh: dict[str, Type] = {}
            args = [self._instance(arg, fresh) for arg in each.args]
            self._bound = dict(before)
            if all(self._fits(arg, kind) for arg, kind in zip(args, kinds, strict=True)):
                found = self._instance(each.result, fresh)
                if result is None:
                    result, chosen = self.settled(found) if _is_whole(found) else found, self._bound
                elif self.settled(found) != result:
                    result, chosen = DYN, before
        self._bound = before if result is None else chosen
        if result is None:
            return self._no_overload(node, node.function, kinds, is_member=node.is_member)
        return result

    def _instance(self, kind: Type, fresh: dict[str, Type]) -> Type:
        """A declared type with its letters as variables of this call."""
        if kind.is_variable:
            return fresh.setdefault(kind.name, self._fresh())
        if not kind.params:
            return kind
        return Type(kind.name, tuple(self._instance(each, fresh) for each in kind.params))

    def _fresh(self) -> Type:
        self._count += 1
        return Type(f"%{self._count}")

    def _no_overload(self, node: Node, name: str, kinds: list[Type], *, is_member: bool) -> Type:
        shown = [str(self.settled(kind)) for kind in kinds]
        applied = f"{shown[0]}.({', '.join(shown[1:])})" if is_member else f"({', '.join(shown)})"
        return self._complain(node, f"found no matching overload for '{name}' applied to '{applied}'")

    def _resolved(self, kind: Type) -> Type:
        while kind.is_variable and kind.name in self._bound:
            kind = self._bound[kind.name]
        return kind

    def _fits(self, wanted: Type, kind: Type) -> bool:
        """Whether a value of the type may stand where the other is wanted; variables are bound by it."""
        wanted, kind = self._resolved(wanted), self._resolved(kind)
        if wanted is kind or wanted == kind:
            return True
        if wanted.is_variable:
            self._bound[wanted.name] = kind
            return True
        if kind.is_variable:
            self._bound[kind.name] = wanted
            return True
        if "dyn" in (wanted.name, kind.name):
            return True
        if "null_type" in (wanted.name, kind.name):
            other = kind if wanted.name == "null_type" else wanted
            return isinstance(other, ObjectType) or other in _NULLABLE or "." in other.name
        if isinstance(wanted, ObjectType) or isinstance(kind, ObjectType) or wanted.name != kind.name:
            return False
        if wanted.name == "type" or not wanted.params or not kind.params:
            return True  # all types are of one type
        return all(map(self._fits, wanted.params, kind.params))


def _is_whole(kind: Type) -> bool:
    """Whether nothing in it is left open."""
    return not kind.is_variable and all(map(_is_whole, kind.params))


def _dotted(node: Node) -> str:
    """`a.b.c` of plain names, "" for anything else."""
    match node:
        case Ident():
            return node.name
        case Select(optional=False, test=False):
            before = _dotted(node.operand)
            return f"{before}.{node.field}" if before else ""
        case _:
            return ""
