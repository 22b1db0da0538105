"""The table of Pods: READY, STATUS and RESTARTS are worked out from the containers' statuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, duration, name_of, texts, wide
from mockcloud.kube.times import epoch_seconds


@dataclass(frozen=True, slots=True)
class _Summary:
    ready: int
    reason: str
    counted: Sequence[JsonObject]


def _row(pod: JsonObject, now: float) -> list[Cell]:
    spec, status = object_at(pod, "spec"), object_at(pod, "status")
    sidecars = [container for container in objects_at(spec, "initContainers") if _is_sidecar(container)]
    total = len(objects_at(spec, "containers")) + len(sidecars)
    summary = _summary(pod)
    ready = f"{summary.ready}/{total}"
    return [
        name_of(pod),
        ready,
        _shown_reason(pod, summary.reason),
        _restarts(summary.counted, now),
        age(pod, now),
        next((each.get("ip") for each in objects_at(status, "podIPs")), None) or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _readiness_gates(spec, status),
    ]


def _is_sidecar(container: JsonObject) -> bool:
    return container.get("restartPolicy") == "Always"


def _summary(pod: JsonObject) -> _Summary:
    status = object_at(pod, "status")
    reason = status.get("reason") or status.get("phase") or ""
    for condition in objects_at(status, "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    sidecars = {
        container.get("name")
        for container in objects_at(object_at(pod, "spec"), "initContainers")
        if _is_sidecar(container)
    }
    initial = objects_at(status, "initContainerStatuses")
    helpers = [container for container in initial if container.get("name") in sidecars]
    waiting_for = _initializing(pod, initial, helpers)
    ready = sum(1 for helper in helpers if helper.get("started") and helper.get("ready"))
    if waiting_for is not None and not _condition_true(status, "Initialized"):
        return _Summary(ready, waiting_for, initial)
    main = objects_at(status, "containerStatuses")
    running = [c for c in main if c.get("ready") and object_at(c, "state").get("running") is not None]
    for container in reversed(main):
        reason = _reason_of(container) or reason
    if reason == "Completed" and running:
        reason = "Running" if _condition_true(status, "Ready") else "NotReady"
    return _Summary(ready + len(running), reason, [*helpers, *main])


def _initializing(pod: JsonObject, initial: list[JsonObject], helpers: list[JsonObject]) -> str | None:
    """Why the first unfinished init container is not done, None where all are."""
    total = len(objects_at(object_at(pod, "spec"), "initContainers"))
    for index, container in enumerate(initial):
        ended = object_at(container, "state").get("terminated")
        if ended is not None and not ended.get("exitCode"):
            continue
        if container in helpers and container.get("started"):
            continue
        reason = _reason_of(container)
        if ended is None and reason in ("", "PodInitializing"):
            return f"Init:{index}/{total}"
        return f"Init:{reason}"
    return None


def _reason_of(container: JsonObject) -> str:
    """Why the container does not run, "" where it does or nobody says."""
    state = object_at(container, "state")
    if object_at(state, "waiting").get("reason"):
        return str(state["waiting"]["reason"])
    ended = state.get("terminated")
    if ended is None:
        return ""
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _condition_true(status: JsonObject, name: str) -> bool:
    return any(c.get("type") == name and c.get("status") == "True" for c in objects_at(status, "conditions"))


def _shown_reason(pod: JsonObject, reason: str) -> str:
    if not pod["metadata"].get("deletionTimestamp"):
        return reason
    status = object_at(pod, "status")
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return reason if status.get("phase") in ("Succeeded", "Failed") else "Terminating"


def _restarts(containers: Sequence[JsonObject], now: float) -> str:
    count = sum(int(container.get("restartCount") or 0) for container in containers)
    ends = [object_at(object_at(each, "lastState"), "terminated").get("finishedAt") for each in containers]
    times = [then for then in (epoch_seconds(end or "") for end in ends) if then is not None]
    return f"{count} ({duration(now - max(times))} ago)" if count and times else str(count)


def _readiness_gates(spec: JsonObject, status: JsonObject) -> str:
    gates = objects_at(spec, "readinessGates")
    if not gates:
        return NONE
    passed = sum(1 for gate in gates if _condition_true(status, str(gate.get("conditionType"))))
    return f"{passed}/{len(gates)}"


PRINTER: Final = Printer(
    (
        *texts("Name", "Ready", "Status", "Restarts", "Age"),
        *wide("IP", "Node", "Nominated Node", "Readiness Gates"),
    ),
    _row,
)
