"""Rules for EndpointSlices and Endpoints."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.meaning.errors import Cause, duplicate, invalid, not_supported, required, too_many
from mockcloud.kube.meaning.rules import formats
from mockcloud.kube.meaning.rules.cluster_ips import family_of
from mockcloud.kube.meaning.rules.formats import causes
from mockcloud.kube.meaning.rules.metadata import immutable
from mockcloud.kube.meaning.rules.service import PROTOCOLS

ADDRESS_TYPES: Final = ("FQDN", "IPv4", "IPv6")
MAX_ENDPOINTS: Final = 1000
MAX_ADDRESSES: Final = 100


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


def endpoints_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Every subset has addresses that can be reached, and named ports where there are several."""
    subsets = objects_at(new, "subsets")
    if old is not None and subsets == objects_at(old, "subsets"):
        return
    for index, subset in enumerate(subsets):
        at = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            yield required(at, "must specify `addresses` or `notReadyAddresses`")
        for key in ("addresses", "notReadyAddresses"):
            for place, address in enumerate(objects_at(subset, key)):
                yield from _subset_address(f"{at}.{key}[{place}]", address)
        ports = objects_at(subset, "ports")
        for place, port in enumerate(ports):
            yield from _subset_port(f"{at}.ports[{place}]", port, named=len(ports) > 1)


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
        malformed = formats.address(address)
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
        yield from _protocols(at, port)


def _protocols(at: str, port: JsonObject) -> Iterator[Cause]:
    if port.get("protocol") not in PROTOCOLS:
        yield not_supported(f"{at}.protocol", port.get("protocol") or "", PROTOCOLS)
    if port.get("appProtocol") is not None:
        yield from causes(
            f"{at}.appProtocol", port["appProtocol"], formats.qualified_name(port["appProtocol"])
        )


def _subset_address(at: str, address: JsonObject) -> Iterator[Cause]:
    ip, hostname, node = address.get("ip") or "", address.get("hostname"), address.get("nodeName")
    yield from causes(f"{at}.ip", ip, formats.endpoint_address(ip))
    if hostname:
        yield from causes(f"{at}.hostname", hostname, formats.dns_1123_label(hostname))
    if node is not None:
        yield from causes(f"{at}.nodeName", node, formats.dns_1123_subdomain(node))


def _subset_port(at: str, port: JsonObject, *, named: bool) -> Iterator[Cause]:
    name, number = port.get("name") or "", port.get("port") or 0
    if name:
        yield from causes(f"{at}.name", name, formats.dns_1123_label(name))
    elif named:
        yield required(f"{at}.name")
    yield from causes(f"{at}.port", number, formats.port_number(number))
    yield from _protocols(at, port)
