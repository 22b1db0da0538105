"""Conversion by webhook: what it is asked, what its answer says, and what it has said during one request.

What shows and stores objects does not wait. Where it needs an object in a version that the webhook has not
told yet, it raises `Unconverted`; whoever answers the request asks the webhook, and begins anew.
Source: k8s.io/apiextensions-apiserver v0.34 `pkg/apiserver/conversion/webhook_converter.go`.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import orjson

from mockcloud.kube.json_types import JsonObject, object_at

GROUP: Final = "apiextensions.k8s.io"
REVIEW_VERSIONS: Final = ("v1", "v1beta1")
_KEPT: Final = ("labels", "annotations")
"""What a webhook may change of metadata."""
_IDENTITY: Final = {"name": "name", "namespace": "namespace", "uid": "UID"}
_TOLD: Final[ContextVar[dict[bytes, JsonObject] | None]] = ContextVar("conversions", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Within, what webhooks say is kept."""
    token = _TOLD.set({})
    try:
        yield
    finally:
        _TOLD.reset(token)


class BadConversion(Exception):
    """The webhook's answer is none; the message says why, as upstream does."""


@dataclass(frozen=True, slots=True)
class Converter:
    """The webhook of one CustomResourceDefinition."""

    client: JsonObject
    review_versions: tuple[str, ...]

    def converted(self, obj: JsonObject, version: str) -> JsonObject:
        """The object in a version (`example.com/v2`); Unconverted where the webhook has not been asked."""
        if obj.get("apiVersion") == version:
            return obj
        found = (_TOLD.get() or {}).get(_key(obj, version))
        if found is None:
            raise Unconverted(self, [obj], version)
        said = object_at(found, "metadata")
        kept = {name: value for name, value in object_at(obj, "metadata").items() if name not in _KEPT}
        return {**found, "metadata": kept | {name: said[name] for name in _KEPT if said.get(name)}}

    def question(self, objects: Sequence[JsonObject], version: str, uid: str) -> JsonObject:
        """The ConversionReview that asks for them in the version."""
        of = next((each for each in self.review_versions if each in REVIEW_VERSIONS), REVIEW_VERSIONS[0])
        request = {"uid": uid, "desiredAPIVersion": version, "objects": list(objects)}
        return {"kind": "ConversionReview", "apiVersion": f"{GROUP}/{of}", "request": request}


class Unconverted(Exception):
    """Objects are needed in a version that their webhook has not told."""

    def __init__(self, converter: Converter, objects: list[JsonObject], version: str) -> None:
        super().__init__(f"{len(objects)} objects in {version}")
        self.converter, self.objects, self.version = converter, objects, version
        self.then: Callable[[], object] | None = None
        """What will be needed next: asked before anything is stored, lest the answer cannot be shown."""


def learn(objects: Sequence[JsonObject], version: str, review: JsonObject, answer: JsonObject) -> None:
    """Remember what the answer to a question says; BadConversion where that is not what was asked."""
    found = _converted_objects(review, answer)
    if len(found) != len(objects):
        msg = f"returned {len(found)} objects, expected {len(objects)}"
        raise BadConversion(msg)
    told = _TOLD.get()
    for place, (obj, converted) in enumerate(zip(objects, found, strict=True)):
        why = _complaint(obj, converted, version)
        if why:
            index = f" at index {place}" if len(objects) > 1 or why.startswith("invalid") else ""
            msg = f"returned invalid object{index}: {why}"
            raise BadConversion(msg)
        if told is not None:
            told[_key(obj, version)] = converted


def _converted_objects(review: JsonObject, answer: JsonObject) -> list[JsonObject]:
    response = answer.get("response")
    if not isinstance(response, dict):
        msg = "failed: no response provided"
        raise BadConversion(msg)
    uid, got = review["request"]["uid"], response.get("uid") or ""
    if got != uid:
        msg = f'failed: expected response.uid="{uid}", got "{got}"'
        raise BadConversion(msg)
    result = object_at(response, "result")
    if result.get("status") != "Success":
        msg = f"failed: {result.get('message') or 'response.result.status was ' + _go_quoted(result)}"
        raise BadConversion(msg)
    return [each if isinstance(each, dict) else {} for each in response.get("convertedObjects") or ()]


def _go_quoted(result: JsonObject) -> str:
    return f"'{result.get('status') or ''}', not 'Success'"


def _complaint(obj: JsonObject, converted: JsonObject, version: str) -> str:
    """Why what was made of an object cannot be it, "" where it can."""
    if converted.get("apiVersion") != version:
        return f"invalid groupVersion (expected {version}, received {converted.get('apiVersion') or ''})"
    if converted.get("kind") != obj.get("kind"):
        return f"invalid kind (expected {obj.get('kind')}, received {converted.get('kind') or ''})"
    before, after = object_at(obj, "metadata"), object_at(converted, "metadata")
    for name, shown in _IDENTITY.items():
        if (before.get(name) or "") != (after.get(name) or ""):
            return f"must have the same {shown}: {before.get(name) or ''} != {after.get(name) or ''}"
    return ""


def _key(obj: JsonObject, version: str) -> bytes:
    """By what a conversion is known again: all that an object says, but for what the server writes."""
    metadata = object_at(obj, "metadata")
    named = ("generateName",) if metadata.get("generateName") else ("name",)
    said = {name: metadata.get(name) for name in (*named, "namespace", *_KEPT) if metadata.get(name)}
    text = orjson.dumps([version, {**obj, "metadata": said}], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).digest()
