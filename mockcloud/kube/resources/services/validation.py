"""Rules for Services (kubernetes.md table 5.5; k8s.io/kubernetes v1.34 `ValidateService*`)."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.services.cluster_ips import is_headless
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import PROTOCOLS, causes
from mockcloud.kube.resources.validation.metadata import labels

TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
MAX_AFFINITY_SECONDS: Final = 86400
SOURCE_RANGES: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"
ONLY_LOAD_BALANCER: Final = "may only be used when `type` is 'LoadBalancer'"
ONLY_LOCAL: Final = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
EXTERNAL_NAME: Final = "may not be set for ExternalName services"


def has_node_ports(spec: JsonObject) -> bool:
    """Whether the type is one that listens on nodes."""
    return spec.get("type") in ("NodePort", "LoadBalancer")


def is_external(spec: JsonObject) -> bool:
    """Whether clients outside the cluster can reach it."""
    return has_node_ports(spec) or (spec.get("type") == "ClusterIP" and bool(spec.get("externalIPs")))


def needs_health_check(spec: JsonObject) -> bool:
    """Whether load balancers must find out which nodes have an endpoint."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def spec_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """What is wrong with the spec of a Service that has its defaults, apart from its cluster IPs."""
    spec, old_spec = object_at(new, "spec"), object_at(old or {}, "spec")
    yield from _shape(spec)
    for index, port in enumerate(objects_at(spec, "ports")):
        yield from _port(spec, index, port)
    yield from labels("spec.selector", spec.get("selector"))
    yield from _affinity(spec)
    yield from _external_ips(spec, old_spec)
    if spec.get("type") not in TYPES:
        yield not_supported("spec.type", spec.get("type") or "", TYPES)
    yield from _duplicates(spec)
    yield from _source_ranges(new, old)
    yield from _load_balancer_only(spec)
    yield from _traffic(spec)


def changes_refused(new: JsonObject, old: JsonObject) -> Iterator[Cause]:
    """What may not change once it is set, apart from cluster IPs."""
    spec, before = object_at(new, "spec"), object_at(old, "spec")
    both = spec.get("type") == before.get("type") == "LoadBalancer"
    if both and spec.get("loadBalancerClass") != before.get("loadBalancerClass"):
        yield invalid("spec.loadBalancerClass", spec.get("loadBalancerClass"), "may not change once set")
    if needs_health_check(spec) and needs_health_check(before):
        port = spec.get("healthCheckNodePort") or before.get("healthCheckNodePort")
        if port != before.get("healthCheckNodePort"):
            yield forbidden("spec.healthCheckNodePort", "field is immutable")


def status_problems(new: JsonObject) -> Iterator[Cause]:
    """What is wrong with the addresses a load balancer has reported (kubernetes.md 3.6)."""
    at = "status.loadBalancer.ingress"
    ingress = objects_at(object_at(object_at(new, "status"), "loadBalancer"), "ingress")
    if ingress and object_at(new, "spec").get("type") != "LoadBalancer":
        yield forbidden(at, "may only be used when `spec.type` is 'LoadBalancer'")
        return
    for index, each in enumerate(ingress):
        yield from _ingress(f"{at}[{index}]", each)


def _ingress(at: str, each: JsonObject) -> Iterator[Cause]:
    address, mode, hostname = each.get("ip"), each.get("ipMode"), each.get("hostname")
    if address:
        yield from causes(f"{at}.ip", address, formats.address(address))
    if mode is None:
        if address:
            yield required(f"{at}.ipMode", "must be specified when `ip` is set")
    elif not address:
        yield forbidden(f"{at}.ipMode", "may not be specified when `ip` is not set")
    elif mode not in ("Proxy", "VIP"):
        yield not_supported(f"{at}.ipMode", mode, ("Proxy", "VIP"))
    if hostname:
        yield from causes(f"{at}.hostname", hostname, formats.dns_1123_subdomain(hostname))
        if formats.parsed_address(hostname):
            yield invalid(f"{at}.hostname", hostname, "must be a DNS name, not an IP address")


def _shape(spec: JsonObject) -> Iterator[Cause]:
    """What a type must have and may not have."""
    type_ = spec.get("type")
    if not spec.get("ports") and not is_headless(spec) and type_ != "ExternalName":
        yield required("spec.ports")
    if type_ in ("LoadBalancer", "NodePort") and is_headless(spec):
        yield invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {type_} services")
    if type_ == "ExternalName":
        for key in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if spec.get(key):
                yield forbidden(f"spec.{key}", EXTERNAL_NAME)
        name = (spec.get("externalName") or "").removesuffix(".")
        if name:
            yield from causes("spec.externalName", name, formats.dns_1123_subdomain(name))
        else:
            yield required("spec.externalName")


def _port(spec: JsonObject, index: int, port: JsonObject) -> Iterator[Cause]:
    at, ports = f"spec.ports[{index}]", objects_at(spec, "ports")
    name = port.get("name") or ""
    if not name:
        if len(ports) > 1:
            yield required(f"{at}.name")
    else:
        yield from causes(f"{at}.name", name, formats.dns_1123_label(name))
        if any(each.get("name") == name for each in ports[:index]):
            yield duplicate(f"{at}.name", name)
    number, target, protocol = port.get("port") or 0, port.get("targetPort") or 0, port.get("protocol") or ""
    yield from causes(f"{at}.port", number, formats.port_number(number))
    if protocol not in PROTOCOLS:
        yield not_supported(f"{at}.protocol", protocol, PROTOCOLS)
    yield from causes(f"{at}.targetPort", target, formats.port_number_or_name(target))
    if port.get("appProtocol") is not None:
        yield from causes(
            f"{at}.appProtocol", port["appProtocol"], formats.qualified_name(port["appProtocol"])
        )


def _affinity(spec: JsonObject) -> Iterator[Cause]:
    affinity = spec.get("sessionAffinity")
    if affinity not in ("ClientIP", "None"):
        yield not_supported("spec.sessionAffinity", affinity or "", ("ClientIP", "None"))
    elif affinity == "ClientIP":
        seconds = object_at(object_at(spec, "sessionAffinityConfig"), "clientIP").get("timeoutSeconds")
        if seconds is not None and not 0 < seconds <= MAX_AFFINITY_SECONDS:
            at = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
            yield invalid(at, seconds, f"must be greater than 0 and less than {MAX_AFFINITY_SECONDS}")


def _external_ips(spec: JsonObject, old: JsonObject) -> Iterator[Cause]:
    for index, address in enumerate(spec.get("externalIPs") or []):
        at = f"spec.externalIPs[{index}]"
        if address not in (old.get("externalIPs") or []):
            yield from causes(at, address, formats.endpoint_address(address))


def _duplicates(spec: JsonObject) -> Iterator[Cause]:
    ports = objects_at(spec, "ports")
    if spec.get("type") == "ClusterIP":
        for index, port in enumerate(ports):
            if port.get("nodePort"):
                yield forbidden(f"spec.ports[{index}].nodePort", "may not be used when `type` is 'ClusterIP'")
    for key in ("nodePort", "port"):
        seen: set[tuple[object, object]] = set()
        for index, port in enumerate(ports):
            identity = (port.get("protocol"), port.get(key))
            if key == "nodePort" and not port.get(key):
                continue
            if identity in seen:
                yield _duplicate_port(f"spec.ports[{index}]", port, key)
            seen.add(identity)


def _duplicate_port(at: str, port: JsonObject, key: str) -> Cause:
    if key == "nodePort":
        return duplicate(f"{at}.nodePort", port["nodePort"])
    # Upstream prints its internal struct, with all but the two compared fields left empty.
    struct = {"Name": "", "Protocol": port.get("protocol"), "AppProtocol": None, "Port": port.get("port")}
    return duplicate(at, {**struct, "TargetPort": 0, "NodePort": 0})


def _source_ranges(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    spec = object_at(new, "spec")
    ranges = [each.strip() for each in spec.get("loadBalancerSourceRanges") or []]
    text = (object_at(new, "metadata").get("annotations") or {}).get(SOURCE_RANGES)
    if ranges:
        at = "spec.LoadBalancerSourceRanges"  # spelled so upstream
        if spec.get("type") != "LoadBalancer":
            yield forbidden(at, ONLY_LOAD_BALANCER)
        for index, each in enumerate(ranges):
            yield from causes(f"{at}[{index}]", each, formats.network(each))
    elif text is not None:
        at = f"metadata.annotations[{SOURCE_RANGES}]"
        if spec.get("type") != "LoadBalancer":
            yield forbidden(at, ONLY_LOAD_BALANCER)
        before = (object_at(old or {}, "metadata").get("annotations") or {}).get(SOURCE_RANGES)
        for each in text.split(",") if text.strip() and text != before else []:
            yield from causes(at, each.strip(), formats.network(each.strip()))


def _load_balancer_only(spec: JsonObject) -> Iterator[Cause]:
    of_load_balancer = spec.get("type") == "LoadBalancer"
    if spec.get("allocateLoadBalancerNodePorts") is not None and not of_load_balancer:
        yield forbidden("spec.allocateLoadBalancerNodePorts", ONLY_LOAD_BALANCER)
    name = spec.get("loadBalancerClass")
    if name is not None:
        if of_load_balancer:
            yield from causes("spec.loadBalancerClass", name, formats.qualified_name(name))
        else:
            yield forbidden("spec.loadBalancerClass", ONLY_LOAD_BALANCER)


def _traffic(spec: JsonObject) -> Iterator[Cause]:
    external, internal = spec.get("externalTrafficPolicy"), spec.get("internalTrafficPolicy")
    if external and not is_external(spec):
        yield invalid(
            "spec.externalTrafficPolicy", external, "may only be set for externally-accessible services"
        )
    elif external and external not in ("Cluster", "Local"):
        yield not_supported("spec.externalTrafficPolicy", external, ("Cluster", "Local"))
    port = spec.get("healthCheckNodePort") or 0
    if port and not needs_health_check(spec):
        yield invalid("spec.healthCheckNodePort", port, ONLY_LOCAL)
    elif port:
        yield from causes("spec.healthCheckNodePort", port, formats.port_number(port))
    if internal is not None and internal not in ("Cluster", "Local"):
        yield not_supported("spec.internalTrafficPolicy", internal, ("Cluster", "Local"))
    distribution = spec.get("trafficDistribution")
    supported = ("PreferClose", "PreferSameZone", "PreferSameNode")
    if distribution is not None and distribution not in supported:
        yield not_supported("spec.trafficDistribution", distribution, supported)
