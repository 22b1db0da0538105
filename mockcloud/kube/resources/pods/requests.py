"""Rules for what containers ask for and may have: resources by name and quantity."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.field_errors import duplicate as twice
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.quantities import amount
from mockcloud.quotas.quantities import canonical

HUGE: Final = "hugepages-"
_OF_CONTAINERS: Final = frozenset({"cpu", "memory", "ephemeral-storage"})
_STANDARD: Final = _OF_CONTAINERS | {
    *("pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "storage"),
    *("persistentvolumeclaims", "services.loadbalancers", "services.nodeports"),
    *(f"{part}.{name}" for part in ("requests", "limits") for name in ("cpu", "memory", "ephemeral-storage")),
}
_NATIVE_DOMAIN: Final = "kubernetes.io/"


def resource_problems(at: str, resources: JsonObject) -> Iterator[Cause]:
    """What is wrong with a container's requests and limits."""
    limits, requests = object_at(resources, "limits"), object_at(resources, "requests")
    for name, text in sorted(limits.items()):
        yield from _resource(f"{at}.limits[{name}]", name, str(text))
        yield from _huge_pages(f"{at}.limits[{name}]", name, str(text))
    for name, text in sorted(requests.items()):
        yield from _resource(f"{at}.requests[{name}]", name, str(text))
        yield from _beside_limit(at, name, str(text), limits)
        yield from _huge_pages(f"{at}.requests[{name}]", name, str(text))
    names = {*limits, *requests}
    if any(name.startswith(HUGE) for name in names) and not names & {"cpu", "memory"}:
        yield forbidden(at, "HugePages require cpu or memory")


def _resource(at: str, name: str, text: str) -> Iterator[Cause]:
    malformed = formats.qualified_name(name)
    yield from causes(at, name, malformed)
    if "/" not in name and not name.startswith(HUGE):
        if name not in _STANDARD and not malformed:
            yield invalid(at, name, "must be a standard resource type or fully qualified")
        if name not in _OF_CONTAINERS:
            yield invalid(at, name, "must be a standard resource for containers")
    size = amount(text)
    if size < 0:
        yield invalid(at, canonical(text), "must be greater than or equal to 0")
    if is_extended(name) and size.denominator != 1:
        yield invalid(at, canonical(text), "must be an integer")


def _huge_pages(at: str, name: str, text: str) -> Iterator[Cause]:
    if not name.startswith(HUGE):
        return
    try:
        page = amount(name.removeprefix(HUGE))
    except ValueError:
        page = Fraction(0)
    if page <= 0 or amount(text) % page or amount(text) < 0:
        shown = canonical(text)
        yield invalid(at, shown, f"{shown} is not positive integer multiple of {name}")


def _beside_limit(at: str, name: str, text: str, limits: Mapping[str, object]) -> Iterator[Cause]:
    whole = is_extended(name) or name.startswith(HUGE)
    if limits.get(name) is None:
        if whole:
            yield required(f"{at}.limits", "Limit must be set for non overcommitable resources")
        return
    limit = str(limits[name])
    if whole and amount(text) != amount(limit):
        why = f"must be equal to {name} limit of {canonical(limit)}"
        yield invalid(f"{at}.requests", canonical(text), why)
    elif amount(text) > amount(limit):
        why = f"must be less than or equal to {name} limit of {canonical(limit)}"
        yield invalid(f"{at}.requests", canonical(text), why)


def is_extended(name: str) -> bool:
    """Whether it is counted by whoever announces it: `example.com/gpu`."""
    domain = name.partition("/")[0] + "/"
    return "/" in name and not domain.endswith(_NATIVE_DOMAIN) and not name.startswith("requests.")


def resize_problems(at: str, container: JsonObject) -> Iterator[Cause]:
    """What is wrong with how a container's resources may change."""
    seen: set[str] = set()
    for index, each in enumerate(objects_at(container, "resizePolicy")):
        name, policy = each.get("resourceName") or "", each.get("restartPolicy") or ""
        if name in seen:
            yield twice(f"{at}[{index}]", name)
        seen.add(name)
        if name not in ("cpu", "memory"):
            yield not_supported(at, name, ("cpu", "memory"))
        if policy not in ("NotRequired", "RestartContainer"):
            yield not_supported(at, policy, ("NotRequired", "RestartContainer"))
