"""ValidatingAdmissionPolicies and their bindings: what may be written is said in CEL."""

import re
from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import (
    Cause,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    too_many,
)
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.admission_expressions import (
    BadExpression,
    condition,
    expression,
    variables,
)
from mockcloud.kube.resources.cel.tokens import RESERVED
from mockcloud.kube.resources.cel.types import BOOL, NULL, STRING, Type
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, integers, name_of, texts
from mockcloud.kube.resources.validation.admission_rules import chosen, rule_problems
from mockcloud.kube.resources.validation.formats import (
    dns_1035_label,
    dns_1123_subdomain,
    path_segment,
    qualified_name,
)
from mockcloud.kube.resources.validation.metadata import label_selector

GROUP: Final = "admissionregistration.k8s.io"
REASONS: Final = ("Forbidden", "Invalid", "RequestEntityTooLarge")
ACTIONS: Final = ("Audit", "Deny", "Warn")
POLICIES: Final = ("Fail", "Ignore")
_MOST_CONDITIONS: Final = 64
_MOST_ANNOTATIONS: Final = 20
_MOST_ANNOTATION: Final = 5 << 10
_NO_NAMES: Final = RESERVED | {"true", "false", "null", "in"}


def match_defaults(criteria: JsonObject) -> JsonObject:
    """What a policy or a binding is for, with its defaults."""
    found = filled(criteria, matchPolicy="Equivalent", namespaceSelector={}, objectSelector={})
    for name in ("resourceRules", "excludeResourceRules"):
        if objects_at(found, name):
            found = {**found, name: [filled(rule, scope="*") for rule in objects_at(found, name)]}
    return found


def _policy_defaults(policy: JsonObject) -> JsonObject:
    spec = filled(object_at(policy, "spec"), failurePolicy="Fail")
    if isinstance(spec.get("matchConstraints"), dict):
        spec = {**spec, "matchConstraints": match_defaults(spec["matchConstraints"])}
    return {**policy, "spec": spec}


def _binding_defaults(binding: JsonObject) -> JsonObject:
    spec = object_at(binding, "spec")
    if isinstance(spec.get("matchResources"), dict):
        return {**binding, "spec": {**spec, "matchResources": match_defaults(spec["matchResources"])}}
    return binding


def condition_problems(conditions: list[JsonObject], at: str, *, params: bool = False) -> Iterator[Cause]:
    """What is wrong with matchConditions, of a policy or of a webhook."""
    if len(conditions) > _MOST_CONDITIONS:
        yield too_many(at, len(conditions), _MOST_CONDITIONS)
    names: set[str] = set()
    for number, each in enumerate(conditions[:_MOST_CONDITIONS]):
        name, text = each.get("name") or "", (each.get("expression") or "").strip()
        where = f"{at}[{number}]"
        if not text:
            yield required(f"{where}.expression")
        else:
            try:
                condition(text, params=params)
            except BadExpression as exc:
                yield invalid(f"{where}.expression", text, str(exc))
        if not name:
            yield required(f"{where}.name")
            continue
        yield from (invalid(f"{where}.name", name, why) for why in qualified_name(name))
        if name in names:
            yield duplicate(f"{where}.name", name)
        names.add(name)


def _policy_problems(policy: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    spec, at = object_at(policy, "spec"), "spec"
    yield from chosen(spec, "failurePolicy", POLICIES, at)
    params = isinstance(spec.get("paramKind"), dict)
    if params:
        yield from _param_kind_problems(spec["paramKind"], f"{at}.paramKind")
    constraints = spec.get("matchConstraints")
    if not isinstance(constraints, dict):
        yield required(f"{at}.matchConstraints")
    else:
        yield from match_problems(constraints, f"{at}.matchConstraints")
        if not objects_at(constraints, "resourceRules"):
            yield required(f"{at}.matchConstraints.resourceRules")
    yield from condition_problems(objects_at(spec, "matchConditions"), f"{at}.matchConditions", params=params)
    types: dict[str, Type] = {}
    for number, variable in enumerate(objects_at(spec, "variables")):
        yield from _variable_problems(variable, f"{at}.variables[{number}]", types, params=params)
    made = types if objects_at(spec, "variables") else None
    if not objects_at(spec, "validations") and not objects_at(spec, "auditAnnotations"):
        why = "validations or auditAnnotations must contain at least one item"
        yield from (required(f"{at}.{name}", why) for name in ("validations", "auditAnnotations"))
    for number, validation in enumerate(objects_at(spec, "validations")):
        yield from _validation_problems(validation, f"{at}.validations[{number}]", made, params=params)
    name = object_at(policy, "metadata").get("name") or ""
    yield from _annotations_problems(objects_at(spec, "auditAnnotations"), name, made, params=params)


def _param_kind_problems(kind: JsonObject, at: str) -> Iterator[Cause]:
    said, name = kind.get("apiVersion") or "", kind.get("kind") or ""
    group, _, version = said.rpartition("/")
    if not said:
        yield required(f"{at}.apiVersion")
    elif said.count("/") > 1:
        yield invalid(f"{at}.apiVersion", said, f"unexpected GroupVersion string: {said}")
    else:
        if group and (complaints := dns_1123_subdomain(group)):
            yield invalid(f"{at}.apiVersion", group, ",".join(complaints))
        if not version:
            yield invalid(f"{at}.apiVersion", said, "version must be specified")
        elif complaints := dns_1035_label(version):
            yield invalid(f"{at}.apiVersion", version, ",".join(complaints))
    if not name:
        yield required(f"{at}.kind")
    elif complaints := dns_1035_label(name.lower()):
        why = "may have mixed case, but should otherwise match: "
        yield invalid(f"{at}.kind", name, why + ",".join(complaints))


def match_problems(criteria: JsonObject, at: str) -> Iterator[Cause]:
    """What is wrong with what a policy or a binding is for."""
    yield from chosen(criteria, "matchPolicy", ("Equivalent", "Exact"), at)
    for field in ("namespaceSelector", "objectSelector"):
        yield from label_selector(f"{at}.{field}", object_at(criteria, field))
    for field in ("resourceRules", "excludeResourceRules"):
        for number, rule in enumerate(objects_at(criteria, field)):
            where, names = f"{at}.{field}[{number}]", rule.get("resourceNames") or []
            for i, name in enumerate(names):
                yield from (invalid(f"{where}.resourceNames[{i}]", name, why) for why in path_segment(name))
                if name in names[:i]:
                    yield duplicate(f"{where}.resourceNames[{i}]", name)
            yield from rule_problems(rule, where)


def _variable_problems(
    variable: JsonObject, at: str, made: dict[str, Type], *, params: bool
) -> Iterator[Cause]:
    name, text = variable.get("name") or "", variable.get("expression") or ""
    if not name.strip():
        yield required(f"{at}.name", "name is not specified")
    elif not re.fullmatch(r"[_a-zA-Z][_a-zA-Z0-9]*", name) or name in _NO_NAMES:
        yield invalid(f"{at}.name", name, "must be a valid CEL identifier")
    if not text.strip():
        yield required(f"{at}.expression", "expression is not specified")
        return
    try:
        made[name] = expression(text, variables(params=params, made=made)).type
    except BadExpression as exc:
        yield invalid(f"{at}.expression", text, str(exc))


def _validation_problems(
    validation: JsonObject, at: str, made: dict[str, Type] | None, *, params: bool
) -> Iterator[Cause]:
    text, message = validation.get("expression") or "", validation.get("message") or ""
    said, reason = validation.get("messageExpression") or "", validation.get("reason")
    if not text.strip():
        yield required(f"{at}.expression", "expression is not specified")
    else:
        yield from _expression_problems(text, f"{at}.expression", variables(params=params, made=made), BOOL)
    if said and not said.strip():
        yield invalid(f"{at}.messageExpression", said, "must be non-empty if specified")
    elif said:
        seen = variables(params=params, authorizer=False, made=made)
        yield from _expression_problems(said, f"{at}.messageExpression", seen, STRING)
    if message and not message.strip():
        yield invalid(f"{at}.message", message, "must be non-empty if specified")
    elif re.search(r"[\n\r]", message.strip()):
        yield invalid(f"{at}.message", message, "must not contain line breaks")
    if reason is not None and reason not in REASONS:
        yield not_supported(f"{at}.reason", reason, REASONS)


def _expression_problems(text: str, at: str, seen: dict[str, Type], *results: Type) -> Iterator[Cause]:
    try:
        expression(text, seen, *results)
    except BadExpression as exc:
        yield invalid(at, text, str(exc))


def _annotations_problems(
    annotations: list[JsonObject], policy: str, made: dict[str, Type] | None, *, params: bool
) -> Iterator[Cause]:
    at, keys = "spec.auditAnnotations", set[str]()
    if len(annotations) > _MOST_ANNOTATIONS:
        yield invalid(at, annotations, f"must not have more than {_MOST_ANNOTATIONS} auditAnnotations")
    for number, annotation in enumerate(annotations):
        where, key = f"{at}[{number}]", annotation.get("key") or ""
        text = (annotation.get("valueExpression") or "").strip()
        yield from (
            invalid(f"{where}.key", f"{policy}/{key}", why) for why in qualified_name(f"{policy}/{key}")
        )
        if not text:
            yield required(f"{where}.valueExpression", "valueExpression is not specified")
        elif len(text) > _MOST_ANNOTATION:
            why = f"must not exceed {_MOST_ANNOTATION} bytes in length"
            yield required(f"{where}.valueExpression", why)
        else:
            seen = variables(params=params, made=made)
            yield from _expression_problems(text, f"{where}.valueExpression", seen, STRING, NULL)
        if key in keys:
            yield duplicate(f"{where}.key", key)
        keys.add(key)


def _binding_problems(binding: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    spec = object_at(binding, "spec")
    name = spec.get("policyName") or ""
    if not name:
        yield required("spec.policyName")
    yield from (invalid("spec.policyName", name, why) for why in (dns_1123_subdomain(name) if name else ()))
    if isinstance(spec.get("paramRef"), dict):
        yield from _param_problems(spec["paramRef"], "spec.paramRef")
    if isinstance(spec.get("matchResources"), dict):
        yield from match_problems(spec["matchResources"], "spec.matchResources")
    yield from _action_problems(spec.get("validationActions") or [], "spec.validationActions")


def _action_problems(actions: list[str], at: str) -> Iterator[Cause]:
    for number, action in enumerate(actions):
        if action not in ACTIONS:
            yield not_supported(f"{at}[{number}]", action, ACTIONS)
        if action in actions[:number]:
            yield duplicate(f"{at}[{number}]", action)
    if {"Deny", "Warn"} <= set(actions):
        why = "repeating the same validation failure information in the API response and headers"
        yield invalid(at, actions, f"must not contain both Deny and Warn ({why} serves no purpose)")
    if not actions:
        yield required(at, "at least one validation action is required")


def _param_problems(ref: JsonObject, at: str) -> Iterator[Cause]:
    name, selector, action = ref.get("name") or "", ref.get("selector"), ref.get("parameterNotFoundAction")
    if name:
        yield from (invalid(f"{at}.name", name, why) for why in path_segment(name))
    if name and selector is not None:
        yield forbidden(f"{at}.name", "name and selector are mutually exclusive")
    if selector is not None:
        yield from label_selector(f"{at}.selector", selector)
    if name and selector is not None:
        yield forbidden(f"{at}.selector", "name and selector are mutually exclusive")
    if not name and selector is None:
        yield required(at, "one of name or selector must be specified")
    if not action:
        yield required(f"{at}.parameterNotFoundAction")
    elif action not in ("Deny", "Allow"):
        yield not_supported(f"{at}.parameterNotFoundAction", action, ("Deny", "Allow"))


def _policy_row(policy: JsonObject, now: float) -> list[Cell]:
    spec = object_at(policy, "spec")
    kind = object_at(spec, "paramKind")
    shown = f"{kind.get('apiVersion')}/{kind.get('kind')}" if kind else "<unset>"
    return [name_of(policy), len(objects_at(spec, "validations")), shown, age(policy, now)]


def _binding_row(binding: JsonObject, now: float) -> list[Cell]:
    spec = object_at(binding, "spec")
    ref = object_at(spec, "paramRef")
    shown = "<unset>"
    if ref:
        shown = f"{ref.get('namespace') or '*'}/{ref['name']}" if ref.get("name") else "*"
    return [name_of(binding), spec.get("policyName") or "", shown, age(binding, now)]


POLICY: Final = Kind(
    GROUP,
    "v1",
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
    namespaced=False,
    categories=("api-extensions",),
    subresources=("status",),
    model="V1ValidatingAdmissionPolicy",
    has_generation=True,
    unconditional_update=False,
    defaults=_policy_defaults,
    validate=_policy_problems,
    printer=Printer((*texts("Name"), *integers("Validations"), *texts("ParamKind", "Age")), _policy_row),
)
BINDING: Final = Kind(
    GROUP,
    "v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
    namespaced=False,
    categories=("api-extensions",),
    model="V1ValidatingAdmissionPolicyBinding",
    has_generation=True,
    unconditional_update=False,
    defaults=_binding_defaults,
    validate=_binding_problems,
    printer=Printer(texts("Name", "PolicyName", "ParamRef", "Age"), _binding_row),
)
