"""Rules in CEL (`x-kubernetes-validations`): compiled for their schema, and held against objects.

Source: k8s.io/apiextensions-apiserver v0.34 `pkg/apiserver/schema/cel`.
"""

from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from mockcloud.kube.field_errors import Cause, duplicate, forbidden, invalid, required
from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.resources.cel.errors import NO_OVERLOAD, CompileError, CostExceeded, EvaluationError
from mockcloud.kube.resources.cel.programs import PER_WRITE, Budget, Program, compiled
from mockcloud.kube.resources.cel.types import BOOL, DYN, STRING, Type, cel_value, optional_of
from mockcloud.kube.resources.cel.values import NONE, some, token
from mockcloud.kube.resources.structural.field_paths import path_within
from mockcloud.kube.resources.structural.schema import (
    EMBEDDED,
    LIST_KEYS,
    LIST_TYPE,
    RULES,
    additional,
    child,
    index,
    items,
    key,
    properties,
)
from mockcloud.kube.resources.structural.typing import type_of

OLD: Final = "oldSelf"
ROOT: Final = "<nil>"
"""The path of the whole object, as Go prints one that is none."""
_NO_MORE: Final = "no further validation rules will be run"
_LONGEST_MESSAGE: Final = 5 << 10
_ABSENT: Final = object()


class BadRule(Exception):
    """A rule does not compile: `field` of it is wrong."""

    def __init__(self, why: str, field_name: str) -> None:
        self.field = field_name
        super().__init__(why)


class _Spent(Exception):
    """The budget is used up: nothing more is looked at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready for use."""

    stated: JsonObject
    program: Program
    message: Program | None
    path: str

    @property
    def uses_old(self) -> bool:
        """Whether it compares with what was."""
        return OLD in self.program.uses

    @property
    def shown(self) -> str:
        """As complaints of the rule itself name it."""
        return str(self.stated.get("message") or self.stated["rule"]).strip()


def compiled_rule(stated: JsonObject, kind: Type, schema: JsonObject) -> Rule:
    """A rule for values of the type; BadRule where it is none."""
    variables = {"self": kind, OLD: optional_of(kind) if stated.get("optionalOldSelf") else kind}
    try:
        program = compiled(str(stated["rule"]), variables)
    except CompileError as exc:
        why = f"compilation failed: {exc}"
        raise BadRule(why, "rule") from exc
    if program.type != BOOL:
        why = "cel expression must evaluate to a bool"
        raise BadRule(why, "rule")
    message, text = None, stated.get("messageExpression")
    if text:
        try:
            message = compiled(text, variables)
        except CompileError as exc:
            why = f"messageExpression compilation failed: {exc}"
            raise BadRule(why, "messageExpression") from exc
        if message.type != STRING:
            why = "messageExpression must evaluate to a string"
            raise BadRule(why, "messageExpression")
    said = stated.get("fieldPath") or ""
    return Rule(stated, program, message, (path_within(said, schema) or "") if said else "")


@dataclass(slots=True)
class _Run:
    budget: Budget
    causes: list[Cause] = field(default_factory=list)


class Rules:
    """All rules of a schema and of what is within it. They are compiled when they are first asked."""

    def __init__(self, schema: JsonObject, *, is_root: bool = False) -> None:
        self._schema = schema
        self._is_root = is_root

    def problems(self, new: JsonObject, old: JsonObject | None, budget: int = PER_WRITE) -> list[Cause]:
        """Every cause to refuse a whole object, or the change from `old`; `budget`: what that may cost."""
        run = _Run(Budget(budget))
        if self.are_there:
            with suppress(_Spent):
                self._judge(run, new, _ABSENT if old is None else old, "", unchanged=False)
        return run.causes

    @cached_property
    def are_there(self) -> bool:
        """Whether the schema has a rule anywhere."""
        return has_rules(self._schema)

    @cached_property
    def _type(self) -> Type | None:
        return type_of(self._schema, is_root=self._is_root)

    @cached_property
    def _rules(self) -> list[Rule | BadRule]:
        found: list[Rule | BadRule] = []
        kind = self._type
        for stated in objects_at(self._schema, RULES):
            if kind is None:
                break
            try:
                found.append(compiled_rule(stated, kind, self._schema))
            except BadRule as exc:
                found.append(exc)
        return found

    @cached_property
    def _items(self) -> "Rules | None":
        return _within(items(self._schema))

    @cached_property
    def _values(self) -> "Rules | None":
        return _within(additional(self._schema))

    @cached_property
    def _fields(self) -> dict[str, "Rules"]:
        found = {name: _within(inner) for name, inner in properties(self._schema).items()}
        return {name: rules for name, rules in found.items() if rules is not None}

    def _judge(self, run: _Run, value: Any, old: Any, path: str, *, unchanged: bool) -> None:  # noqa: ANN401
        """`unchanged`: what this stands in is as it was, where it cannot be told what this was."""
        if value is None:
            return
        unchanged = unchanged if old is _ABSENT else old == value
        if self._rules:
            self._hold(run, value, None if old is _ABSENT else old, path, unchanged=unchanged)
        if isinstance(value, list) and self._items is not None:
            known = self._by_identity(old)
            for number, each in enumerate(value):
                before = known.get(self._identity(each), _ABSENT) if known else _ABSENT
                self._items._judge(run, each, before, index(path, number), unchanged=unchanged)
        elif isinstance(value, dict):
            for name, inner in value.items():
                rules = self._fields.get(name, self._values)
                if rules is not None:
                    at = child(path, name) if name in self._fields else key(path, name)
                    before = old.get(name, _ABSENT) if isinstance(old, dict) else _ABSENT
                    rules._judge(run, inner, before, at, unchanged=unchanged)

    def _by_identity(self, old: Any) -> dict[Hashable, Any]:  # noqa: ANN401
        """The items that were, where they can be told from each other."""
        if self._schema.get(LIST_TYPE) != "map" or not isinstance(old, list):
            return {}
        return {self._identity(each): each for each in reversed(old) if isinstance(each, dict)}

    def _identity(self, item: Any) -> Hashable:  # noqa: ANN401
        keys = self._schema.get(LIST_KEYS) or ()
        return token([item.get(name) for name in keys]) if isinstance(item, dict) else None

    def _hold(self, run: _Run, value: Any, old: Any, path: str, *, unchanged: bool) -> None:  # noqa: ANN401
        kind, shown = self._type or DYN, self._shown
        variables = {"self": cel_value(value, kind)}
        before = None if old is None else cel_value(old, kind)
        for rule in self._rules:
            if run.budget.left <= 0:
                why = f"validation failed due to running out of cost budget, {_NO_MORE}"
                run.causes.append(invalid(path or ROOT, shown, why))
                raise _Spent
            if isinstance(rule, BadRule):
                run.causes.append(invalid(path or ROOT, shown, f"rule compile error: {rule}"))
                continue
            if rule.stated.get("optionalOldSelf"):
                variables[OLD] = NONE if old is None else some(before)
            elif rule.uses_old and old is None:
                continue
            else:
                variables[OLD] = before
            if self._broken(run, rule, variables, path) and (rule.uses_old or not unchanged):
                run.causes.append(_cause(rule, self._message(run, rule, variables, path), path, shown))

    @property
    def _shown(self) -> str:
        return "object" if self._is_root else str(self._schema.get("type") or "")

    def _broken(self, run: _Run, rule: Rule, variables: dict[str, Any], path: str) -> bool:
        """Whether the rule says no; that it has no value is a cause of its own."""
        try:
            return rule.program.value(variables, run.budget) is not True
        except EvaluationError as exc:
            why = f"{exc} evaluating rule: {rule.shown}"
            if str(exc).startswith(NO_OVERLOAD):
                kinds = "call arguments did not match a supported operator, function or macro signature"
                why = f"'{exc}': {kinds} for rule: {rule.shown}"
            run.causes.append(invalid(path or ROOT, self._shown, why))
            return False
        except CostExceeded as exc:
            why = f"'{exc}': {_NO_MORE} due to call cost exceeds limit for rule: {rule.shown}"
            run.causes.append(invalid(path or ROOT, self._shown, why))
            raise _Spent from exc

    def _message(self, run: _Run, rule: Rule, variables: dict[str, Any], path: str) -> str:
        said = str(rule.stated.get("message") or "").strip() or f"failed rule: {rule.shown}"
        if rule.message is None:
            return said
        try:
            text = str(rule.message.value(variables, run.budget)).strip()
        except EvaluationError:
            return said
        except CostExceeded as exc:
            of = rule.stated["messageExpression"]
            why = f'{_NO_MORE} due to call cost exceeds limit for messageExpression: "{of}"'
            run.causes.append(invalid(path or ROOT, self._shown, why))
            raise _Spent from exc
        return text if text and "\n" not in text and len(text) <= _LONGEST_MESSAGE else said


def has_rules(schema: JsonObject | None) -> bool:
    """Whether there is a rule in the schema, or within it."""
    if not schema:
        return False
    if schema.get(RULES):
        return True
    inner = [items(schema), additional(schema), *properties(schema).values()]
    return any(map(has_rules, inner))


def _within(schema: JsonObject | None) -> Rules | None:
    if not has_rules(schema) or schema is None:
        return None
    return Rules(schema, is_root=bool(schema.get(EMBEDDED)))


def _cause(rule: Rule, message: str, path: str, shown: str) -> Cause:
    at = path + rule.path if path else rule.path.removeprefix(".") or ROOT
    match rule.stated.get("reason"):
        case "FieldValueForbidden":
            return forbidden(at, message)
        case "FieldValueRequired":
            return required(at, message)
        case "FieldValueDuplicate":
            return duplicate(at, shown)
        case _:
            return invalid(at, shown, message)


def not_checked() -> Iterator[Cause]:
    """What is said where the object is so wrong that its rules cannot be asked."""
    why = "some validation rules were not checked because the object was invalid;"
    yield invalid(ROOT, None, f"{why} correct the existing errors to complete validation")
