"""Raw JSON of the API -> values; the only place that knows both. Strange objects give poor values."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from baremetal_lb.decide.pools.entries import parse_address
from baremetal_lb.model.addresses import AddressRange
from baremetal_lb.model.api_names import (
    ALLOCATED,
    ALLOCATED_FROM,
    ANNOUNCED,
    PREFIXES,
    SERVED_BY,
)
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import (
    NOTHING,
    Condition,
    FamilyPolicy,
    PortName,
    ServicePort,
    ServiceStatus,
    ServiceView,
    TrafficPolicy,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.addresses import IPAddress


def object_key(raw: JsonObject) -> ObjectKey:
    """The namespace and name of any object."""
    metadata = raw["metadata"]
    return ObjectKey(metadata.get("namespace", ""), metadata["name"])


def service(raw: JsonObject) -> ServiceView:
    """A v1 Service."""
    metadata, spec = raw["metadata"], raw.get("spec") or {}
    annotations: dict[str, str] = metadata.get("annotations") or {}
    local = spec.get("externalTrafficPolicy") == TrafficPolicy.LOCAL
    return ServiceView(
        key=object_key(raw),
        uid=metadata.get("uid", ""),
        version=metadata.get("resourceVersion", ""),
        created=metadata.get("creationTimestamp") or "",
        is_load_balancer=spec.get("type") == "LoadBalancer",
        load_balancer_class=spec.get("loadBalancerClass"),
        cluster_ips=_addresses(spec.get("clusterIPs") or [spec.get("clusterIP") or ""]),
        family_policy=_family_policy(spec.get("ipFamilyPolicy")),
        ports=tuple(
            ServicePort(each.get("protocol", "TCP"), each["port"]) for each in spec.get("ports") or ()
        ),
        port_names=port_names(spec.get("ports") or ()),
        external_ips=_addresses(spec.get("externalIPs") or []),
        traffic_policy=TrafficPolicy.LOCAL if local else TrafficPolicy.CLUSTER,
        selector=tuple(sorted((spec.get("selector") or {}).items())),
        labels=metadata.get("labels") or NOTHING,
        annotations={key: value for key, value in annotations.items() if key.startswith(PREFIXES)} or NOTHING,
        load_balancer_ip=spec.get("loadBalancerIP") or None,
        status=_status(raw.get("status") or {}, annotations),
    )


def port_names(ports: Iterable[JsonObject]) -> frozenset[PortName]:
    """Of a Service's ports, or of an EndpointSlice's; what is left out has the API's defaults."""
    return frozenset(PortName(each.get("name") or "", each.get("protocol") or "TCP") for each in ports)


def labels(raw: JsonObject) -> dict[str, str]:
    """The labels of any object."""
    found: dict[str, str] = raw["metadata"].get("labels") or {}
    return found


def annotations_of(raw: JsonObject) -> dict[str, str]:
    """The annotations of any object."""
    found: dict[str, str] = raw["metadata"].get("annotations") or {}
    return found


def config_text(raw: JsonObject) -> str | None:
    """The pool configuration of a v1 ConfigMap; None where the key `config` is not there."""
    text: str | None = (raw.get("data") or {}).get("config")
    return text


def node_addresses(raw: JsonObject) -> tuple[IPAddress, ...]:
    """The addresses that a v1 Node says it has."""
    listed = (raw.get("status") or {}).get("addresses") or []
    return _addresses([each.get("address", "") for each in listed])


def pod_ranges(raw: JsonObject) -> tuple[AddressRange, ...]:
    """The pod ranges of a v1 Node."""
    spec = raw.get("spec") or {}
    return _ranges(spec.get("podCIDRs") or [spec.get("podCIDR") or ""])


def service_ranges(raw: JsonObject) -> tuple[AddressRange, ...]:
    """The ranges of a networking.k8s.io/v1 ServiceCIDR."""
    return _ranges((raw.get("spec") or {}).get("cidrs") or [])


def _ranges(texts: list[str]) -> tuple[AddressRange, ...]:
    ranges = []
    for text in texts:
        try:
            network = ipaddress.ip_network(str(text))  # a number would be taken for an address
        except ValueError:
            continue
        ranges.append(AddressRange(network.network_address, network.broadcast_address, network.prefixlen))
    return tuple(ranges)


def _status(status: JsonObject, annotations: Mapping[str, str]) -> ServiceStatus:
    addresses: list[IPAddress] = []
    foreign: list[str] = []
    for entry in (status.get("loadBalancer") or {}).get("ingress") or ():
        address = parse_address(entry.get("ip") or "")
        if address is None or entry.get("hostname") or entry.get("ipMode", "VIP") != "VIP":
            foreign.append(str(entry))
        else:
            addresses.append(address)
    conditions = status.get("conditions") or ()
    allocated, announced = (
        _condition(conditions, ALLOCATED),
        _condition(conditions, ANNOUNCED),
    )
    pool, served_by = annotations.get(ALLOCATED_FROM), annotations.get(SERVED_BY)
    return ServiceStatus(tuple(addresses), tuple(foreign), pool, allocated, announced, served_by)


def _condition(conditions: Any, kind: str) -> Condition | None:  # noqa: ANN401 - raw JSON
    for each in conditions:
        if each.get("type") == kind:
            return Condition(each.get("status") == "True", each.get("reason", ""), each.get("message", ""))
    return None


def _addresses(texts: list[str]) -> tuple[IPAddress, ...]:
    return tuple(address for text in texts if (address := parse_address(text)))


def _family_policy(text: str | None) -> FamilyPolicy:
    return next((policy for policy in FamilyPolicy if policy == text), FamilyPolicy.SINGLE)
