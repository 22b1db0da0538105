"""Services: their defaults, and what `kubectl get services` shows."""

from typing import Final

from mockcloud.kube.field_errors import Cause
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.kind import Kind, field_labels
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, label_text, name_of, texts, wide
from mockcloud.kube.resources.services import cluster_ips, validation
from mockcloud.kube.resources.services.carry_over import carried_over
from mockcloud.kube.resources.services.validation import is_external, needs_health_check
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.metadata import (
    metadata_problems,
)

AFFINITY_SECONDS: Final = 10800
PENDING: Final = "<pending>"


def service_defaults(obj: JsonObject) -> JsonObject:
    """The Service with its type, and what follows from it."""
    spec = _with_affinity(filled(object_at(obj, "spec"), type="ClusterIP", sessionAffinity="None"))
    if spec.get("ports"):
        spec["ports"] = [_port_defaults(port) for port in objects_at(spec, "ports")]
    if is_external(spec):
        spec = filled(spec, externalTrafficPolicy="Cluster")
    if spec["type"] in ("ClusterIP", "NodePort", "LoadBalancer"):
        spec = filled(spec, internalTrafficPolicy="Cluster")
    elif spec["type"] == "ExternalName":
        spec.pop("internalTrafficPolicy", None)  # no traffic passes; upstream hides it on every read
    if spec["type"] == "LoadBalancer":
        spec = filled(spec, allocateLoadBalancerNodePorts=True)
    if not spec.get("healthCheckNodePort") and not needs_health_check(spec):
        spec.pop("healthCheckNodePort", None)
    return _with_ip_modes({**obj, "spec": spec})


def _with_affinity(spec: JsonObject) -> JsonObject:
    if spec["sessionAffinity"] == "None":
        return {key: value for key, value in spec.items() if key != "sessionAffinityConfig"}
    if spec["sessionAffinity"] == "ClientIP" and _timeout(spec) is None:
        return {**spec, "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": AFFINITY_SECONDS}}}
    return spec


def _timeout(spec: JsonObject) -> int | None:
    found: int | None = object_at(object_at(spec, "sessionAffinityConfig"), "clientIP").get("timeoutSeconds")
    return found


def _port_defaults(port: JsonObject) -> JsonObject:
    port = filled(port, protocol="TCP")
    if not port.get("targetPort"):
        port["targetPort"] = port.get("port")
    if not port.get("nodePort"):
        port.pop("nodePort", None)
    return port


def _with_ip_modes(service: JsonObject) -> JsonObject:
    """Addresses of a load balancer without ipMode are VIP."""
    status = object_at(service, "status")
    balancer = object_at(status, "loadBalancer")
    ingress = objects_at(balancer, "ingress")
    if object_at(service, "spec").get("type") != "LoadBalancer" or not ingress:
        return {**service, "status": status or {"loadBalancer": {}}}
    modes = [filled(each, ipMode="VIP") if each.get("ip") else each for each in ingress]
    return {**service, "status": {**status, "loadBalancer": {**balancer, "ingress": modes}}}


def service_problems(new: JsonObject, old: JsonObject | None) -> list[Cause]:
    """What is wrong with a Service that has its defaults, if not yet its addresses and ports."""
    new = carried_over(new, old)
    spec, before = object_at(new, "spec"), None if old is None else object_at(old, "spec")
    related = cluster_ips.related_problems(spec, before)
    if related:
        return related
    found = metadata_problems(new, old, names=formats.dns_1035_label, namespaced=True)
    if old is not None and before is not None:
        found += [*cluster_ips.changes_refused(spec, before), *validation.changes_refused(new, old)]
    return [*found, *validation.spec_problems(new, old), *validation.status_problems(new)]


def _first_state(obj: JsonObject) -> JsonObject:
    return {**obj, "status": {"loadBalancer": {}}}


def _row(service: JsonObject, now: float) -> list[Cell]:
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


SERVICE: Final = Kind(
    "",
    "v1",
    "Service",
    "services",
    ("svc",),
    categories=("all",),
    subresources=("proxy", "status"),
    field_labels=field_labels("spec.clusterIP", "spec.type"),
    model="V1Service",
    returns_deleted=True,
    creates_on_update=True,
    names=formats.dns_1035_label,
    defaults=service_defaults,
    validate=service_problems,
    validates_metadata=True,
    first_state=_first_state,
    printer=Printer(
        (*texts("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"), *wide("Selector")), _row
    ),
)
