"""Whether a Deployment or DaemonSet serves, and what keeps its pods from it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Object = dict[str, Any]
_EXPECTED: Final = "ContainerCreating"


def is_ready(obj: Mapping[str, Any]) -> bool:
    """Whether its controller has seen it as it is, and all pods that it wants are ready.

    Available they are later, with minReadySeconds: that spreads an update, and is nothing to wait for here.
    """
    seen = (obj.get("status") or {}).get("observedGeneration") or 0
    ready, wanted = _counts(obj)
    return seen >= obj["metadata"]["generation"] and 0 < wanted <= ready


def waits_for(workloads: Iterable[Object], pods: Iterable[Object], warnings: Iterable[Object]) -> str:
    """What is not ready, in one line, with the reason of one pod, as its status or an Event has it.

    `warnings`: Events, the newest last.
    """
    said = {event["involvedObject"].get("uid"): event["message"] for event in warnings}
    reasons = {pod["metadata"]["name"]: _why(pod, said) for pod in pods if not _pod_is_ready(pod)}
    parts = [_counted(each) for each in workloads if not is_ready(each)]
    if reasons:
        # That it is being created is what to expect; another's reason says more.
        name = min(reasons, key=lambda name: (reasons[name].endswith(_EXPECTED), name))
        parts.append(f"pod/{name}{reasons[name]}")
    return "; ".join(parts)


def _counts(obj: Mapping[str, Any]) -> tuple[int, int]:
    """How many pods are ready, and how many it wants."""
    status = obj.get("status") or {}
    if "replicas" in obj["spec"]:
        return status.get("readyReplicas") or 0, obj["spec"]["replicas"]
    return status.get("numberReady") or 0, status.get("desiredNumberScheduled") or 0


def _counted(obj: Mapping[str, Any]) -> str:
    ready, wanted = _counts(obj)
    return f"{obj['kind'].lower()}/{obj['metadata']['name']} has {ready} of {wanted} pods ready"


def _pod_is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _why(pod: Mapping[str, Any], said: Mapping[str, str]) -> str:
    """Where it is, and what hinders it."""
    node = pod["spec"].get("nodeName")
    where = f" on {node}" if node else ""
    reasons = list(_reasons(pod.get("status") or {}))
    if reasons in ([], [_EXPECTED]) and (warning := said.get(pod["metadata"]["uid"])):
        reasons = [warning]
    return f"{where}: {', '.join(reasons) or 'not ready yet'}"


def _reasons(status: Mapping[str, Any]) -> Iterator[str]:
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] != "True":
            yield condition.get("message") or "no node has taken it yet"
    for container in status.get("containerStatuses") or []:
        waiting = container.get("state", {}).get("waiting")
        if ended := container.get("lastState", {}).get("terminated"):
            last = (ended.get("message") or "").strip().splitlines()[-1:]
            yield ": ".join([f"it ended with exit code {ended.get('exitCode')}", *last])
        elif waiting:
            yield ": ".join(filter(None, (waiting.get("reason"), waiting.get("message"))))
