"""AdmissionReviews: the question that a webhook is asked, and what its answer says."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

import orjson

from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.admission.requests import request_of, shown
from mockcloud.kube.admission.webhooks.matching import Invocation
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.validation.webhooks import REVIEW_VERSIONS
from mockcloud.kube.writes.refusals import Refusal

GROUP: Final = "admission.k8s.io"


class BadAnswer(Exception):
    """The answer is no review of ours; the message says why, in upstream's words."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a webhook says: `patch` is a JSON patch, [] where it changes nothing."""

    allowed: bool
    result: JsonObject
    patch: list[Any]
    warnings: list[str]


def question(write: Attributes, invocation: Invocation, uid: str) -> JsonObject:
    """The review that the webhook gets."""
    versions = invocation.hook.get("admissionReviewVersions") or ()
    version = next(each for each in versions if each in REVIEW_VERSIONS)
    kind, asked = invocation.kind, write.kind
    request: JsonObject = {
        "uid": uid,
        **request_of(write, kind),
        "object": shown(write.object, asked, kind) or None,
        "oldObject": shown(write.old, asked, kind) if write.old else None,
    }
    return {"kind": "AdmissionReview", "apiVersion": f"{GROUP}/{version}", "request": request}


def verdict(answer: JsonObject, asked: JsonObject, *, mutating: bool) -> Verdict:
    """What the answer to a question says; BadAnswer where it is none."""
    response = answer.get("response")
    if not isinstance(response, dict):
        msg = "webhook response was absent"
        raise BadAnswer(msg)
    if asked["apiVersion"].endswith("/v1"):
        _require_v1(answer, response, asked)
    said, kind = response.get("patch"), response.get("patchType")
    _require_patch(said, kind, mutating=mutating)
    return Verdict(
        bool(response.get("allowed")),
        object_at(response, "status"),
        _patch(said) if said else [],
        [str(each) for each in response.get("warnings") or ()],
    )


def _require_v1(answer: JsonObject, response: JsonObject, asked: JsonObject) -> None:
    uid, got = asked["request"]["uid"], response.get("uid") or ""
    if got != uid:
        msg = f'expected response.uid="{uid}", got "{got}"'
        raise BadAnswer(msg)
    version, kind = answer.get("apiVersion") or "", answer.get("kind") or ""
    if (version, kind) != (asked["apiVersion"], asked["kind"]):
        group = version if "/" in version else f"/{version}"
        msg = (
            f"expected webhook response of {asked['apiVersion']}, Kind={asked['kind']}, "
            f"got {group}, Kind={kind}"
        )
        raise BadAnswer(msg)


def _require_patch(patch: object, kind: object, *, mutating: bool) -> None:
    if not mutating:
        for name, value in (("patch", patch), ("patchType", kind)):
            if value:
                msg = f"validating webhook may not return response.{name}"
                raise BadAnswer(msg)
    elif patch and not kind:
        msg = "webhook returned response.patch but not response.patchType"
        raise BadAnswer(msg)
    elif kind and not patch:
        msg = "webhook returned response.patchType but not response.patch"
        raise BadAnswer(msg)
    elif kind and kind != "JSONPatch":
        msg = f'unsupported patch type "{kind}"'
        raise BadAnswer(msg)


def _patch(text: str) -> list[Any]:
    try:
        patch = orjson.loads(base64.b64decode(text, validate=True))
    except (ValueError, TypeError, binascii.Error) as exc:
        msg = f"received undecodable patch in webhook response: {exc}"
        raise BadAnswer(msg) from exc
    if not isinstance(patch, list):
        msg = "received undecodable patch in webhook response: it is no list of operations"
        raise BadAnswer(msg)
    return patch


def denial(name: str, result: JsonObject) -> Refusal:
    """The refusal of a webhook that does not allow the write."""
    said = f'admission webhook "{name}" denied the request'
    why = result.get("message") or result.get("reason")
    message = f"{said}: {why}" if why else f"{said} without explanation"
    code = max(int(result.get("code") or 0), 400)
    return Refusal(code, str(result.get("reason") or ""), message, result.get("details"))
