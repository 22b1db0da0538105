"""Pod templates: when two are the same, and the short hash that goes into names and labels."""

import json
from typing import Any, Final

from mockcloud.client.objects import Object

HASH_LABEL: Final = "pod-template-hash"
# No vowels, no look-alikes: as k8s.io/apimachinery's rand.SafeEncodeString.
ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
FNV_OFFSET: Final = 2166136261
FNV_PRIME: Final = 16777619


def same(one: Object, other: Object) -> bool:
    """Whether two templates run the same thing: the hash label and empty fields do not count."""
    return _canonical(one) == _canonical(other)


def short_hash(template: Object, collisions: int) -> str:
    """Up to ten letters and digits; `collisions` gives another name to a template whose name was taken."""
    value = FNV_OFFSET
    for byte in f"{_canonical(template)}#{collisions}".encode():
        value = (value ^ byte) * FNV_PRIME & 0xFFFFFFFF
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(value))


def with_hash(template: Object, mark: str) -> Object:
    """The template whose pods carry the hash label."""
    metadata = template.get("metadata") or {}
    labels = {**(metadata.get("labels") or {}), HASH_LABEL: mark}
    return {**template, "metadata": {**metadata, "labels": labels}}


def _canonical(template: Object) -> str:
    metadata = dict(template.get("metadata") or {})
    labels = {k: v for k, v in (metadata.get("labels") or {}).items() if k != HASH_LABEL}
    return json.dumps(_filled({**template, "metadata": {**metadata, "labels": labels}}), sort_keys=True)


def _filled(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Without nulls and empty mappings or lists below it."""
    if isinstance(value, dict):
        kept = {key: _filled(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each is not None and each != {} and each != []}
    if isinstance(value, list):
        return [_filled(each) for each in value]
    return value
