"""ResourceQuotas: how much a namespace may use up."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import IMMUTABLE
from mockcloud.quotas.quantities import Quantity, parse_quantity
from mockcloud.quotas.usage import OLD_NAMES, POD_NAMES, SERVICES

PODS: Final = frozenset(["pods"])
COMPUTED: Final = PODS | {
    name for name in POD_NAMES if name.endswith(("cpu", "memory")) and not name.startswith("count/")
}
STORED: Final = frozenset(["ephemeral-storage", "limits.ephemeral-storage", "requests.ephemeral-storage"])
CLAIMS: Final = frozenset(["persistentvolumeclaims", "requests.storage"])
STANDARD: Final = COMPUTED | OLD_NAMES | CLAIMS | (SERVICES - {"count/services"}) | STORED
"""Names without a domain that a quota may have; beside those of huge pages."""
SCOPES: Final = {
    "Terminating": COMPUTED,
    "NotTerminating": COMPUTED,
    "BestEffort": PODS,
    "NotBestEffort": COMPUTED,
    "PriorityClass": COMPUTED,
    "CrossNamespacePodAffinity": COMPUTED,
    "VolumeAttributesClass": CLAIMS,
}
"""What each may be applied to."""
EXCLUSIVE: Final = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})
ALWAYS_EXISTS: Final = frozenset(SCOPES) - {"PriorityClass", "VolumeAttributesClass"}
ONLY_EXISTS: Final = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating,"
    " ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or"
    " ResourceQuotaScopeCrossNamespacePodAffinity"
)


def resource_quota_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Amounts of what can be counted, and scopes that go with them; scopes never change."""
    spec, status = object_at(new, "spec"), object_at(new, "status")
    yield from _amounts("spec.hard", spec)
    hard = sorted(object_at(spec, "hard"))
    if spec.get("scopes"):
        yield from _scopes("spec.scopes", spec["scopes"], hard)
    if spec.get("scopeSelector") is not None:
        yield from _selector("spec.scopeSelector.matchExpressions", spec, hard)
    for key in ("hard", "used"):
        yield from _amounts(f"status.{key}", status)
    if old is not None and set(spec.get("scopes") or ()) != set(object_at(old, "spec").get("scopes") or ()):
        yield invalid("spec.scopes", spec.get("scopes"), IMMUTABLE)


def _amounts(at: str, holder: JsonObject) -> Iterator[Cause]:
    for name, text in sorted(object_at(holder, at.rpartition(".")[2]).items()):
        yield from _name(f"{at}[{name}]", name)
        amount = parse_quantity(text)
        if amount < Quantity():
            yield invalid(f"{at}[{name}]", str(amount), "must be greater than or equal to 0")
        if _is_whole(name) and amount.amount.denominator != 1:
            yield invalid(f"{at}[{name}]", str(amount), "must be an integer")


def _name(at: str, name: str) -> Iterator[Cause]:
    malformed = formats.qualified_name(name)
    yield from causes(at, name, malformed)
    if "/" in name or _is_standard(name):
        return
    if not malformed:
        yield invalid(at, name, "must be a standard resource type or fully qualified")
    yield invalid(at, name, "must be a standard resource for quota")


def _is_standard(name: str) -> bool:
    return name in STANDARD or name.startswith(("hugepages-", "requests.hugepages-"))


def _is_whole(name: str) -> bool:
    return "/" in name or name in PODS | OLD_NAMES | SERVICES | {"persistentvolumeclaims"}


def _scopes(at: str, scopes: list[str], hard: list[str]) -> Iterator[Cause]:
    for scope in scopes:
        if scope not in SCOPES:
            yield invalid(at, scopes, "unsupported scope")
        for _ in _unsuited(scope, hard):
            yield invalid(at, scopes, "unsupported scope applied to resource")
    if any(pair <= set(scopes) for pair in EXCLUSIVE):
        yield invalid(at, scopes, "conflicting scopes")


def _unsuited(scope: str, hard: list[str]) -> list[str]:
    """What the scope cannot be applied to."""
    suited = SCOPES.get(scope, STANDARD)
    return [name for name in hard if _is_standard(name) and name not in suited]


def _selector(at: str, spec: JsonObject, hard: list[str]) -> Iterator[Cause]:
    selector = object_at(spec, "scopeSelector")
    expressions = objects_at(selector, "matchExpressions")
    for each in expressions:
        name, operator = each.get("scopeName") or "", each.get("operator") or ""
        if name not in SCOPES:
            yield invalid(f"{at}.scopeName", name, "unsupported scope")
        for _ in _unsuited(name, hard):
            yield invalid(at, selector, "unsupported scope applied to resource")
        if name in ALWAYS_EXISTS and operator != "Exists":
            yield invalid(f"{at}.operator", operator, ONLY_EXISTS)
        yield from _operator(at, operator, each.get("values") or [])
    if any(pair <= {each.get("scopeName") for each in expressions} for pair in EXCLUSIVE):
        yield invalid(at, spec.get("scopes"), "conflicting scopes")


def _operator(at: str, operator: str, values: list[str]) -> Iterator[Cause]:
    match operator:
        case "In" | "NotIn":
            if not values:
                why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                yield required(f"{at}.values", why)
        case "Exists" | "DoesNotExist":
            if values:
                why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
                yield invalid(f"{at}.values", values, why)
        case _:
            yield invalid(f"{at}.operator", operator, "not a valid selector operator")


def _row(quota: JsonObject, now: float) -> list[Cell]:
    status = object_at(quota, "status")
    hard, used = object_at(status, "hard"), object_at(status, "used")
    shown = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    limits = [text for name, text in shown.items() if name.startswith("limits.")]
    rest = [text for name, text in shown.items() if not name.startswith("limits.")]
    return [name_of(quota), ", ".join(rest), ", ".join(limits), age(quota, now)]


RESOURCE_QUOTA: Final = Kind(
    "",
    "v1",
    "ResourceQuota",
    "resourcequotas",
    ("quota",),
    subresources=("status",),
    model="V1ResourceQuota",
    returns_deleted=True,
    validate=resource_quota_problems,
    printer=Printer(texts("Name", "Request", "Limit", "Age"), _row),
)
