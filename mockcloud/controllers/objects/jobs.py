"""A Job as its own controller, that of CronJobs and the one that removes finished Jobs see it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Selector, moment, parse_meta, parse_selector

OWN_MANAGER: Final = "kubernetes.io/job-controller"
ENDS: Final = ("Complete", "Failed")


@dataclass(frozen=True, slots=True)
class Job:
    """How many pods of one template are to end well, how many may not, and how far it has come."""

    meta: Meta
    selector: Selector
    template: Object = field(compare=False)
    parallelism: int
    completions: int | None
    backoff_limit: int
    deadline: int | None  # seconds that it may be active
    indexed: bool
    index_limit: int | None  # backoffLimitPerIndex
    most_failed_indexes: int | None
    suspended: bool
    waits_for_ends: bool  # a pod is replaced when it has ended, not when it is told to
    failure_rules: tuple[Object, ...] | None = field(compare=False)  # None: no policy
    success_rules: tuple[Object, ...] = field(compare=False)
    ttl: int | None  # seconds that it stays when it has ended
    managed_by: str
    started: datetime | None
    status: Object = field(compare=False)

    @property
    def end(self) -> Object | None:
        """The condition that it ended with."""
        return next((each for each in map(self.condition, ENDS) if each), None)

    def condition(self, kind: str) -> Object | None:
        """The condition of this type, where it is true."""
        held = self.status.get("conditions") or ()
        return next((each for each in held if each["type"] == kind and each["status"] == "True"), None)


def parse_job(obj: Object) -> Job:
    """From a batch/v1 Job."""
    spec, status = obj["spec"], obj.get("status") or {}
    policy, success = spec.get("podFailurePolicy"), spec.get("successPolicy") or {}
    return Job(
        meta=parse_meta(obj),
        selector=parse_selector(spec.get("selector")),
        template=spec.get("template") or {},
        parallelism=_number(spec, "parallelism", 1),
        completions=spec.get("completions"),
        backoff_limit=_number(spec, "backoffLimit", 6),
        deadline=spec.get("activeDeadlineSeconds"),
        indexed=spec.get("completionMode") == "Indexed",
        index_limit=spec.get("backoffLimitPerIndex"),
        most_failed_indexes=spec.get("maxFailedIndexes"),
        suspended=bool(spec.get("suspend")),
        waits_for_ends=spec.get("podReplacementPolicy") == "Failed" or policy is not None,
        failure_rules=None if policy is None else tuple(policy.get("rules") or ()),
        success_rules=tuple(success.get("rules") or ()),
        ttl=spec.get("ttlSecondsAfterFinished"),
        managed_by=spec.get("managedBy") or OWN_MANAGER,
        started=moment(status.get("startTime")),
        status=status,
    )


def _number(spec: Object, key: str, default: int) -> int:
    value = spec.get(key)
    return default if value is None else int(value)
