"""Answers to those who ask who somebody is and what he may, as `kubectl auth` POSTs them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from mockcloud.kube.auth.authentication import Authenticator
from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.service_accounts.checking import UNKNOWN, InvalidToken
from mockcloud.kube.auth.user import User
from mockcloud.kube.field_errors import Cause, invalid
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.authentication import SELF_SUBJECT_REVIEW, TOKEN_REVIEW
from mockcloud.kube.resources.authorization import (
    LOCAL_SUBJECT_ACCESS_REVIEW,
    SELF_SUBJECT_ACCESS_REVIEW,
    SELF_SUBJECT_RULES_REVIEW,
)
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.times import rfc3339
from mockcloud.kube.writes import refusals
from mockcloud.kube.writes.refusals import Refusal, bad_request

NO_KIND: Final = ""
"""Upstream has lost the kind where it refuses a review."""
_AUDIENCES: Final = "Internal error occurred: error validating audiences"


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Answers reviews."""

    authenticator: Authenticator
    policy: Policy
    clock: Callable[[], float]

    def answered(self, kind: Kind, review: JsonObject, by: User, namespace: str = "") -> JsonObject:
        """The review with its answer; refuses with 400 or 422 what makes no sense."""
        if kind is SELF_SUBJECT_REVIEW:
            metadata = {"creationTimestamp": rfc3339(self.clock())}
            return {**_head(kind), "metadata": metadata, "status": {"userInfo": by.info()}}
        if kind is TOKEN_REVIEW:
            return self._token_review(review)
        if kind is SELF_SUBJECT_RULES_REVIEW:
            return self._rules_review(review, by)
        _require_sound(kind, review, namespace)
        spec = object_at(review, "spec")
        decision = self.policy.decide(
            by if kind is SELF_SUBJECT_ACCESS_REVIEW else _user(spec), _question(spec)
        )
        status = {"allowed": decision.allowed, **({"reason": decision.why} if decision.why else {})}
        return {**review, "metadata": object_at(review, "metadata"), "status": status}

    def _token_review(self, review: JsonObject) -> JsonObject:
        spec = object_at(review, "spec")
        token, wanted = spec.get("token") or "", spec.get("audiences") or []
        if not token:
            msg = "token is required for TokenReview in authentication"
            raise bad_request(msg)
        status: JsonObject
        try:
            user, audiences = self.authenticator.shown(token, wanted)
        except InvalidToken as exc:
            why = str(exc)
            status = {"user": {}, "error": why if why == UNKNOWN else f"[{UNKNOWN}, {why}]"}
        else:
            if wanted and not audiences:
                raise Refusal(500, "InternalError", _AUDIENCES)
            status = {"authenticated": True, "user": user.info(), "audiences": list(audiences)}
        return {**review, "metadata": object_at(review, "metadata"), "status": status}

    def _rules_review(self, review: JsonObject, by: User) -> JsonObject:
        namespace = object_at(review, "spec").get("namespace")
        if not namespace:
            msg = "no namespace on request"
            raise bad_request(msg)
        resources: list[JsonObject] = []
        urls: list[JsonObject] = []
        for rule in self.policy.rules_for(by, namespace):
            if rule.resources:
                said = {"verbs": rule.verbs, "apiGroups": rule.groups, "resources": rule.resources}
                resources.append(said | ({"resourceNames": rule.names} if rule.names else {}))
            if rule.urls:
                urls.append({"verbs": rule.verbs, "nonResourceURLs": rule.urls})
        status = {"resourceRules": resources, "nonResourceRules": urls, "incomplete": False}
        return {**_head(SELF_SUBJECT_RULES_REVIEW), "metadata": {}, "spec": {}, "status": status}


def _head(kind: Kind) -> JsonObject:
    return {"kind": kind.kind, "apiVersion": kind.group_version}


def _user(spec: JsonObject) -> User:
    extra = tuple(sorted((key, tuple(values)) for key, values in object_at(spec, "extra").items()))
    return User(spec.get("user") or "", tuple(spec.get("groups") or ()), spec.get("uid") or "", extra)


def _question(spec: JsonObject) -> Question:
    of_path = spec.get("nonResourceAttributes")
    if of_path is not None:
        return Question(of_path.get("verb") or "", path=of_path.get("path") or "")
    asked = object_at(spec, "resourceAttributes")
    words = ("verb", "group", "resource", "subresource", "namespace", "name")
    return Question(*(asked.get(word) or "" for word in words))


def _require_sound(kind: Kind, review: JsonObject, namespace: str) -> None:
    causes = list(_problems(kind, review))
    if causes:
        raise refusals.invalid(NO_KIND, kind.group, "", causes)
    if kind is LOCAL_SUBJECT_ACCESS_REVIEW and object_at(review, "metadata").get("namespace") != namespace:
        msg = f"spec.resourceAttributes.namespace must match namespace: {namespace}"
        raise bad_request(msg)


def _problems(kind: Kind, review: JsonObject) -> Iterator[Cause]:
    spec, metadata = object_at(review, "spec"), object_at(review, "metadata")
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and path is not None:
        why = "cannot be specified in combination with resourceAttributes"
        yield invalid("spec.nonResourceAttributes", _shown(path), why)
    if resource is None and path is None:
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        yield invalid("spec.resourceAttributes", None, why)
    if kind is not SELF_SUBJECT_ACCESS_REVIEW and not (spec.get("user") or spec.get("groups")):
        yield invalid("spec.user", "", "at least one of user or group must be specified")
    local = kind is LOCAL_SUBJECT_ACCESS_REVIEW
    stated = {key: value for key, value in metadata.items() if value and not (local and key == "namespace")}
    if stated:
        yield invalid(
            "metadata", metadata, "must be empty except for namespace" if local else "must be empty"
        )
    if local and resource is not None and (resource.get("namespace") or "") != metadata.get("namespace"):
        given = resource.get("namespace") or ""
        yield invalid("spec.resourceAttributes.namespace", given, "must match metadata.namespace")
    if local and path is not None:
        yield invalid("spec.nonResourceAttributes", _shown(path), "disallowed on this kind of request")


def _shown(path: JsonObject) -> JsonObject:
    """As upstream's own struct is printed."""
    return {"Path": path.get("path") or "", "Verb": path.get("verb") or ""}
