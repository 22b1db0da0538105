"""Rules that tie clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy together (KEP-563, KEP-2438)."""

from collections.abc import Iterator, Sequence
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes, family_of

FAMILIES: Final = ("IPv4", "IPv6")
POLICIES: Final = ("PreferDualStack", "RequireDualStack", "SingleStack")
FIXED: Final = "may not change once set"


def is_headless(spec: JsonObject) -> bool:
    """Whether clusterIPs is exactly None."""
    return (spec.get("clusterIPs") or []) == ["None"]


def related_problems(spec: JsonObject, old: JsonObject | None) -> list[Cause]:
    """What is wrong between the four fields of one Service; upstream reports these before anything else."""
    if spec.get("type") == "ExternalName":
        return []
    addresses = spec.get("clusterIPs") or []
    found = [*_in_step(spec.get("clusterIP") or "", addresses), *_families(spec)]
    of_addresses = list(_each_address(addresses, (old or {}).get("clusterIPs") or []))
    found += of_addresses
    if len(addresses) > 2:
        found.append(invalid("spec.clusterIPs", addresses, "may only hold up to 2 values"))
    return found if of_addresses else [*found, *_matching(spec, addresses)]


def changes_refused(spec: JsonObject, old: JsonObject) -> Iterator[Cause]:
    """What may not change: the first address and family stay, the second may come and go with the policy."""
    if "ExternalName" in (spec.get("type"), old.get("type")):
        return
    headless, was_headless = is_headless(spec), is_headless(old)
    if not (headless and was_headless):
        yield from _changed_addresses(spec, old)
    if not headless and not was_headless:
        yield from _changed_families(spec, old)


def _in_step(address: str, addresses: Sequence[str]) -> Iterator[Cause]:
    if address and not addresses:
        yield required("spec.clusterIPs")
    elif address and addresses[0] != address:
        yield invalid("spec.clusterIPs", addresses, "first value must match `clusterIP`")
    elif addresses and not address:
        yield invalid("spec.clusterIPs", addresses, "must be empty when `clusterIP` is not specified")


def _families(spec: JsonObject) -> Iterator[Cause]:
    families = spec.get("ipFamilies") or []
    for index, family in enumerate(families):
        if family not in FAMILIES:
            yield not_supported(f"spec.ipFamilies[{index}]", family, FAMILIES)
        if family in families[:index]:
            yield duplicate(f"spec.ipFamilies[{index}]", family)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in POLICIES:
        yield not_supported("spec.ipFamilyPolicy", policy, POLICIES)


def _each_address(addresses: Sequence[str], held: Sequence[str]) -> Iterator[Cause]:
    for index, address in enumerate(addresses):
        if index == 0 and address == "None":
            if len(addresses) > 1:
                yield invalid("spec.clusterIPs", addresses, "'None' must be the first and only value")
        elif address not in held:
            yield from causes(f"spec.clusterIPs[{index}]", address, formats.address(address))


def _matching(spec: JsonObject, addresses: Sequence[str]) -> Iterator[Cause]:
    if len(addresses) > 1 and len({family_of(each) for each in addresses}) < len(addresses):
        yield invalid("spec.clusterIPs", addresses, "may specify no more than one IP for each IP family")
    if is_headless(spec):
        return
    for index, (address, family) in enumerate(zip(addresses, spec.get("ipFamilies") or [], strict=False)):
        if family in FAMILIES and family_of(address) != family:
            why = f"expected an {family} value as indicated by `ipFamilies[{index}]`"
            yield invalid(f"spec.clusterIPs[{index}]", address, why)


def _changed_addresses(spec: JsonObject, old: JsonObject) -> Iterator[Cause]:
    new_ips, old_ips = spec.get("clusterIPs") or [], old.get("clusterIPs") or []
    if len(new_ips) == len(old_ips):
        for index, (new, before) in enumerate(zip(new_ips, old_ips, strict=True)):
            if new != before:
                yield invalid(f"spec.clusterIPs[{index}]", new_ips, FIXED)
        return
    if old_ips and not new_ips:
        yield invalid("spec.clusterIPs[0]", new_ips, "primary clusterIP can not be unset")
    elif old_ips and new_ips[0] != old_ips[0]:
        yield invalid("spec.clusterIPs[0]", new_ips, FIXED)
    if len(old_ips) > len(new_ips) == 1 and spec.get("ipFamilyPolicy") != "SingleStack":
        why = "must be set to 'SingleStack' when releasing the secondary clusterIP"
        yield invalid("spec.ipFamilyPolicy", spec.get("ipFamilyPolicy"), why)


def _changed_families(spec: JsonObject, old: JsonObject) -> Iterator[Cause]:
    new, before = spec.get("ipFamilies") or [], old.get("ipFamilies") or []
    if not new:
        return  # not stated: the old ones are kept
    if len(new) == len(before):
        for one, other in zip(new, before, strict=True):
            if one != other:
                yield invalid("spec.ipFamilies[0]", new, FIXED)
        return
    if before and new[0] != before[0]:
        yield invalid("spec.ipFamilies[0]", spec.get("clusterIPs"), FIXED)
    if len(before) > len(new) == 1 and spec.get("ipFamilyPolicy") != "SingleStack":
        why = "must be set to 'SingleStack' when releasing the secondary ipFamily"
        yield invalid("spec.ipFamilyPolicy", spec.get("ipFamilyPolicy"), why)
