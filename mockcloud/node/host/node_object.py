"""The agent's facts -> its Node object, its Lease, and what of a Node needs to be written anew. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mockcloud.cluster_defaults import KUBELET_PORT, UNINITIALIZED

KUBELET_VERSION: Final = "v1.35.4-mockcloud"
RUNTIME: Final = "mockcloud://0.1"
# k8s.io/cloud-provider/api: what a kubelet with --cloud-provider=external leaves for the cloud's controller.
PROVIDED_NODE_IP: Final = "alpha.kubernetes.io/provided-node-ip"
LEASE_SECONDS: Final = 8
LEASE_NAMESPACE: Final = "kube-node-lease"
MAX_PODS: Final = 110  # kubelet's default

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the machine under the node is like."""

    architecture: str  # as Go names it: amd64, arm64
    kernel: str
    os_image: str
    boot_id: str
    cpus: int
    memory_kib: int
    disk_kib: int


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """Who the node is."""

    name: str
    ips: tuple[str, ...]
    pod_cidrs: tuple[str, ...]
    machine: Machine
    in_a_cloud: bool = False  # a cloud's controller says the rest of it
    labels: tuple[tuple[str, str], ...] = ()  # beyond those that every kubelet gives
    taints: tuple[dict[str, str], ...] = ()  # that it is created with


# (type, status, reason, message) as kubelet words them
CONDITIONS: Final = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def new_node(facts: NodeFacts) -> Object:
    """The Node to create: all but its status. In a cloud nobody uses it before its controller has been."""
    uninitialized = {"key": UNINITIALIZED, "value": "true", "effect": "NoSchedule"}
    taints = [*facts.taints, *([uninitialized] if facts.in_a_cloud else [])]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": facts.name, **own_metadata(facts)},
        "spec": {**own_spec(facts), **({"taints": taints} if taints else {})},
    }


def own_metadata(facts: NodeFacts) -> Object:
    """What is the agent's of the metadata, at each start."""
    annotations = {PROVIDED_NODE_IP: ",".join(facts.ips)} if facts.in_a_cloud else {}
    return {"labels": labels(facts), **({"annotations": annotations} if annotations else {})}


def own_spec(facts: NodeFacts) -> Object:
    """What is the agent's of the spec, at each start."""
    return {"podCIDR": facts.pod_cidrs[0], "podCIDRs": list(facts.pod_cidrs)}


def labels(facts: NodeFacts) -> dict[str, str]:
    """The labels that a kubelet gives its Node."""
    arch = facts.machine.architecture
    return {
        "beta.kubernetes.io/arch": arch,
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": arch,
        "kubernetes.io/hostname": facts.name,
        "kubernetes.io/os": "linux",
        **dict(facts.labels),
    }


def capacity(machine: Machine) -> dict[str, str]:
    """What the node has, as quantities."""
    return {
        "cpu": str(machine.cpus),
        "memory": f"{machine.memory_kib}Ki",
        "ephemeral-storage": f"{machine.disk_kib}Ki",
        "pods": str(MAX_PODS),
    }


def node_status(facts: NodeFacts, old: Object, now: str) -> Object:
    """The whole status; a condition that is as in the `old` one keeps its lastTransitionTime."""
    machine = facts.machine
    resources = capacity(machine)
    conditions = old.get("conditions") or []
    return {
        "addresses": _addresses(facts, old.get("addresses") or []),
        "capacity": resources,
        "allocatable": resources,
        "conditions": [_condition(condition, conditions, now) for condition in CONDITIONS],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": KUBELET_PORT}},
        "nodeInfo": {
            "architecture": machine.architecture,
            "bootID": machine.boot_id,
            "containerRuntimeVersion": RUNTIME,
            "kernelVersion": machine.kernel,
            "kubeProxyVersion": KUBELET_VERSION,
            "kubeletVersion": KUBELET_VERSION,
            "machineID": machine.boot_id.replace("-", ""),
            "operatingSystem": "linux",
            "osImage": machine.os_image,
            "systemUUID": machine.boot_id,
        },
    }


def _addresses(facts: NodeFacts, old: Sequence[Object]) -> list[Object]:
    """What a cloud's controller has said stays, as with a kubelet."""
    if facts.in_a_cloud and old:
        return list(old)
    internal = [{"type": "InternalIP", "address": ip} for ip in facts.ips]
    return [*internal, {"type": "Hostname", "address": facts.name}]


def needs_registration(node: Object | None) -> bool:
    """Whether the Node is gone or someone has found it not Ready, so that the agent must speak up."""
    if node is None:
        return True
    conditions = (node.get("status") or {}).get("conditions") or []
    ready = [found for found in conditions if found.get("type") == "Ready"]
    return not ready or ready[0].get("status") != "True"


def new_lease(node: Object, renewed: str) -> Object:
    """The Lease to create: it goes when its Node goes."""
    name = node["metadata"]["name"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]},
        "spec": lease_spec(name, renewed),
    }


def lease_spec(name: str, renewed: str) -> Object:
    """A Lease's spec, held by the node since `renewed` (RFC 3339 with microseconds)."""
    return {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": renewed}


def _condition(wanted: tuple[str, str, str, str], old: Sequence[Object], now: str) -> Object:
    kind, status, reason, message = wanted
    unturned = [found for found in old if found.get("type") == kind and found.get("status") == status]
    since = unturned[0].get("lastTransitionTime", now) if unturned else now
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastHeartbeatTime": now,
        "lastTransitionTime": since,
    }
