"""What every cluster starts with: namespaces, priorities, and Service `kubernetes` that leads to this API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.resources.core.endpoints import ENDPOINTS
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.discovery import ENDPOINT_SLICE
from mockcloud.kube.resources.flowcontrol import FLOW_SCHEMA, PRIORITY_LEVEL
from mockcloud.kube.resources.ipaddresses import SERVICE_CIDR
from mockcloud.kube.resources.scheduling import PRIORITY_CLASS, SYSTEM
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.storage.store import Key
from mockcloud.kube.writes import flow_control

NAMESPACES: Final = ("default", "kube-system", "kube-public", "kube-node-lease")
OWN: Final[Mapping[str, frozenset[Key]]] = {
    NAMESPACE.storage: frozenset(("", name) for name in NAMESPACES),
    PRIORITY_CLASS.storage: frozenset(("", name) for name in SYSTEM),
    SERVICE_CIDR.storage: frozenset({("", "kubernetes")}),
    SERVICE.storage: frozenset({("default", "kubernetes")}),
    ENDPOINTS.storage: frozenset({("default", "kubernetes")}),
    ENDPOINT_SLICE.storage: frozenset({("default", "kubernetes")}),
    PRIORITY_LEVEL.storage: frozenset(("", name) for name in flow_control.LEVELS),
    FLOW_SCHEMA.storage: frozenset(("", name) for name in flow_control.SCHEMAS),
}
"""Their keys, by the name that their kind is stored under."""

PURPOSES: Final[Mapping[str, str]] = {
    "system-cluster-critical": "Used for system critical pods that must run in the cluster, but can be "
    "moved to another node if necessary.",
    "system-node-critical": "Used for system critical pods that must not be moved from their current node.",
}
"""What upstream says that they are for."""


@dataclass(frozen=True, slots=True)
class Advertised:
    """Where programs inside the cluster reach the API."""

    address: str
    port: int


def namespace(name: str) -> JsonObject:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def priority_class(name: str) -> JsonObject:
    """A PriorityClass for what a cluster cannot do without."""
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": SYSTEM[name],
        "description": PURPOSES[name],
    }


def service_cidr(cidrs: Sequence[str]) -> JsonObject:
    """The ranges that ClusterIPs are from, under the name that every cluster has them (KEP-1880)."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "ServiceCIDR",
        "metadata": {"name": "kubernetes"},
        "spec": {"cidrs": list(cidrs)},
    }


def first_address(cidr: str) -> str:
    """The first usable address of a Service range: that of Service `kubernetes`."""
    return str(ip_network(cidr)[1])


def service(cidr: str, port: int) -> JsonObject:
    """Service `kubernetes`."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": first_address(cidr),
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
        },
    }


def endpoints(advertised: Advertised) -> JsonObject:
    """The Endpoints of Service `kubernetes`."""
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
        },
        "subsets": [
            {
                "addresses": [{"ip": advertised.address}],
                "ports": [{"name": "https", "port": advertised.port, "protocol": "TCP"}],
            }
        ],
    }


def endpoint_slice(advertised: Advertised) -> JsonObject:
    """The EndpointSlice of Service `kubernetes`."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "addressType": f"IPv{ip_address(advertised.address).version}",
        "endpoints": [{"addresses": [advertised.address], "conditions": {"ready": True}}],
        "ports": [{"name": "https", "port": advertised.port, "protocol": "TCP"}],
    }


def mended(present: JsonObject, wanted: JsonObject) -> JsonObject:
    """The object as it should be: what leads to the API is as wanted, all else as somebody made it.

    A Service is led to the API by its ports and type, its endpoints by all but their metadata.
    """
    if wanted["kind"] != SERVICE.kind:
        labels = {**(present["metadata"].get("labels") or {}), **wanted["metadata"].get("labels", {})}
        kept = {**present["metadata"], "labels": labels}
        return {**present, **wanted, "metadata": kept}
    spec = present["spec"]
    same = _ports(spec) == _ports(wanted["spec"]) and spec.get("type") == "ClusterIP"
    return (
        present
        if same
        else {**present, "spec": {**spec, "type": "ClusterIP", "ports": wanted["spec"]["ports"]}}
    )


def _ports(spec: JsonObject) -> list[list[object]]:
    names = ("name", "port", "protocol", "targetPort")
    return [[port.get(name) for name in names] for port in objects_at(spec, "ports")]
