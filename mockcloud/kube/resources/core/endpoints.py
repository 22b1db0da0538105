"""Endpoints, which nothing in the cluster reads any more; and ports as EndpointSlices have them, too."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, filled, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, few, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import PROTOCOLS, causes


def endpoints_defaults(obj: JsonObject) -> JsonObject:
    if not obj.get("subsets"):
        return obj
    subsets = [
        {**subset, "ports": [filled(port, protocol="TCP") for port in objects_at(subset, "ports")]}
        if subset.get("ports")
        else subset
        for subset in objects_at(obj, "subsets")
    ]
    return {**obj, "subsets": subsets}


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


def _subset_address(at: str, address: JsonObject) -> Iterator[Cause]:
    ip, hostname, node = address.get("ip") or "", address.get("hostname"), address.get("nodeName")
    yield from causes(f"{at}.ip", ip, formats.endpoint_address(ip))
    if formats.parsed_address(ip) is None:
        yield invalid(f"{at}.ip", ip, "must be a valid IP address")  # upstream says so twice
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
    yield from protocol_problems(at, port)


def protocol_problems(at: str, port: JsonObject) -> Iterator[Cause]:
    """What is wrong with the protocols of a port."""
    if port.get("protocol") not in PROTOCOLS:
        yield not_supported(f"{at}.protocol", port.get("protocol") or "", PROTOCOLS)
    if port.get("appProtocol") is not None:
        yield from causes(
            f"{at}.appProtocol", port["appProtocol"], formats.qualified_name(port["appProtocol"])
        )


def _row(endpoints: JsonObject, now: float) -> list[Cell]:
    shown: list[str] = []
    for subset in objects_at(endpoints, "subsets"):
        addresses = [str(address.get("ip")) for address in objects_at(subset, "addresses")]
        ports = objects_at(subset, "ports")
        if ports:
            shown += [_with_port(address, port.get("port")) for port in ports for address in addresses]
        else:
            shown += addresses
    # Upstream says <none> only where there is no subset; one without a ready address shows nothing.
    nothing = "" if objects_at(endpoints, "subsets") else NONE
    return [name_of(endpoints), few(shown) if shown else nothing, age(endpoints, now)]


def _with_port(address: str, port: object) -> str:
    return f"[{address}]:{port}" if ip_address(address).version == 6 else f"{address}:{port}"


ENDPOINTS: Final = Kind(
    "",
    "v1",
    "Endpoints",
    "endpoints",
    ("ep",),
    model="V1Endpoints",
    warnings=("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",),
    creates_on_update=True,
    defaults=endpoints_defaults,
    validate=endpoints_problems,
    printer=Printer(texts("Name", "Endpoints", "Age"), _row),
)
