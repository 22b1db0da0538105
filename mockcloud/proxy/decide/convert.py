"""API objects -> views, once, at the border. What cannot be used is left out: the API refuses most of it."""

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from mockcloud.proxy.decide.views import (
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
    family_of,
)

# kube-proxy leaves these to someone else.
OTHER_PROXY = "service.kubernetes.io/service-proxy-name"
HEADLESS = "service.kubernetes.io/headless"
SERVICE_NAME = "kubernetes.io/service-name"
FAMILY = {"IPv4": Family.IPV4, "IPv6": Family.IPV6}
DEFAULT_AFFINITY_SECONDS = 10800
AFFINITY_SECONDS = range(1, 86401)
PORTS = range(1, 65536)

Object = dict[str, Any]


def service_view(obj: Object) -> ServiceView | None:
    """The Service, or None where it has no rules (headless, or said to be; ExternalName; another proxy's)."""
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    labels = metadata.get("labels") or {}
    if OTHER_PROXY in labels or HEADLESS in labels or spec.get("type") == "ExternalName":
        return None
    cluster_ips = _addresses(spec.get("clusterIPs") or [spec.get("clusterIP")])
    if not cluster_ips:
        return None
    return ServiceView(
        key=ServiceKey(_text(metadata["namespace"]), _text(metadata["name"])),
        cluster_ips=cluster_ips,
        ports=tuple(_port(port) for port in spec.get("ports") or []),
        external_ips=_addresses(spec.get("externalIPs") or []),
        vips=_vips(obj),
        source_ranges=_networks(spec.get("loadBalancerSourceRanges") or []),
        external_local=spec.get("externalTrafficPolicy") == "Local",
        internal_local=spec.get("internalTrafficPolicy") == "Local",
        affinity_seconds=_affinity(spec),
        health_port=_health_port(spec),
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
        (
            (_text(port.get("name") or ""), _protocol(port)),
            _endpoints(obj, family, _number(port["port"], PORTS)),
        )
        for port in obj.get("ports") or []
        if port.get("port")
    )
    return SliceView(ServiceKey(_text(metadata["namespace"]), _text(name)), family, endpoints)


def _endpoints(obj: Object, family: Family, port: int) -> tuple[EndpointView, ...]:
    return tuple(
        _endpoint(endpoint, Target(str(address), port))
        for endpoint in obj.get("endpoints") or []
        # An endpoint is one thing: only its first address counts (the API's own words).
        for address in _addresses(endpoint.get("addresses") or [])[:1]
        if family_of(address) is family
    )


def _endpoint(endpoint: Object, target: Target) -> EndpointView:
    conditions, hints = endpoint.get("conditions") or {}, endpoint.get("hints") or {}
    return EndpointView(
        target=target,
        # A condition that is not said is true, except for terminating.
        ready=conditions.get("ready") is not False,
        serving=conditions.get("serving") is not False,
        terminating=bool(conditions.get("terminating")),
        node=_text(endpoint.get("nodeName") or ""),
        for_zones=_names(hints.get("forZones")),
        for_nodes=_names(hints.get("forNodes")),
    )


def _names(hints: list[Object] | None) -> tuple[str, ...]:
    return tuple(_text(hint["name"]) for hint in hints or [])


def _port(port: Object) -> PortView:
    node_port = port.get("nodePort")
    return PortView(
        name=_text(port.get("name") or ""),
        protocol=_protocol(port),
        port=_number(port["port"], PORTS),
        node_port=_number(node_port, PORTS) if node_port else 0,
    )


def _health_port(spec: Object) -> int:
    """0 where balancers do not ask: only under policy Local it matters where endpoints are."""
    asked = spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"
    port = spec.get("healthCheckNodePort")
    return _number(port, PORTS) if asked and port else 0


def _text(value: object) -> str:
    if not isinstance(value, str):
        msg = f"{value!r}: expected a text"
        raise ValueError(msg)
    return value


def _number(value: object, allowed: range) -> int:
    """The number; ValueError where it is none of these: what nft is told must be what it looks like."""
    if type(value) is not int or value not in allowed:
        msg = f"{value!r}: expected a whole number from {allowed[0]} to {allowed[-1]}"
        raise ValueError(msg)
    return value


def _protocol(port: Object) -> Protocol:
    return Protocol((port.get("protocol") or "TCP").lower())


def _vips(obj: Object) -> tuple[IPAddress, ...]:
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    # With ipMode Proxy the packets must really go to the balancer: no rules for it.
    return _addresses([entry.get("ip") for entry in ingress if entry.get("ipMode") != "Proxy"])


def _networks(texts: list[str]) -> tuple[IPNetwork, ...]:
    # The API lets blanks around a CIDR pass.
    return tuple(network for text in texts if (network := _network(text.strip())))


def _affinity(spec: Object) -> int:
    if spec.get("sessionAffinity") != "ClientIP":
        return 0
    client_ip = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
    return _number(client_ip.get("timeoutSeconds") or DEFAULT_AFFINITY_SECONDS, AFFINITY_SECONDS)


def _addresses(texts: list[str | None]) -> tuple[IPAddress, ...]:
    return tuple(address for text in texts if text and (address := _address(text)))


@lru_cache(maxsize=65536)
def _address(text: str) -> IPAddress | None:
    """None for "None" (headless), and for what is no address in a hand-made slice (an FQDN, a scope)."""
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def _network(text: str) -> IPNetwork | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
