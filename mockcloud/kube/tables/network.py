"""The tables of Services and of where they lead: Endpoints, EndpointSlices, ServiceCIDRs."""

from ipaddress import ip_address
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.tables.cells import NONE, Cell, Printer, age, few, label_text, name_of, texts, wide

PENDING: Final = "<pending>"


def _service(service: JsonObject, now: float) -> list[Cell]:
    spec = object_at(service, "spec")
    return [
        name_of(service),
        str(spec.get("type") or ""),
        next(iter(spec.get("clusterIPs") or ()), None) or spec.get("clusterIP") or NONE,
        external_ip(service),
        ",".join(_port(port) for port in objects_at(spec, "ports")) or NONE,
        age(service, now),
        label_text(object_at(spec, "selector")),
    ]


def external_ip(service: JsonObject) -> str:
    """The EXTERNAL-IP column: what a client outside the cluster may use, or that there is nothing yet."""
    spec = object_at(service, "spec")
    external = list(spec.get("externalIPs") or ())
    match spec.get("type"):
        case "LoadBalancer":
            ingress = objects_at(object_at(object_at(service, "status"), "loadBalancer"), "ingress")
            given = {each.get("ip") or each.get("hostname") or "" for each in ingress}
            return ",".join([*sorted(given - {""}), *external]) or PENDING
        case "ExternalName":
            return str(spec.get("externalName") or "")
        case _:
            return ",".join(external) or NONE


def _port(port: JsonObject) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node_port}/{port.get('protocol', 'TCP')}"


def _endpoints(endpoints: JsonObject, now: float) -> list[Cell]:
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


def _endpoint_slice(endpoint_slice: JsonObject, now: float) -> list[Cell]:
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


def _service_cidr(ranges: JsonObject, now: float) -> list[Cell]:
    return [name_of(ranges), ",".join(object_at(ranges, "spec").get("cidrs") or ()), age(ranges, now)]


SERVICE: Final = Printer(
    (*texts("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"), *wide("Selector")), _service
)
ENDPOINTS: Final = Printer(texts("Name", "Endpoints", "Age"), _endpoints)
ENDPOINT_SLICE: Final = Printer(texts("Name", "AddressType", "Ports", "Endpoints", "Age"), _endpoint_slice)
SERVICE_CIDR: Final = Printer(texts("Name", "CIDRs", "Age"), _service_cidr)
