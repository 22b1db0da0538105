"""Which IP families a Service gets, and why it cannot have those it asks for (KEP-563)."""

from collections.abc import Iterator, Sequence

from mockcloud.kube.field_errors import Cause, invalid
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.services.cluster_ips import FAMILIES
from mockcloud.kube.resources.validation.formats import family_of

SEVERAL = "must be 'RequireDualStack' or 'PreferDualStack' when multiple"


def with_families(
    new: JsonObject, old: JsonObject | None, available: Sequence[str]
) -> tuple[JsonObject, list[Cause]]:
    """The Service with its families set, or the causes; `available`: the cluster's, default first."""
    spec, before = dict(object_at(new, "spec")), object_at(old or {}, "spec")
    if spec.get("type") == "ExternalName" or (old is not None and _settled(spec, before)):
        return new, []
    selectorless = spec.get("clusterIP") == "None" and not spec.get("selector")
    if not spec.get("ipFamilyPolicy"):
        spec["ipFamilyPolicy"] = before.get("ipFamilyPolicy") or (
            "RequireDualStack" if selectorless else "SingleStack"
        )
    found = [] if old is None else list(_reduced(spec, before))
    found += _several(spec)
    families, unavailable = _inferred(spec, available)
    found += unavailable
    if not found and not selectorless:
        found += _not_configured(spec, families, available)
    if found:
        return new, found
    spec["ipFamilies"] = _completed(families, spec["ipFamilyPolicy"], available, both=selectorless)
    return {**new, "spec": spec}, []


def _settled(spec: JsonObject, before: JsonObject) -> bool:
    """Whether it is PreferDualStack, unchanged: it stays as it is when the cluster gains a family."""
    same = all(spec.get(key) == before.get(key) for key in ("type", "clusterIPs", "ipFamilies"))
    policies = {spec.get("ipFamilyPolicy"), before.get("ipFamilyPolicy")}
    return same and policies == {"PreferDualStack"}


def _reduced(spec: JsonObject, before: JsonObject) -> Iterator[Cause]:
    """SingleStack gives the second address and family back; nothing else may."""
    policy = spec["ipFamilyPolicy"]
    for key, thing in (("clusterIPs", "cluster IP"), ("ipFamilies", "IP family")):
        new, old = spec.get(key) or [], before.get(key) or []
        if policy == "SingleStack":
            if new == old and len(new) > 1:
                spec[key] = new[:1]
        elif new and len(new) < len(old):
            yield invalid(
                "spec.ipFamilyPolicy", policy, f"must be 'SingleStack' to release the secondary {thing}"
            )


def _several(spec: JsonObject) -> Iterator[Cause]:
    policy = spec["ipFamilyPolicy"]
    for key, things in (("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")):
        if policy == "SingleStack" and len(spec.get(key) or []) == 2:
            yield invalid("spec.ipFamilyPolicy", policy, f"{SEVERAL} {things} are specified")


def _inferred(spec: JsonObject, available: Sequence[str]) -> tuple[list[str], list[Cause]]:
    """The families stated, and those that stated addresses imply."""
    families, causes = list(spec.get("ipFamilies") or []), []
    addresses = spec.get("clusterIPs") or []
    for index, address in enumerate(addresses):
        if address == "None":
            break
        if index >= len(families):
            family = family_of(address)
            if family in available:
                families.append(family)
            else:
                why = f"{family} is not configured on this cluster"
                causes.append(invalid(f"spec.clusterIPs[{index}]", addresses, why))
    return families, causes


def _not_configured(spec: JsonObject, families: Sequence[str], available: Sequence[str]) -> Iterator[Cause]:
    if spec["ipFamilyPolicy"] == "RequireDualStack" and len(available) < 2:
        why = "this cluster is not configured for dual-stack services"
        yield invalid("spec.ipFamilyPolicy", spec["ipFamilyPolicy"], why)
    for index, family in enumerate(families):
        if family not in available:
            yield invalid(f"spec.ipFamilies[{index}]", family, "not configured on this cluster")


def _completed(families: list[str], policy: str, available: Sequence[str], *, both: bool) -> list[str]:
    """The default family where none is stated, and the other where two are wanted and to be had."""
    stated = families or [available[0]]
    wants_two = policy != "SingleStack" and len(stated) == 1
    if not wants_two or (not both and len(available) < 2):
        return stated
    return [*stated, *(each for each in FAMILIES if each not in stated)]
