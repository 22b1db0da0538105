"""Deployment -> its status: counts, conditions (Available, Progressing), in upstream's words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.deployment.objects import Condition, Deployment
from mockcloud.controllers.deployment.plan import SortedReplicaSets

AVAILABLE: Final = "Available"
PROGRESSING: Final = "Progressing"
COMPLETE: Final = "NewReplicaSetAvailable"
TIMED_OUT: Final = "ProgressDeadlineExceeded"
# kubectl shows them in this order.
ORDER: Final = (AVAILABLE, PROGRESSING, "ReplicaFailure")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pods there are, of all ReplicaSets and of the new one."""

    replicas: int
    updated: int
    ready: int
    available: int
    wanted: int  # the sum of the ReplicaSets' sizes


def counts(sets: SortedReplicaSets) -> Counts:
    """Summed from the ReplicaSets' own status."""
    return Counts(
        replicas=sum(each.current for each in sets.all),
        updated=sets.new.current if sets.new else 0,
        ready=sum(each.ready for each in sets.all),
        available=sum(each.available for each in sets.all),
        wanted=sum(each.replicas for each in sets.all),
    )


def complete(deployment: Deployment, seen: Counts) -> bool:
    """Everything is new, and all of it is available."""
    return seen.updated == seen.replicas == seen.available == deployment.replicas


def deployment_status(deployment: Deployment, sets: SortedReplicaSets, now: datetime) -> Object:
    """The whole status; equal to the present one where nothing has changed."""
    seen = counts(sets)
    numbers = {
        "replicas": seen.replicas,
        "updatedReplicas": seen.updated,
        "readyReplicas": seen.ready,
        "availableReplicas": seen.available,
        "unavailableReplicas": max(seen.wanted - seen.available, 0),
        "observedGeneration": deployment.meta.generation,
        "collisionCount": deployment.collisions,
    }
    found: Object = {key: value for key, value in numbers.items() if value}
    wanted = [_available(deployment, seen), _progressing(deployment, sets, seen, now)]
    wanted.append(_failure(sets))
    conditions = [_timed(deployment.condition(each.type), each, now) for each in wanted if each]
    found["conditions"] = [_written(each) for each in sorted(conditions, key=lambda c: ORDER.index(c.type))]
    return found


def seconds_until_deadline(deployment: Deployment, sets: SortedReplicaSets, now: datetime) -> float | None:
    """When to look again whether the rollout has timed out; None where no deadline runs."""
    progressing = deployment.condition(PROGRESSING)
    running = progressing and progressing.reason not in (COMPLETE, TIMED_OUT)
    if not running or deployment.paused or complete(deployment, counts(sets)):
        return None
    if not progressing or not progressing.updated or not deployment.progress_deadline:
        return None
    ends = progressing.updated + timedelta(seconds=deployment.progress_deadline)
    return max((ends - now).total_seconds(), 0) + 1


def _available(deployment: Deployment, seen: Counts) -> Condition:
    if seen.available >= deployment.replicas - deployment.max_unavailable:
        return Condition(
            AVAILABLE, "True", "MinimumReplicasAvailable", "Deployment has minimum availability."
        )
    return Condition(
        AVAILABLE, "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
    )


def _progressing(
    deployment: Deployment, sets: SortedReplicaSets, seen: Counts, now: datetime
) -> Condition | None:
    earlier = deployment.condition(PROGRESSING)
    if not deployment.progress_deadline:
        return None
    if deployment.paused:
        return Condition(PROGRESSING, "Unknown", "DeploymentPaused", "Deployment is paused")
    if earlier and earlier.reason == "DeploymentPaused":
        return Condition(PROGRESSING, "Unknown", "DeploymentResumed", "Deployment is resumed")
    subject = f'ReplicaSet "{sets.new.meta.name}"' if sets.new else f'Deployment "{deployment.meta.name}"'
    if complete(deployment, seen):
        return Condition(PROGRESSING, "True", COMPLETE, f"{subject} has successfully progressed.")
    if earlier and earlier.reason == COMPLETE and seen.replicas == seen.updated and not _template_moved(sets):
        return earlier  # done once: a pod that is lost afterwards is no new rollout
    return _under_way(deployment, sets, seen, now)


def _under_way(deployment: Deployment, sets: SortedReplicaSets, seen: Counts, now: datetime) -> Condition:
    earlier = deployment.condition(PROGRESSING)
    subject = f'ReplicaSet "{sets.new.meta.name}"' if sets.new else f'Deployment "{deployment.meta.name}"'
    if earlier is None and sets.new:
        message = f'Created new replica set "{sets.new.meta.name}"'
        return Condition(PROGRESSING, "True", "NewReplicaSetCreated", message)
    if earlier is None or earlier.reason == COMPLETE or _advanced(deployment, seen):
        return Condition(PROGRESSING, "True", "ReplicaSetUpdated", f"{subject} is progressing.", updated=now)
    if earlier.updated and deployment.progress_deadline:
        ends = earlier.updated + timedelta(seconds=deployment.progress_deadline)
        if earlier.reason != TIMED_OUT and now > ends:
            return Condition(PROGRESSING, "False", TIMED_OUT, f"{subject} has timed out progressing.")
    return earlier


def _template_moved(sets: SortedReplicaSets) -> bool:
    """A rollout has begun that the counts do not show yet."""
    return sets.new is None or any(each.replicas for each in sets.old)


def _advanced(deployment: Deployment, seen: Counts) -> bool:
    """More new pods, fewer old ones, or more that work, than the present status says."""
    was = deployment.status
    updated = was.get("updatedReplicas") or 0
    return (
        seen.updated > updated
        or seen.replicas - seen.updated < (was.get("replicas") or 0) - updated
        or seen.ready > (was.get("readyReplicas") or 0)
        or seen.available > (was.get("availableReplicas") or 0)
    )


def _failure(sets: SortedReplicaSets) -> Condition | None:
    """The ReplicaSets' own failure to make pods, the new one's first."""
    for each in reversed(sets.all):
        for raw in each.status.get("conditions") or ():
            if raw["type"] == "ReplicaFailure":
                return Condition("ReplicaFailure", raw["status"], raw["reason"], raw["message"])
    return None


def _timed(earlier: Condition | None, wanted: Condition, now: datetime) -> Condition:
    """With its times: an equal condition keeps both, one of equal status its transition."""
    if earlier is None or earlier.status != wanted.status:
        return Condition(wanted.type, wanted.status, wanted.reason, wanted.message, now, now)
    same_words = (earlier.reason, earlier.message) == (wanted.reason, wanted.message)
    if same_words and (wanted.updated is None or wanted.updated == earlier.updated):
        return earlier
    return Condition(wanted.type, wanted.status, wanted.reason, wanted.message, now, earlier.changed)


def _written(condition: Condition) -> Object:
    times = {"lastUpdateTime": condition.updated, "lastTransitionTime": condition.changed}
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        **{key: at.strftime("%Y-%m-%dT%H:%M:%SZ") for key, at in times.items() if at},
    }
