"""What was used -> NodeMetrics and PodMetrics, as metrics-server words them. Pure."""

from fractions import Fraction

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.metrics.kinds import NODE_METRICS, POD_METRICS
from mockcloud.kube.metrics.readings import PodName, Usage, Window
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.times import rfc3339
from mockcloud.quotas.quantities import Quantity


def of_node(node: JsonObject, window: Window, now: float) -> JsonObject:
    """The figures of a Node."""
    return {**_head(NODE_METRICS, node, window, now), "usage": _usage(window.node)}


def of_pod(pod: JsonObject, window: Window, now: float) -> JsonObject | None:
    """The figures of a Pod; None where nothing of it runs."""
    containers = window.pods.get(pod_name(pod))
    if not containers:
        return None
    each = [{"name": name, "usage": _usage(usage)} for name, usage in sorted(containers.items())]
    return {**_head(POD_METRICS, pod, window, now), "containers": each}


def pod_name(pod: JsonObject) -> PodName:
    """Its namespace and name."""
    return str(pod["metadata"]["namespace"]), str(pod["metadata"]["name"])


def _head(kind: Kind, measured: JsonObject, window: Window, now: float) -> JsonObject:
    metadata = measured["metadata"]
    kept = {key: metadata[key] for key in ("name", "namespace", "labels") if metadata.get(key)}
    return {
        "apiVersion": kind.group_version,
        "kind": kind.kind,
        "metadata": {**kept, "creationTimestamp": rfc3339(now)},
        "timestamp": rfc3339(window.at),
        "window": f"{round(window.seconds, 3):g}s",
    }


def _usage(usage: Usage) -> JsonObject:
    cpu = Quantity(Fraction(round(usage.cores * 10**9), 10**9))
    return {"cpu": str(cpu), "memory": str(Quantity(Fraction(usage.memory_bytes), "binary"))}
