"""IPAddresses and ServiceCIDRs: which addresses Services may have, and whose each one is (KEP-1880)."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, required
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import IMMUTABLE, immutable

DUAL: Final = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"


def canonical_address(name: str) -> list[str]:
    """An address as it is written."""
    if any(part.isdecimal() and part != "0" and part.startswith("0") for part in name.split(".")):
        return ["must not have leading 0s"]
    try:
        address = ip_address(name)
    except ValueError:
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    return [] if str(address) == name else [f'must be in canonical form ("{address}")']


def _canonical_network(text: str) -> list[str]:
    try:
        network = ip_network(text if "/" in text else "", strict=False)
    except ValueError:
        return ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
    if str(network) == text:
        return []
    try:
        ip_network(text)
    except ValueError:
        return ["must not have bits set beyond the prefix length"]
    return [f'must be in canonical form ("{network}")']


def address_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Whose it is; that never changes."""
    parent, at = object_at(new, "spec").get("parentRef"), "spec.parentRef"
    if parent is None:
        yield required(at)
    else:
        yield from _parent(at, parent)
    if old is not None:
        yield from immutable(at, parent, object_at(old, "spec").get("parentRef"))


def _parent(at: str, parent: JsonObject) -> Iterator[Cause]:
    group = parent.get("group") or ""
    if group:
        yield from causes(f"{at}.group", group, formats.dns_1123_subdomain(group))
    for key in ("resource", "name", "namespace"):
        value = parent.get(key) or ""
        if value:
            yield from causes(f"{at}.{key}", value, formats.path_segment(value))
        elif key != "namespace":
            yield required(f"{at}.{key}")


def range_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """One range, or one of each family; a second family may come later."""
    cidrs: list[str] = object_at(new, "spec").get("cidrs") or []
    before: list[str] = [] if old is None else object_at(old, "spec").get("cidrs") or []
    if old is None:
        yield from _ranges("spec.cidrs", cidrs)
    elif len(cidrs) == len(before) or (len(before), len(cidrs)) == (1, 2):
        for index, (one, other) in enumerate(zip(before, cidrs, strict=False)):
            if one != other:
                yield invalid(f"spec.cidrs[{index}]", other, IMMUTABLE)
        if len(cidrs) != len(before):
            yield from _ranges("spec.cidrs", cidrs)
    else:
        yield invalid("spec.cidrs", cidrs, IMMUTABLE)


def _ranges(at: str, cidrs: list[str]) -> Iterator[Cause]:
    if not cidrs:
        yield required(at, "at least one CIDR required")
        return
    if len(cidrs) > 2:
        yield invalid(at, {"CIDRs": cidrs}, "may only hold up to 2 values")
        return
    for index, each in enumerate(cidrs):
        yield from causes(f"{at}[{index}]", each, _canonical_network(each))
    networks = [formats.parsed_network(each) for each in cidrs]
    if len(networks) == 2 and networks[0] and networks[1] and networks[0].version == networks[1].version:
        yield invalid(at, cidrs, DUAL)


def _range_row(ranges: JsonObject, now: float) -> list[Cell]:
    return [name_of(ranges), ",".join(object_at(ranges, "spec").get("cidrs") or ()), age(ranges, now)]


def _address_row(address: JsonObject, _now: float) -> list[Cell]:
    parent = object_at(object_at(address, "spec"), "parentRef")
    group, resource = parent.get("group") or "", parent.get("resource") or ""
    kind = f"{resource}.{group}" if group else str(resource)
    parts = [kind.lower(), parent.get("namespace"), parent.get("name")]
    return [name_of(address), "/".join(str(each) for each in parts if each) or NONE]


IP_ADDRESS: Final = Kind(
    "networking.k8s.io",
    "v1",
    "IPAddress",
    "ipaddresses",
    ("ip",),
    namespaced=False,
    model="V1IPAddress",
    names=canonical_address,
    validate=address_problems,
    printer=Printer(texts("Name", "ParentRef"), _address_row),
)
SERVICE_CIDR: Final = Kind(
    "networking.k8s.io",
    "v1",
    "ServiceCIDR",
    "servicecidrs",
    namespaced=False,
    subresources=("status",),
    model="V1ServiceCIDR",
    status_alone=True,
    validate=range_problems,
    printer=Printer(texts("Name", "CIDRs", "Age"), _range_row),
)
