"""Secrets."""

import base64
import json
from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, required, too_long
from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.core.configmap import MAX_DATA, decoded_size, frozen
from mockcloud.kube.resources.kind import Kind, field_labels
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import immutable

NEEDED_KEYS: Final = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
"""Keys that a Secret of the type must hold."""
ACCOUNT_NAME: Final = "kubernetes.io/service-account.name"


def secret_defaults(obj: JsonObject) -> JsonObject:
    """stringData is write-only: it ends up in data, in base64."""
    obj = filled(obj, type="Opaque")
    text = obj.pop("stringData", None)
    if text:
        encoded = {key: base64.b64encode((value or "").encode()).decode() for key, value in text.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}
    return obj


def secret_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Keys are file names; a type has keys it must hold; the type never changes."""
    data = new.get("data") or {}
    if old is not None:
        yield from immutable("type", new.get("type"), old.get("type"))
    yield from frozen(new, old, ("data",))
    for key in data:
        yield from causes(f"data[{key}]", key, formats.config_key(key))
    if sum(decoded_size(value) for value in data.values()) > MAX_DATA:
        yield too_long("data", MAX_DATA)
    yield from _typed_secret(new, data)


def _typed_secret(new: JsonObject, data: JsonObject) -> Iterator[Cause]:
    type_ = new.get("type") or ""
    if type_ == "kubernetes.io/service-account-token":
        if not (object_at(new, "metadata").get("annotations") or {}).get(ACCOUNT_NAME):
            yield required(f"metadata.annotations[{ACCOUNT_NAME}]")
    elif type_ == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        yield required("data[username]")
        yield required("data[password]")
    for key in NEEDED_KEYS.get(type_, ()):
        if key not in data:
            yield required(f"data[{key}]")
        elif key.startswith(".docker") and not _is_json_object(data[key]):
            yield invalid(f"data[{key}]", "<secret contents redacted>", "invalid character in JSON")


def _is_json_object(encoded: str) -> bool:
    import base64  # for one rare type of Secret

    try:
        return isinstance(json.loads(base64.b64decode(encoded)), dict)
    except ValueError:
        return False


def _row(secret: JsonObject, now: float) -> list[Cell]:
    entries = len(object_at(secret, "data"))
    return [name_of(secret), str(secret.get("type") or ""), entries, age(secret, now)]


SECRET: Final = Kind(
    "",
    "v1",
    "Secret",
    "secrets",
    field_labels=field_labels("type"),
    model="V1Secret",
    defaults=secret_defaults,
    validate=secret_problems,
    printer=Printer(texts("Name", "Type", "Data", "Age"), _row),
)
