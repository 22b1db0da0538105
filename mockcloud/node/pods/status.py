"""A pod's machine -> the status that its object shows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mockcloud.node.pods.container import CREATING, Container, Step, Terminated
from mockcloud.node.pods.machine import DEADLINE_EXCEEDED, PodMachine

Object = dict[str, Any]
INITIALIZING: Final = "PodInitializing"
LATE: Final = "Pod was active on the node longer than the specified deadline"
OURS: Final = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


@dataclass(frozen=True, slots=True)
class StatusContext:
    """What the status says that the machine does not know."""

    host_ips: tuple[str, ...]
    old_conditions: Sequence[Object]
    now: float


def time_text(moment: float) -> str:
    """Seconds since the epoch as metav1.Time."""
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def phase(machine: PodMachine) -> str:
    """status.phase, as kubelet's getPhase decides it."""
    if machine.late:
        return "Failed" if machine.over else "Running"
    if not machine.initialized:
        return "Failed" if machine.init_failed and machine.over else "Pending"
    if all(one.step is Step.DONE for one in machine.main):
        if any(one.step is Step.RUNNING for one in machine.sidecars):
            return "Running"  # what is over for good has nothing that still runs
        # A deleted pod whose containers never ran, or ran under Always, ended by no fault that a phase shows.
        codes = [one.ended.code for one in machine.main if one.ended is not None]
        if not codes:
            return "Pending"
        return "Failed" if any(codes) else "Succeeded"
    if all(one.attempt < 0 for one in machine.main):
        return "Pending"
    waits_first = any(one.attempt < 0 for one in machine.main)
    return "Pending" if waits_first else "Running"


def pod_status(machine: PodMachine, around: StatusContext) -> Object:
    """The status to write; fields that no longer hold are None, so that a merge patch removes them."""
    ips = machine.last_ips
    return {
        "phase": phase(machine),
        "reason": DEADLINE_EXCEEDED if machine.late else None,
        "message": LATE if machine.late else None,
        "conditions": _conditions(machine, around),
        "hostIP": around.host_ips[0],
        "hostIPs": [{"ip": ip} for ip in around.host_ips],
        "podIP": ips[0] if ips else None,
        "podIPs": [{"ip": ip} for ip in ips] or None,
        "startTime": time_text(machine.began),
        "initContainerStatuses": [_container(one, machine) for one in machine.init] or None,
        "containerStatuses": [_container(one, machine) for one in machine.main],
        "ephemeralContainerStatuses": [_container(one, machine) for one in machine.ephemeral] or None,
    }


def _conditions(machine: PodMachine, around: StatusContext) -> list[Object]:
    done = phase(machine) == "Succeeded"
    unready = [one.spec.name for one in (*machine.sidecars, *machine.main) if not one.ready]
    containers_ready = not unready and machine.initialized
    reason = "PodCompleted" if done else "ContainersNotReady"
    message = "" if done else f"containers with unready status: [{' '.join(unready)}]"
    why = {} if containers_ready else {"reason": reason, "message": message}
    gates = _gates(machine, around)
    initialized = machine.initialized
    incomplete = [one.spec.name for one in machine.init if not one.let_on]
    why_not = f"containers with incomplete status: [{' '.join(incomplete)}]"
    return [
        _condition("PodReadyToStartContainers", bool(machine.ips), around),
        _condition(
            "Initialized",
            initialized,
            around,
            {} if initialized else {"reason": "ContainersNotInitialized", "message": why_not},
        ),
        _condition("Ready", containers_ready and not gates, around, why or gates),
        _condition("ContainersReady", containers_ready, around, why),
        _condition("PodScheduled", True, around),
        *(found for found in around.old_conditions if found.get("type") not in OURS),
    ]


def _gates(machine: PodMachine, around: StatusContext) -> Object:
    """Why the pod is not ready though its containers are: conditions that others are to set."""
    found = {one.get("type"): one.get("status") for one in around.old_conditions}
    wrong = [
        f'the status of pod readiness gate "{gate}" is not "True", but {found[gate]}'
        if gate in found
        else f'corresponding condition of pod readiness gate "{gate}" does not exist.'
        for gate in machine.spec.readiness_gates
        if found.get(gate) != "True"
    ]
    return {"reason": "ReadinessGatesNotReady", "message": ", ".join(wrong)} if wrong else {}


def _condition(kind: str, holds: bool, around: StatusContext, why: Object | None = None) -> Object:
    status = "True" if holds else "False"
    unturned = [
        found
        for found in around.old_conditions
        if found.get("type") == kind and found.get("status") == status
    ]
    since = unturned[0].get("lastTransitionTime") if unturned else None
    said = {key: value for key, value in (why or {}).items() if value}
    return {
        "type": kind,
        "status": status,
        **said,
        "lastProbeTime": None,
        "lastTransitionTime": since or time_text(around.now),
    }


def _container(one: Container, machine: PodMachine) -> Object:
    shown = one.before if one.step is Step.RUNNING or _shows_end(one) else one.ended
    return {
        "name": one.spec.name,
        "image": one.spec.image,
        "imageID": f"mockcloud-catalogue/{one.spec.image}" if one.attempt >= 0 else "",
        "containerID": one.container_id,
        "restartCount": max(one.attempt, 0),
        "ready": one.ready or (one in machine.init and one.succeeded and not one.spec.stays),
        "started": one.step is Step.RUNNING and one.probes is not None and one.probes.started,
        "state": _state(one, INITIALIZING if machine.init else CREATING),
        "lastState": {"terminated": _terminated(shown)} if shown else {},
    }


def _shows_end(one: Container) -> bool:
    """Whether the present state is how the last run ended."""
    return one.ended is not None and (one.step is Step.DONE or not one.reason)


def _state(one: Container, creating: str) -> Object:
    if one.step is Step.RUNNING:
        return {"running": {"startedAt": time_text(one.started)}}
    if one.ended is not None and _shows_end(one):
        return {"terminated": _terminated(one.ended)}
    waiting = {"reason": creating if one.reason == CREATING else one.reason, "message": one.message}
    return {"waiting": {key: value for key, value in waiting.items() if value}}


def _terminated(ended: Terminated) -> Object:
    found = {
        "exitCode": ended.code,
        "reason": ended.why,
        "message": ended.message,
        "startedAt": time_text(ended.started),
        "finishedAt": time_text(ended.finished),
        "containerID": ended.container_id,
    }
    return {key: value for key, value in found.items() if value != ""}
