"""What is wrong with the rules in CEL of a CustomResourceDefinition's schema (`x-kubernetes-validations`)."""

import re
from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.resources.cel.types import Type
from mockcloud.kube.resources.structural.field_paths import path_within
from mockcloud.kube.resources.structural.rules import BadRule, compiled_rule
from mockcloud.kube.resources.structural.schema import (
    EMBEDDED,
    LIST_TYPE,
    RULES,
    additional,
    items,
    key,
    properties,
)
from mockcloud.kube.resources.structural.typing import type_of

REASONS: Final = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")


def rule_problems(rule: JsonObject, schema: JsonObject, path: str) -> Iterator[Cause]:
    """What is wrong with what a rule says beside its expressions."""
    text, message, reason = rule.get("rule") or "", rule.get("message") or "", rule.get("reason")
    if not text.strip():
        yield required(f"{path}.rule", "rule is not specified")
    elif message and not message.strip():
        yield invalid(f"{path}.message", message, "must be non-empty if specified")
    elif _has_breaks(message.strip()):
        yield invalid(f"{path}.message", message, "must not contain line breaks")
    elif _has_breaks(text.strip()) and not message.strip():
        yield required(f"{path}.message", "message must be specified if rule contains line breaks")
    expression = rule.get("messageExpression") or ""
    if expression and not expression.strip():
        yield required(f"{path}.messageExpression", "messageExpression must be non-empty if specified")
    if reason is not None and reason not in REASONS:
        yield not_supported(f"{path}.reason", reason, REASONS)
    yield from _path_problems(rule.get("fieldPath") or "", schema, path)


def _path_problems(said: str, schema: JsonObject, path: str) -> Iterator[Cause]:
    if said and not said.strip():
        yield invalid(f"{path}.fieldPath", said, "must be non-empty if specified")
    if _has_breaks(said):
        yield invalid(f"{path}.fieldPath", said, "must not contain line breaks")
    if said and path_within(said, schema) is None:
        yield invalid(f"{path}.fieldPath", said, "must be a valid path")


def _has_breaks(text: str) -> bool:
    return re.search(r"[\n\r]", text) is not None


def expression_problems(
    schema: JsonObject, path: str, *, is_root: bool = True, apart: str = ""
) -> Iterator[Cause]:
    """What is wrong with the expressions of all rules; `apart`: within it nobody knows what a value was."""
    kind = type_of(schema, is_root=is_root)
    for name, inner in properties(schema).items():
        atomic = path if schema.get("x-kubernetes-map-type") not in (None, "granular", "atomic") else apart
        embedded = bool(inner.get(EMBEDDED))
        at = key(f"{path}.properties", name)
        yield from expression_problems(inner, at, is_root=embedded, apart=atomic)
    for word, held in (("additionalProperties", additional(schema)), ("items", items(schema))):
        if held is not None:
            unknown = word == "items" and schema.get(LIST_TYPE) != "map"
            inner_apart = path if unknown else apart
            embedded = bool(held.get(EMBEDDED))
            yield from expression_problems(held, f"{path}.{word}", is_root=embedded, apart=inner_apart)
    for number, rule in enumerate(objects_at(schema, RULES)):
        yield from _of_rule(rule, kind, schema, f"{path}.{RULES}[{number}]", apart)


def _of_rule(rule: JsonObject, kind: Type | None, schema: JsonObject, at: str, apart: str) -> Iterator[Cause]:
    if kind is None:
        why = (
            "internal error: failed to construct type information for x-kubernetes-validations rules: "
            "unable to convert structural schema to CEL declarations"
        )
        yield Cause(at.rpartition("[")[0], "InternalError", f"Internal error: {why}")
        return
    try:
        found = compiled_rule(rule, kind, schema)
    except BadRule as exc:
        yield invalid(f"{at}.{exc.field}", _shown(rule), str(exc))
        return
    if found.uses_old and apart:
        why = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {apart}"
        yield invalid(f"{at}.rule", rule["rule"], why)
    elif not found.uses_old and rule.get("optionalOldSelf") is not None:
        why = "may not be set if oldSelf is not used in rule"
        yield invalid(f"{at}.optionalOldSelf", rule["optionalOldSelf"], why)


def _shown(rule: JsonObject) -> JsonObject:
    """A rule as upstream's own form of it is printed."""
    texts = ("rule", "message", "messageExpression")
    shown: JsonObject = {f"{name[0].upper()}{name[1:]}": rule.get(name) or "" for name in texts}
    shown |= {"Reason": rule.get("reason"), "FieldPath": rule.get("fieldPath") or ""}
    return {**shown, "OptionalOldSelf": rule.get("optionalOldSelf")}
