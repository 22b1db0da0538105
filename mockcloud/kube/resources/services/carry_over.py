"""What an update of a Service keeps from the old one, and what it drops: clients rarely send all fields back.

Source: kubernetes.md 5.4; k8s.io/kubernetes v1.34: `patchAllocatedValues`, `normalizeClusterIPs`,
`dropTypeDependentFields`.
"""

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.services.validation import has_node_ports, is_external, needs_health_check


def carried_over(new: JsonObject, old: JsonObject | None) -> JsonObject:
    """The Service (with defaults) as it is meant: allocated values kept, what its new type lacks wiped."""
    spec = dict(object_at(new, "spec"))
    spec["ports"] = [dict(port) for port in objects_at(spec, "ports")]
    if not spec["ports"]:
        del spec["ports"]
    if old is None:
        _fill_plural(spec)
        return {**new, "spec": spec}
    before = object_at(old, "spec")
    _keep_addresses(spec, before)
    _keep_ports(spec, before)
    _align_plural(spec, before)
    _drop_addresses(spec, before)
    _drop_ports(spec, before)
    _drop_rest(spec, before)
    return _without_stale_status({**new, "spec": spec}, old)


def node_ports(spec: JsonObject) -> list[int]:
    """The nodePorts of the ports that have one."""
    return [port["nodePort"] for port in objects_at(spec, "ports") if port.get("nodePort")]


def _fill_plural(spec: JsonObject) -> None:
    """An old client states clusterIP only."""
    if spec.get("clusterIP") and not spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]]


def _keep_addresses(spec: JsonObject, before: JsonObject) -> None:
    if "ExternalName" in (spec.get("type"), before.get("type")):
        return
    for key in ("clusterIP", "clusterIPs"):
        if not spec.get(key) and before.get(key):
            spec[key] = before[key]


def _keep_ports(spec: JsonObject, before: JsonObject) -> None:
    """A port without nodePort takes what the port of its name had, unless another asks for it."""
    if has_node_ports(spec) and has_node_ports(before):
        asked_for = set(node_ports(before)) & set(node_ports(spec))
        by_name = {port.get("name") or "": port.get("nodePort") for port in objects_at(before, "ports")}
        for port in objects_at(spec, "ports"):
            kept = by_name.get(port.get("name") or "")
            if not port.get("nodePort") and kept and kept not in asked_for:
                port["nodePort"] = kept
    if needs_health_check(spec) and needs_health_check(before) and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = before.get("healthCheckNodePort")


def _align_plural(spec: JsonObject, before: JsonObject) -> None:
    """A change of clusterIP alone is meant for clusterIPs too."""
    one, many = spec.get("clusterIP") or "", spec.get("clusterIPs") or []
    old_one, old_many = before.get("clusterIP") or "", before.get("clusterIPs") or []
    if one == old_one or many != old_many:
        return
    if one:
        spec["clusterIPs"] = [one]
    else:
        spec.pop("clusterIPs", None)


def _drop_addresses(spec: JsonObject, before: JsonObject) -> None:
    if spec.get("type") != "ExternalName" or before.get("type") == "ExternalName":
        return
    if all((spec.get(key) or None) == (before.get(key) or None) for key in ("clusterIP", "clusterIPs")):
        _drop(spec, "clusterIP", "clusterIPs")
    for key in ("ipFamilies", "ipFamilyPolicy"):
        if spec.get(key) == before.get(key):
            _drop(spec, key)


def _drop_ports(spec: JsonObject, before: JsonObject) -> None:
    """nodePorts go with the type that had them, unless the same write asks for a new one."""
    if (
        has_node_ports(before)
        and not has_node_ports(spec)
        and set(node_ports(spec)) <= set(node_ports(before))
    ):
        for port in objects_at(spec, "ports"):
            _drop(port, "nodePort")
    if needs_health_check(before) and not needs_health_check(spec):
        _drop_same(spec, before, "healthCheckNodePort")


def _drop_rest(spec: JsonObject, before: JsonObject) -> None:
    if before.get("type") == "LoadBalancer" != spec.get("type"):
        _drop_same(spec, before, "allocateLoadBalancerNodePorts")
        _drop_same(spec, before, "loadBalancerClass")
    if is_external(before) and not is_external(spec):
        _drop_same(spec, before, "externalTrafficPolicy")


def _without_stale_status(new: JsonObject, old: JsonObject) -> JsonObject:
    """Reported addresses go with type LoadBalancer; a write that brings new ones is for the rules."""
    status = object_at(new, "status")
    reported = object_at(status, "loadBalancer")
    stale = reported and reported == object_at(object_at(old, "status"), "loadBalancer")
    if not stale or object_at(new, "spec").get("type") == "LoadBalancer":
        return new
    return {**new, "status": {**status, "loadBalancer": {}}}


def _drop_same(spec: JsonObject, before: JsonObject, key: str) -> None:
    if spec.get(key) == before.get(key):
        _drop(spec, key)


def _drop(holder: JsonObject, *keys: str) -> None:
    for key in keys:
        holder.pop(key, None)
