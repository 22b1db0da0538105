"""Who asked what, by which right, and with which outcome: audit.k8s.io/v1 Events of level Metadata.

A request is told when it is answered; one that may go on for long (a watch, a stream into a pod) when it is
let in, too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.rbac.policy import Decision
from mockcloud.kube.auth.user import User
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.times import rfc3339_micros

STARTED: Final = "ResponseStarted"
COMPLETE: Final = "ResponseComplete"
_TRAIL: Final = "audit"

Take = Callable[[JsonObject], None]
"""What is done with an Event."""


@dataclass(slots=True)
class Trail:
    """What is known of one request so far; `acting` is whom it is made as, where that is somebody else."""

    id: str
    received: float
    caller: User
    acting: User | None
    question: Question
    decision: Decision
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audit:
    """Tells of each request that is let in or refused by what its caller may."""

    take: Take
    clock: Callable[[], float]
    new_id: Callable[[], str]

    def decided(
        self, request: web.BaseRequest, who: tuple[User, User], asked: Question, decision: Decision
    ) -> None:
        """The caller, and as whom he acts, are known, and whether he may."""
        caller, acting = who
        impersonated = None if acting is caller else acting
        request[_TRAIL] = Trail(self.new_id(), self.clock(), caller, impersonated, asked, decision)

    def noted(self, request: web.BaseRequest, annotations: dict[str, str]) -> None:
        """Admission has said something of it."""
        trail = request.get(_TRAIL)
        if trail is not None:
            trail.annotations |= annotations

    def started(self, request: web.BaseRequest) -> None:
        """The answer begins, and may go on for long."""
        self._tell(request, STARTED, 200)

    def complete(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """The request is answered."""
        self._tell(request, COMPLETE, response.status)

    def _tell(self, request: web.BaseRequest, stage: str, code: int) -> None:
        trail = request.get(_TRAIL)
        if trail is not None:
            self.take(_event(trail, request, stage, code) | {"stageTimestamp": rfc3339_micros(self.clock())})


def _event(trail: Trail, request: web.BaseRequest, stage: str, code: int) -> JsonObject:
    event: JsonObject = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": trail.id,
        "stage": stage,
        "requestURI": request.raw_path,
        "verb": trail.question.verb,
        "user": trail.caller.info(),
        "sourceIPs": [request.remote] if request.remote else [],
        "userAgent": request.headers.get("User-Agent", ""),
        "responseStatus": {"metadata": {}, "code": code},
        "requestReceivedTimestamp": rfc3339_micros(trail.received),
        "annotations": {
            "authorization.k8s.io/decision": "allow" if trail.decision.allowed else "forbid",
            "authorization.k8s.io/reason": trail.decision.why,
            **trail.annotations,
        },
    }
    if trail.acting is not None:
        event["impersonatedUser"] = trail.acting.info()
    if not trail.question.path:
        event["objectRef"] = _reference(trail.question, request.path)
    return event


def _reference(asked: Question, path: str) -> JsonObject:
    found = {
        "resource": asked.resource,
        "namespace": asked.namespace,
        "name": asked.name,
        "apiGroup": asked.group,
        "apiVersion": path.split("/")[3 if asked.group else 2],
        "subresource": asked.subresource,
    }
    return {key: value for key, value in found.items() if value}
