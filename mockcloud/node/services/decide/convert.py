"""API objects -> views, once, at the border. What cannot be used is left out: the API refuses most of it."""

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from mockcloud.node.services.decide.views import (
    EndpointView,
    Family,
    IPAddress,
    IPNetwork,
    PortView,
    Protocol,
    ServiceKey,
    ServiceView,
    SliceView,
    Target,
)

# kube-proxy leaves these to someone else.
OTHER_PROXY = "service.kubernetes.io/service-proxy-name"
HEADLESS = "service.kubernetes.io/headless"
SERVICE_NAME = "kubernetes.io/service-name"
SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
FAMILY = {"IPv4": Family.IPV4, "IPv6": Family.IPV6}
DEFAULT_AFFINITY_SECONDS = 10800

Object = dict[str, Any]


def service_view(obj: Object) -> ServiceView | None:
    """The Service, or None where it has no rules (headless, ExternalName, another proxy's)."""
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    if OTHER_PROXY in (metadata.get("labels") or {}) or spec.get("type") == "ExternalName":
        return None
    cluster_ips = _addresses(spec.get("clusterIPs") or [spec.get("clusterIP")])
    if not cluster_ips:
        return None
    return ServiceView(
        key=ServiceKey(metadata["namespace"], metadata["name"]),
        cluster_ips=cluster_ips,
        ports=tuple(_port(port) for port in spec.get("ports") or []),
        external_ips=_addresses(spec.get("externalIPs") or []),
        vips=_vips(obj),
        source_ranges=_source_ranges(obj) if spec.get("type") == "LoadBalancer" else (),
        external_local=spec.get("externalTrafficPolicy") == "Local",
        internal_local=spec.get("internalTrafficPolicy") == "Local",
        affinity_seconds=_affinity(spec),
    )


def slice_view(obj: Object) -> SliceView | None:
    """The EndpointSlice, or None where it belongs to no Service with rules, or is not of addresses."""
    metadata = obj["metadata"]
    labels = metadata.get("labels") or {}
    family = FAMILY.get(obj.get("addressType", ""))
    name = labels.get(SERVICE_NAME)
    if family is None or not name or HEADLESS in labels or OTHER_PROXY in labels:
        return None
    endpoints = tuple(
        ((port.get("name") or "", _protocol(port)), _endpoints(obj, port["port"]))
        for port in obj.get("ports") or []
        if port.get("port")
    )
    return SliceView(ServiceKey(metadata["namespace"], name), family, endpoints)


def _endpoints(obj: Object, port: int) -> tuple[EndpointView, ...]:
    return tuple(
        _endpoint(endpoint, Target(str(address), port))
        for endpoint in obj.get("endpoints") or []
        # An endpoint is one thing: only its first address counts (the API's own words).
        for address in _addresses(endpoint.get("addresses") or [])[:1]
    )


def _endpoint(endpoint: Object, target: Target) -> EndpointView:
    conditions = endpoint.get("conditions") or {}
    # A condition that is not said is true, except for terminating.
    ready, serving = conditions.get("ready") is not False, conditions.get("serving")
    return EndpointView(
        target=target,
        ready=ready,
        serving=ready if serving is None else bool(serving),
        terminating=bool(conditions.get("terminating")),
        node=endpoint.get("nodeName") or "",
    )


def _port(port: Object) -> PortView:
    return PortView(port.get("name") or "", _protocol(port), port["port"], port.get("nodePort") or 0)


def _protocol(port: Object) -> Protocol:
    return Protocol((port.get("protocol") or "TCP").lower())


def _vips(obj: Object) -> tuple[IPAddress, ...]:
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    # With ipMode Proxy the packets must really go to the balancer: no rules for it.
    return _addresses([entry.get("ip") for entry in ingress if entry.get("ipMode") != "Proxy"])


def _source_ranges(obj: Object) -> tuple[IPNetwork, ...]:
    listed = obj["spec"].get("loadBalancerSourceRanges")
    annotation = (obj["metadata"].get("annotations") or {}).get(SOURCE_RANGES, "")
    texts = listed or annotation.split(",")
    return tuple(network for text in texts if text.strip() and (network := _network(text.strip())))


def _affinity(spec: Object) -> int:
    if spec.get("sessionAffinity") != "ClientIP":
        return 0
    client_ip = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
    return int(client_ip.get("timeoutSeconds") or DEFAULT_AFFINITY_SECONDS)


def _addresses(texts: list[str | None]) -> tuple[IPAddress, ...]:
    return tuple(address for text in texts if text and (address := _address(text)))


@lru_cache(maxsize=65536)
def _address(text: str) -> IPAddress | None:
    """None for "None" (headless), and for what is no address in a hand-made slice (an FQDN)."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _network(text: str) -> IPNetwork | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
