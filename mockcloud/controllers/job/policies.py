"""What a Job's own policies say: of a failed pod, and of the indexes that have succeeded."""

from collections.abc import Collection
from dataclasses import dataclass

from mockcloud.client.objects import Object
from mockcloud.controllers.job.indexes import parse_indexes
from mockcloud.controllers.job.pods import JobPod
from mockcloud.controllers.objects.jobs import Job


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a failed pod means: `action` is "" where no rule is about it."""

    action: str = ""
    message: str = ""

    @property
    def counts(self) -> bool:
        """Whether it counts towards the limits."""
        return self.action != "Ignore"


def judged(job: Job, pod: JobPod) -> Judgement:
    """By the first rule that is about the pod."""
    for number, rule in enumerate(job.failure_rules or ()):
        action, matching = rule.get("action", ""), f"matching {rule.get('action')} rule at index {number}"
        name = f"{pod.meta.namespace}/{pod.meta.name}"
        codes = rule.get("onExitCodes")
        exited = _exited(pod, codes) if codes else None
        if exited:
            said = f"Container {exited[0]} for pod {name} failed with exit code {exited[1]} {matching}"
            return Judgement(action, said)
        condition = None if codes else _condition(pod, rule.get("onPodConditions") or ())
        if condition:
            return Judgement(action, f"Pod {name} has condition {condition} {matching}")
    return Judgement()


def met(job: Job, succeeded: Collection[int]) -> str:
    """Which rule says that enough has succeeded, as a condition's message; "" for none."""
    for number, rule in enumerate(job.success_rules if succeeded else ()):
        text, count = rule.get("succeededIndexes"), rule.get("succeededCount")
        if text is None:
            enough = count is not None and len(succeeded) >= count
        else:
            wanted = parse_indexes(text, job.completions or 0)
            held = len(wanted.intersection(succeeded))
            enough = bool(wanted) and (held == len(wanted) or (count is not None and held >= count))
        if enough:
            return f"Matched rules at index {number}"
    return ""


def _exited(pod: JobPod, codes: Object) -> tuple[str, int] | None:
    """The first container that ended badly with one of the codes, or with one that is none of them."""
    only, values, inside = codes.get("containerName"), codes.get("values") or (), codes["operator"] == "In"
    for container, code in pod.exits:
        if code and only in (None, container) and (code in values) == inside:
            return container, code
    return None


def _condition(pod: JobPod, patterns: Collection[Object]) -> str:
    wanted = {(each["type"], each.get("status", "True")) for each in patterns}
    return next((kind for kind, status in pod.conditions if (kind, status) in wanted), "")
