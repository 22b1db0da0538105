"""Which writes webhooks and policies are asked about: the rules for their rules."""

from collections.abc import Iterable, Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject

OPERATIONS: Final = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
SCOPES: Final = ("*", "Cluster", "Namespaced")


def chosen(hook: JsonObject, field: str, choices: Iterable[str], at: str) -> Iterator[Cause]:
    """A complaint where the field says none of the choices."""
    said = hook.get(field)
    if said is not None and said not in choices:
        yield not_supported(f"{at}.{field}", said, choices)


def rule_problems(rule: JsonObject, at: str) -> Iterator[Cause]:
    """What is wrong with the rule, beside what it has in one of both."""
    operations = rule.get("operations") or []
    if not operations:
        yield required(f"{at}.operations")
    if len(operations) > 1 and "*" in operations:
        yield invalid(f"{at}.operations", operations, "if '*' is present, must not specify other operations")
    for number, operation in enumerate(operations):
        if operation not in OPERATIONS:
            yield not_supported(f"{at}.operations[{number}]", operation, OPERATIONS)
    for field, what in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        values = rule.get(field) or []
        if not values:
            yield required(f"{at}.{field}")
        if len(values) > 1 and "*" in values:
            yield invalid(f"{at}.{field}", values, f"if '*' is present, must not specify other {what}")
    yield from _resource_problems(rule.get("resources") or [], f"{at}.resources")
    yield from chosen(rule, "scope", SCOPES, at)


def _resource_problems(resources: list[str], at: str) -> Iterator[Cause]:
    if not resources:
        yield required(at)
    for number, each in enumerate(resources):
        resource, slash, part = each.partition("/")
        before = resources[:number]
        if not each:
            yield required(f"{at}[{number}]")
        for wide in (f"{resource}/*", f"*/{part}") if slash else ():
            if wide in before and wide != each:
                yield invalid(f"{at}[{number}]", each, f"if '{wide}' is present, must not specify {each}")
    if len(resources) > 1 and "*/*" in resources:
        yield invalid(at, resources, "if '*/*' is present, must not specify other resources")
    if "*" in resources and any("/" not in each and each != "*" for each in resources):
        why = "if '*' is present, must not specify other resources without subresources"
        yield invalid(at, resources, why)
