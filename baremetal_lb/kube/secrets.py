"""The key that speakers sign their heartbeats with, as a Secret holds it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.objects import ObjectKey

MEMBERSHIP: Final = "baremetal-lb-membership"
ENTRY: Final = "secretkey"
KEY_BYTES: Final = 32


def membership_key(raw: JsonObject) -> bytes | None:
    """The key in a v1 Secret; None where there is none of at least KEY_BYTES."""
    text = (raw.get("data") or {}).get(ENTRY) or ""
    try:
        inner = base64.b64decode(text, validate=True)
        key = base64.b64decode(inner, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= KEY_BYTES else None


def membership_secret(where: ObjectKey, key: bytes) -> JsonObject:
    """The Secret with a key: base64 text in it, and once more as the API's `data` wants it."""
    text = base64.b64encode(key)
    return {
        "metadata": {"namespace": where.namespace, "name": where.name},
        "type": "Opaque",
        "data": {ENTRY: base64.b64encode(text).decode()},
    }
