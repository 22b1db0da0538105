"""A Job's policies: what a failed pod means (KEP-3329), and when enough has succeeded (KEP-3998)."""

from collections.abc import Collection, Iterator
from typing import Final

from mockcloud.kube.field_errors import (
    Cause,
    duplicate,
    invalid,
    not_supported,
    quoted,
    required,
    too_long,
    too_many,
    wrong,
)
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.batch.indexes import MalformedIndexes, count_indexes
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.numbers import not_negative

ACTIONS: Final = ("Count", "FailIndex", "FailJob", "Ignore")
OPERATORS: Final = ("In", "NotIn")
STATUSES: Final = ("False", "True", "Unknown")
REPLACEMENTS: Final = ("Failed", "TerminatingOrFailed")
MOST_RULES: Final = 20
MOST_CODES: Final = 255
LONGEST_INDEXES: Final = 64 * 1024


def failure_policy_problems(spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with spec.podFailurePolicy."""
    at, rules = "spec.podFailurePolicy.rules", objects_at(object_at(spec, "podFailurePolicy"), "rules")
    if len(rules) > MOST_RULES:
        yield too_many(at, len(rules), MOST_RULES)
    pod = object_at(object_at(spec, "template"), "spec")
    held = [*objects_at(pod, "containers"), *objects_at(pod, "initContainers")]
    names = {str(container.get("name")) for container in held}
    for index, rule in enumerate(rules):
        yield from _failure_rule(f"{at}[{index}]", rule, spec, names)


def success_policy_problems(spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with spec.successPolicy."""
    at, policy = "spec.successPolicy", object_at(spec, "successPolicy")
    if spec.get("completionMode") != "Indexed":
        yield invalid(at, _go_policy(policy), "requires indexed completion mode")
        return
    rules = objects_at(policy, "rules")
    if not rules:
        why = "at least one rules must be specified when the successPolicy is specified"
        yield required(f"{at}.rules", why)
    if len(rules) > MOST_RULES:
        yield too_many(f"{at}.rules", len(rules), MOST_RULES)
    for index, rule in enumerate(rules):
        yield from _success_rule(f"{at}.rules[{index}]", rule, int(spec.get("completions") or 0))


def replacement_policy_problems(spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with spec.podReplacementPolicy: a failure policy has to see how each pod ends."""
    policy = spec.get("podReplacementPolicy")
    allowed = REPLACEMENTS[:1] if spec.get("podFailurePolicy") is not None else REPLACEMENTS
    if policy is not None and policy not in allowed:
        yield not_supported("spec.podReplacementPolicy", policy, allowed)


def _failure_rule(at: str, rule: JsonObject, spec: JsonObject, names: Collection[str]) -> Iterator[Cause]:
    action = rule.get("action") or ""
    if not action:
        yield required(f"{at}.action", f"valid values: {_listed(ACTIONS)}")
    elif action == "FailIndex":
        if spec.get("backoffLimitPerIndex") is None:
            yield invalid(f"{at}.action", action, "requires the backoffLimitPerIndex to be set")
    elif action not in ACTIONS:
        yield not_supported(f"{at}.action", action, ACTIONS)
    codes, conditions = rule.get("onExitCodes"), objects_at(rule, "onPodConditions")
    if codes is not None:
        yield from _exit_codes(f"{at}.onExitCodes", codes, names)
    yield from _pod_conditions(f"{at}.onPodConditions", conditions)
    if codes is not None and conditions:
        yield wrong(at, "specifying both OnExitCodes and OnPodConditions is not supported")
    if codes is None and not conditions:
        yield wrong(at, "specifying one of OnExitCodes and OnPodConditions is required")


def _pod_conditions(at: str, conditions: list[JsonObject]) -> Iterator[Cause]:
    if len(conditions) > MOST_RULES:
        yield too_many(at, len(conditions), MOST_RULES)
    for index, pattern in enumerate(conditions):
        kind, status = pattern.get("type") or "", pattern.get("status") or ""
        yield from causes(f"{at}[{index}].type", kind, formats.qualified_name(kind))
        if not status:
            yield required(f"{at}[{index}].status", f"valid values: {_listed(STATUSES)}")
        elif status not in STATUSES:
            yield not_supported(f"{at}[{index}].status", status, STATUSES)


def _exit_codes(at: str, codes: JsonObject, names: Collection[str]) -> Iterator[Cause]:
    operator, container = codes.get("operator") or "", codes.get("containerName")
    if not operator:
        yield required(f"{at}.operator", f"valid values: {_listed(OPERATORS)}")
    elif operator not in OPERATORS:
        yield not_supported(f"{at}.operator", operator, OPERATORS)
    if container is not None and container not in names:
        why = "must be one of the container or initContainer names in the pod template"
        yield invalid(f"{at}.containerName", container, why)
    yield from _codes(f"{at}.values", codes.get("values") or [], operator)


def _codes(at: str, values: list[int], operator: str) -> Iterator[Cause]:
    if not values:
        yield invalid(at, values, "at least one value is required")
    elif len(values) > MOST_CODES:
        yield too_many(at, len(values), MOST_CODES)
    for index, value in enumerate(values):
        if operator == "In" and value == 0:
            yield invalid(f"{at}[{index}]", value, "must not be 0 for the In operator")
        if value in values[:index]:
            yield duplicate(f"{at}[{index}]", value)
    if values != sorted(values):
        yield invalid(at, values, "must be ordered")


def _success_rule(at: str, rule: JsonObject, completions: int) -> Iterator[Cause]:
    count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
    if count is None and indexes is None:
        yield required(at, "at least one of succeededCount or succeededIndexes must be specified")
    total = 0
    if indexes is not None:
        if len(indexes) > LONGEST_INDEXES:
            yield too_long(f"{at}.succeededIndexes", LONGEST_INDEXES)
        try:
            total = count_indexes(indexes, completions)
        except MalformedIndexes as exc:
            yield invalid(f"{at}.succeededIndexes", indexes, f"error parsing succeededIndexes: {exc}")
    if count is None:
        return
    yield from not_negative(f"{at}.succeededCount", count)
    if count > completions:
        why = f"must be less than or equal to {completions} (the number of specified completions)"
        yield invalid(f"{at}.succeededCount", count, why)
    if indexes is not None and count > total:
        why = f"must be less than or equal to {total} "
        why += "(the number of indexes in the specified succeededIndexes field)"
        yield invalid(f"{at}.succeededCount", count, why)


def _go_policy(policy: JsonObject) -> JsonObject:
    """As upstream prints it: the fields of its Go struct."""
    fields = {"SucceededIndexes": "succeededIndexes", "SucceededCount": "succeededCount"}
    rules = [{go: rule.get(name) for go, name in fields.items()} for rule in objects_at(policy, "rules")]
    return {"Rules": rules}


def _listed(values: tuple[str, ...]) -> str:
    """As Go prints a list of texts."""
    return f"[{' '.join(quoted(each) for each in values)}]"
