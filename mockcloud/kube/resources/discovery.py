"""The kinds of the group discovery.k8s.io: EndpointSlices."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, invalid, not_supported, required, too_many
from mockcloud.kube.json_types import JsonObject, filled, objects_at
from mockcloud.kube.resources.core.endpoints import protocol_problems
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, few, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes, family_of
from mockcloud.kube.resources.validation.metadata import immutable

ADDRESS_TYPES: Final = ("FQDN", "IPv4", "IPv6")
MAX_ENDPOINTS: Final = 1000
MAX_ADDRESSES: Final = 100


def slice_defaults(obj: JsonObject) -> JsonObject:
    """Empty lists are null, as everything that reads slices has to bear."""
    ports = [filled(port, name="", protocol="TCP") for port in objects_at(obj, "ports")]
    endpoints = [filled(each, conditions={}) for each in objects_at(obj, "endpoints")]
    return {**obj, "endpoints": endpoints or None, "ports": ports or None}


def slice_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Addresses are of the slice's type, which never changes; ports have names of their own."""
    type_ = new.get("addressType") or ""
    if not type_:
        yield required("addressType")
    elif type_ not in ADDRESS_TYPES:
        yield not_supported("addressType", type_, ADDRESS_TYPES)
    yield from _slice_ports(objects_at(new, "ports"))
    endpoints = objects_at(new, "endpoints")
    if len(endpoints) > MAX_ENDPOINTS:
        yield too_many("endpoints", len(endpoints), MAX_ENDPOINTS)
    elif old is None or endpoints != objects_at(old, "endpoints"):
        for index, endpoint in enumerate(endpoints):
            yield from _endpoint(f"endpoints[{index}]", endpoint, type_)
    if old is not None:
        yield from immutable("addressType", type_, old.get("addressType"))


def _endpoint(at: str, endpoint: JsonObject, type_: str) -> Iterator[Cause]:
    addresses = endpoint.get("addresses") or []
    if not addresses:
        yield required(f"{at}.addresses", "must contain at least 1 address")
    elif len(addresses) > MAX_ADDRESSES:
        yield too_many(f"{at}.addresses", len(addresses), MAX_ADDRESSES)
    for index, address in enumerate(addresses):
        yield from _endpoint_address(f"{at}.addresses", index, address, type_)
    node, hostname = endpoint.get("nodeName"), endpoint.get("hostname")
    if node is not None:
        yield from causes(f"{at}.nodeName", node, formats.dns_1123_subdomain(node))
    if hostname is not None:
        yield from causes(f"{at}.hostname", hostname, formats.dns_1123_label(hostname))


def _endpoint_address(at: str, index: int, address: str, type_: str) -> Iterator[Cause]:
    if type_ == "FQDN":
        yield from causes(f"{at}[{index}]", address, formats.dns_1123_subdomain(address))
    elif type_ in ("IPv4", "IPv6"):
        malformed = (formats.canonical_ipv6 if type_ == "IPv6" else formats.address)(address)
        yield from causes(f"{at}[{index}]", address, malformed)
        if not malformed:
            if family_of(address) != type_:
                yield invalid(at, address, f"must be an {type_} address")
            yield from causes(f"{at}[{index}]", address, formats.endpoint_address(address))


def _slice_ports(ports: list[JsonObject]) -> Iterator[Cause]:
    for index, port in enumerate(ports):
        at, name = f"ports[{index}]", port.get("name") or ""
        if name:
            yield from causes(f"{at}.name", name, formats.dns_1123_label(name))
        if any((each.get("name") or "") == name for each in ports[:index]):
            yield duplicate(f"{at}.name", name)
        yield from protocol_problems(at, port)


def _row(endpoint_slice: JsonObject, now: float) -> list[Cell]:
    ports = [_slice_port(port) for port in objects_at(endpoint_slice, "ports")]
    endpoints = objects_at(endpoint_slice, "endpoints")
    addresses = [address for endpoint in endpoints for address in endpoint.get("addresses") or ()]
    return [
        name_of(endpoint_slice),
        str(endpoint_slice.get("addressType") or ""),
        few(ports) if ports else "<unset>",
        few(addresses) if addresses else "<unset>",
        age(endpoint_slice, now),
    ]


def _slice_port(port: JsonObject) -> str:
    if port.get("port") is not None:
        return str(port["port"])
    return str(port["name"]) if port.get("name") is not None else "*"


ENDPOINT_SLICE: Final = Kind(
    "discovery.k8s.io",
    "v1",
    "EndpointSlice",
    "endpointslices",
    model="V1EndpointSlice",
    has_generation=True,
    defaults=slice_defaults,
    validate=slice_problems,
    printer=Printer(texts("Name", "AddressType", "Ports", "Endpoints", "Age"), _row),
)
