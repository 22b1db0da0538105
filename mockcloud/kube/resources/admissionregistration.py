"""The kinds of the group admissionregistration.k8s.io: who is asked, by HTTPS, before a commit."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, invalid, required
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.admission_policies import GROUP, condition_problems
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, integers, name_of, texts
from mockcloud.kube.resources.validation.admission_rules import chosen, rule_problems
from mockcloud.kube.resources.validation.formats import dns_1123_label, dns_1123_subdomain
from mockcloud.kube.resources.validation.metadata import label_selector
from mockcloud.kube.resources.validation.webhooks import (
    DEFAULT_PORT,
    REVIEW_VERSIONS,
    client_problems,
    review_versions_problems,
)

_CHOICES: Final = {
    "failurePolicy": ("Fail", "Ignore"),
    "matchPolicy": ("Equivalent", "Exact"),
}
_REINVOCATION: Final = ("IfNeeded", "Never")
_SIDE_EFFECTS: Final = ("None", "NoneOnDryRun")
_MOST_SECONDS: Final = 30


def _with_defaults(configuration: JsonObject, *, mutating: bool) -> JsonObject:
    hooks = [_hook(each, mutating=mutating) for each in objects_at(configuration, "webhooks")]
    return {**configuration, "webhooks": hooks} if hooks else configuration


def _hook(hook: JsonObject, *, mutating: bool) -> JsonObject:
    rules = [filled(rule, scope="*") for rule in objects_at(hook, "rules")]
    client = object_at(hook, "clientConfig")
    if isinstance(client.get("service"), dict):
        client = {**client, "service": filled(client["service"], port=DEFAULT_PORT)}
    found = filled(
        {**hook, "clientConfig": client, **({"rules": rules} if rules else {})},
        failurePolicy="Fail",
        matchPolicy="Equivalent",
        namespaceSelector={},
        objectSelector={},
        timeoutSeconds=10,
    )
    return filled(found, reinvocationPolicy="Never") if mutating else found


def _problems(new: JsonObject, _old: JsonObject | None, *, mutating: bool) -> Iterator[Cause]:
    seen: set[str] = set()
    for number, hook in enumerate(objects_at(new, "webhooks")):
        at, name = f"webhooks[{number}]", hook.get("name") or ""
        yield from _hook_problems(hook, at, mutating=mutating)
        versions = hook.get("admissionReviewVersions") or []
        why = f"must specify one of {', '.join(REVIEW_VERSIONS)}"
        yield from review_versions_problems(versions, f"{at}.admissionReviewVersions", why)
        if name in seen:
            yield duplicate(f"{at}.name", name)
        seen.add(name)


def _hook_problems(hook: JsonObject, at: str, *, mutating: bool) -> Iterator[Cause]:
    yield from _name_problems(hook.get("name") or "", f"{at}.name")
    for number, rule in enumerate(objects_at(hook, "rules")):
        yield from rule_problems(rule, f"{at}.rules[{number}]")
    for field, choices in _CHOICES.items():
        yield from chosen(hook, field, choices, at)
    if hook.get("sideEffects") is None:
        yield required(f"{at}.sideEffects", f"must specify one of {', '.join(_SIDE_EFFECTS)}")
    yield from chosen(hook, "sideEffects", _SIDE_EFFECTS, at)
    seconds = hook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= _MOST_SECONDS:
        why = f"the timeout value must be between 1 and {_MOST_SECONDS} seconds"
        yield invalid(f"{at}.timeoutSeconds", seconds, why)
    for field in ("namespaceSelector", "objectSelector"):
        yield from label_selector(f"{at}.{field}", object_at(hook, field))
    yield from client_problems(object_at(hook, "clientConfig"), f"{at}.clientConfig")
    if mutating:
        yield from chosen(hook, "reinvocationPolicy", _REINVOCATION, at)
    yield from condition_problems(objects_at(hook, "matchConditions"), f"{at}.matchConditions")


def _name_problems(name: str, at: str) -> Iterator[Cause]:
    if not name:
        yield required(at)
        return
    complaints = dns_1123_subdomain(name)
    if complaints:
        yield invalid(at, name, ",".join(complaints))
    elif name.count(".") < 2:
        yield invalid(at, name, "should be a domain with at least three segments separated by dots")
    for part in name.split("."):
        if not complaints and (why := dns_1123_label(part)):
            yield invalid(at, part, ",".join(why))


def _row(configuration: JsonObject, now: float) -> list[Cell]:
    return [name_of(configuration), len(objects_at(configuration, "webhooks")), age(configuration, now)]


def _kind(kind: str, plural: str, *, mutating: bool) -> Kind:
    return Kind(
        GROUP,
        "v1",
        kind,
        plural,
        namespaced=False,
        categories=("api-extensions",),
        model=f"V1{kind}",
        has_generation=True,
        unconditional_update=False,
        defaults=partial(_with_defaults, mutating=mutating),
        validate=partial(_problems, mutating=mutating),
        printer=Printer((*texts("Name"), *integers("Webhooks"), *texts("Age")), _row),
    )


MUTATING_WEBHOOKS: Final = _kind(
    "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", mutating=True
)
VALIDATING_WEBHOOKS: Final = _kind(
    "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", mutating=False
)
