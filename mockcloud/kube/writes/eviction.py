"""Whether a pod may be evicted now, by its disruption budget, as upstream (v1.34) decides it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.validation.metadata import selects
from mockcloud.kube.writes.refusals import Refusal

EVICTION: Final = Kind("policy", "v1", "Eviction", "evictions", verbs=(), model="V1Eviction")
"""What is posted; it is stored nowhere."""
AGAIN_SECONDS: Final = 10
_TARGET: Final = "DisruptionTarget"
VIOLATES: Final = "Cannot evict pod as it would violate the pod's disruption budget."


@dataclass(frozen=True, slots=True)
class Spent:
    """A budget has one disruption less: its next status."""

    budget: str
    status: JsonObject


def decide(pod: JsonObject, budgets: Sequence[JsonObject], now: str) -> Spent | None:
    """What has to be written before the pod is deleted, None for nothing; Refusal where it may not be now.

    `budgets` are those of the pod's namespace.
    """
    phase = object_at(pod, "status").get("phase")
    if phase in ("Succeeded", "Failed", "Pending") or pod["metadata"].get("deletionTimestamp"):
        return None
    labels = pod["metadata"].get("labels") or {}
    held = [each for each in budgets if labels and _selects(each, labels)]
    if len(held) > 1:
        why = (
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
        raise Refusal(500, "InternalError", why)
    if not held or _may_go_unwell(held[0], pod):
        return None
    return _spent(held[0], pod["metadata"]["name"], now)


def told(pod: JsonObject, now: str) -> JsonObject:
    """The pod with the condition by which others know why it goes (KEP-3329)."""
    status = object_at(pod, "status")
    others = [each for each in objects_at(status, "conditions") if each.get("type") != _TARGET]
    condition: JsonObject = {
        "type": _TARGET,
        "status": "True",
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
        "lastProbeTime": None,
        "lastTransitionTime": now,
    }
    return {**pod, "status": {**status, "conditions": [*others, condition]}}


def _selects(budget: JsonObject, labels: JsonObject) -> bool:
    selector = object_at(budget, "spec").get("selector")
    return selector is not None and selects(selector, labels)


def _may_go_unwell(budget: JsonObject, pod: JsonObject) -> bool:
    """Whether a pod that is not ready may go without being counted."""
    conditions = objects_at(object_at(pod, "status"), "conditions")
    if any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions):
        return False
    if object_at(budget, "spec").get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = object_at(budget, "status")
    wanted = int(status.get("desiredHealthy") or 0)
    return 0 < wanted <= int(status.get("currentHealthy") or 0)


def _spent(budget: JsonObject, pod: str, now: str) -> Spent:
    name, status = budget["metadata"]["name"], object_at(budget, "status")
    if int(status.get("observedGeneration") or 0) < int(budget["metadata"].get("generation") or 0):
        why = f"The disruption budget {name} is still being processed by the server."
        raise _refused(why, again=AGAIN_SECONDS)
    allowed = int(status.get("disruptionsAllowed") or 0)
    if allowed <= 0:
        wanted, healthy = (int(status.get(key) or 0) for key in ("desiredHealthy", "currentHealthy"))
        why = f"The disruption budget {name} needs {wanted} healthy pods and has {healthy} currently"
        raise _refused(why)
    disrupted = {**object_at(status, "disruptedPods"), pod: now}
    return Spent(name, {**status, "disruptionsAllowed": allowed - 1, "disruptedPods": disrupted})


def _refused(cause: str, again: int = 0) -> Refusal:
    """With `again` clients ask anew by themselves after so many seconds."""
    details: JsonObject = {"causes": [{"reason": "DisruptionBudget", "message": cause}]}
    if again:
        details["retryAfterSeconds"] = again
    return Refusal(429, "TooManyRequests", VIOLATES, details)
