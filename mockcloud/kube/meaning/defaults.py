"""The values that fields get when nobody states them (k8s.io/kubernetes v1.34 `pkg/apis/*/v1/defaults.go`).

Nothing that is passed in is ever changed: what needs a default is copied on the way to it.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.meaning.pod_defaults import filled, pod_defaults, pod_spec_defaults
from mockcloud.kube.meaning.rules.service import is_external, needs_health_check

AFFINITY_SECONDS: Final = 10800


def with_defaults(kind: str, obj: JsonObject) -> JsonObject:
    """The object with the defaults of its kind; the same object for a kind that has none."""
    default = _DEFAULTS.get(kind)
    return obj if default is None else default(obj)


def _service(obj: JsonObject) -> JsonObject:
    spec = _with_affinity(filled(object_at(obj, "spec"), type="ClusterIP", sessionAffinity="None"))
    if spec.get("ports"):
        spec["ports"] = [_service_port(port) for port in objects_at(spec, "ports")]
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


def _service_port(port: JsonObject) -> JsonObject:
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


def _pod(obj: JsonObject) -> JsonObject:
    return {**obj, "spec": pod_defaults(object_at(obj, "spec"))}


def _with_template(spec: JsonObject) -> JsonObject:
    template = object_at(spec, "template")
    return {**spec, "template": {**template, "spec": pod_spec_defaults(object_at(template, "spec"))}}


def _deployment(obj: JsonObject) -> JsonObject:
    spec = _with_template(
        filled(object_at(obj, "spec"), replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    )
    strategy = filled(object_at(spec, "strategy"), type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = filled(object_at(strategy, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")
        strategy["rollingUpdate"] = rolling
    return {**obj, "spec": {**spec, "strategy": strategy}}


def _replica_set(obj: JsonObject) -> JsonObject:
    return {**obj, "spec": _with_template(filled(object_at(obj, "spec"), replicas=1))}


def _stateful_set(obj: JsonObject) -> JsonObject:
    spec = filled(
        object_at(obj, "spec"), replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady"
    )
    strategy = filled(object_at(spec, "updateStrategy"))
    # One who states the type, and nothing more, gets no partition.
    rolling = object_at(strategy, "rollingUpdate") if strategy.get("rollingUpdate") else None
    if not strategy.get("type"):
        strategy, rolling = {**strategy, "type": "RollingUpdate"}, rolling or {}
    if strategy["type"] == "RollingUpdate" and rolling is not None:
        strategy["rollingUpdate"] = filled(rolling, partition=0)
    retention = filled(
        object_at(spec, "persistentVolumeClaimRetentionPolicy"), whenDeleted="Retain", whenScaled="Retain"
    )
    spec = {**spec, "updateStrategy": strategy, "persistentVolumeClaimRetentionPolicy": retention}
    if spec.get("volumeClaimTemplates"):
        spec["volumeClaimTemplates"] = [
            _claim(filled(each, apiVersion="v1", kind="PersistentVolumeClaim"))
            for each in objects_at(spec, "volumeClaimTemplates")
        ]
    status = filled(object_at(obj, "status"), replicas=0, availableReplicas=0)
    return {**obj, "spec": _with_template(spec), "status": status}


def _claim(obj: JsonObject) -> JsonObject:
    spec = filled(object_at(obj, "spec"), volumeMode="Filesystem")
    return {**obj, "spec": spec, "status": filled(object_at(obj, "status"), phase="Pending")}


def _daemon_set(obj: JsonObject) -> JsonObject:
    spec = filled(object_at(obj, "spec"), revisionHistoryLimit=10)
    strategy = filled(object_at(spec, "updateStrategy"), type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = filled(object_at(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)
    return {**obj, "spec": _with_template({**spec, "updateStrategy": strategy})}


def _endpoint_slice(obj: JsonObject) -> JsonObject:
    """Empty lists are null, as everything that reads slices has to bear."""
    ports = [filled(port, name="", protocol="TCP") for port in objects_at(obj, "ports")]
    endpoints = [filled(each, conditions={}) for each in objects_at(obj, "endpoints")]
    return {**obj, "endpoints": endpoints or None, "ports": ports or None}


def _endpoints(obj: JsonObject) -> JsonObject:
    if not obj.get("subsets"):
        return obj
    subsets = [
        {**subset, "ports": [filled(port, protocol="TCP") for port in objects_at(subset, "ports")]}
        if subset.get("ports")
        else subset
        for subset in objects_at(obj, "subsets")
    ]
    return {**obj, "subsets": subsets}


def _namespace(obj: JsonObject) -> JsonObject:
    """Every namespace carries its own name as a label, so that selectors can name it."""
    metadata = object_at(obj, "metadata")
    obj = {**obj, "status": filled(object_at(obj, "status"), phase="Active")}
    if not metadata.get("name"):
        return obj
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}
    return {**obj, "metadata": {**metadata, "labels": labels}}


def _secret(obj: JsonObject) -> JsonObject:
    """stringData is write-only: it ends up in data, in base64."""
    obj = filled(obj, type="Opaque")
    text = obj.pop("stringData", None)
    if text:
        encoded = {key: base64.b64encode((value or "").encode()).decode() for key, value in text.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}
    return obj


def _node(obj: JsonObject) -> JsonObject:
    """A node without allocatable offers all its capacity; its one pod range is also the first of a list."""
    spec = object_at(obj, "spec")
    if spec.get("podCIDR") and not spec.get("podCIDRs"):
        obj = {**obj, "spec": {**spec, "podCIDRs": [spec["podCIDR"]]}}
    status = object_at(obj, "status")
    if status.get("capacity") and not status.get("allocatable"):
        status = {**status, "allocatable": status["capacity"]}
    return {**obj, "status": status}


def _lease(obj: JsonObject) -> JsonObject:
    return filled(obj, spec={})


_DEFAULTS: Final[Mapping[str, Callable[[JsonObject], JsonObject]]] = {
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "EndpointSlice": _endpoint_slice,
    "Endpoints": _endpoints,
    "Lease": _lease,
    "Namespace": _namespace,
    "Node": _node,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "ReplicaSet": _replica_set,
    "Secret": _secret,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
