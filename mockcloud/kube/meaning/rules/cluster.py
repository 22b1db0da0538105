"""Rules for ConfigMaps, Secrets, Leases, Nodes and Events."""

import json
from collections.abc import Iterator
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.meaning.errors import (
    Cause,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    too_long,
)
from mockcloud.kube.meaning.rules import formats
from mockcloud.kube.meaning.rules.cluster_ips import family_of
from mockcloud.kube.meaning.rules.formats import causes
from mockcloud.kube.meaning.rules.metadata import immutable

MAX_DATA: Final = 1024 * 1024
WHEN_IMMUTABLE: Final = "field is immutable when `immutable` is set"
NEEDED_KEYS: Final = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
"""Keys that a Secret of the type must hold."""
ACCOUNT_NAME: Final = "kubernetes.io/service-account.name"
NO_NEW_CIDR: Final = 'node updates may not change podCIDR except from "" to valid'
NO_NEW_PROVIDER: Final = 'node updates may not change providerID except from "" to valid'


def config_map_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Keys are file names; 1 MiB in all; nothing changes once it is immutable."""
    data, binary = new.get("data") or {}, new.get("binaryData") or {}
    yield from _frozen(new, old, ("data", "binaryData"))
    for name, held in (("data", data), ("binaryData", binary)):
        for key in held:
            yield from causes(f"{name}[{key}]", key, formats.config_key(key))
            if name == "data" and key in binary:
                yield invalid(f"{name}[{key}]", key, "duplicate of key present in binaryData")
    size = sum(len((value or "").encode()) for value in data.values())
    size += sum(_decoded_size(value) for value in binary.values())
    if size > MAX_DATA:
        yield too_long("", MAX_DATA)


def secret_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Keys are file names; a type has keys it must hold; the type never changes."""
    data = new.get("data") or {}
    if old is not None:
        yield from immutable("type", new.get("type"), old.get("type"))
    yield from _frozen(new, old, ("data",))
    for key in data:
        yield from causes(f"data[{key}]", key, formats.config_key(key))
    if sum(_decoded_size(value) for value in data.values()) > MAX_DATA:
        yield too_long("data", MAX_DATA)
    yield from _typed_secret(new, data)


def lease_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """A lease lasts some time."""
    spec = object_at(new, "spec")
    seconds, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        yield invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    if transitions is not None and transitions < 0:
        yield invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0")
    if spec.get("preferredHolder") and not spec.get("strategy"):
        yield forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined")


def node_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Taints are unique; pod ranges and the provider's id are set once."""
    spec = object_at(new, "spec")
    if old is None:
        yield from _pod_ranges(spec.get("podCIDRs") or [])
    else:
        before = object_at(old, "spec")
        if before.get("podCIDRs") and before["podCIDRs"] != spec.get("podCIDRs"):
            yield forbidden("spec.podCIDRs", NO_NEW_CIDR)
        if before.get("providerID") and before["providerID"] != spec.get("providerID"):
            yield forbidden("spec.providerID", NO_NEW_PROVIDER)
        addresses = objects_at(object_at(new, "status"), "addresses")
        for index, address in enumerate(addresses):
            if address in addresses[:index]:
                yield duplicate(f"status.addresses[{index}]", address)
    yield from _taints(objects_at(spec, "taints"))


def event_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """An event stands in the namespace of what it is about; `default` for what has none."""
    if not isinstance(new.get("involvedObject"), dict):
        return
    namespace = object_at(new, "metadata").get("namespace") or ""
    about = object_at(new, "involvedObject").get("namespace") or ""
    allowed = (about,) if about else ("", "default", "kube-system")
    if namespace not in allowed:
        yield invalid("involvedObject.namespace", about, "does not match event.namespace")


def _frozen(new: JsonObject, old: JsonObject | None, keys: tuple[str, ...]) -> Iterator[Cause]:
    if old is None or not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield forbidden("immutable", WHEN_IMMUTABLE)
    for key in keys:
        if (new.get(key) or {}) != (old.get(key) or {}):
            yield forbidden(key, WHEN_IMMUTABLE)


def _decoded_size(text: str | None) -> int:
    """Bytes behind a base64 text."""
    held = text or ""
    return len(held) * 3 // 4 - held.count("=", -2)


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


def _pod_ranges(ranges: list[str]) -> Iterator[Cause]:
    for index, each in enumerate(ranges):
        yield from causes(f"spec.podCIDRs[{index}]", each, formats.network(each))
    if len({family_of(each) for each in ranges}) < len(ranges):
        yield invalid("spec.podCIDRs", ranges, "may specify no more than one CIDR for each IP family")


def _taints(taints: list[JsonObject]) -> Iterator[Cause]:
    effects = ("NoSchedule", "PreferNoSchedule", "NoExecute")
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        at = f"metadata.taints[{index}]"  # spelled so upstream
        key, value, effect = (taint.get(name) or "" for name in ("key", "value", "effect"))
        yield from causes(f"{at}.key", key, formats.qualified_name(key))
        of_value = formats.label_value(value)
        if of_value:
            yield invalid(f"{at}.value", value, ";".join(of_value))
        if not effect:
            yield required(f"{at}.effect")
        elif effect not in effects:
            yield not_supported(f"{at}.effect", effect, effects)
        if (key, effect) in seen:
            found = duplicate(at, taint)
            yield Cause(at, found.reason, f"{found.message}: taints must be unique by key and effect pair")
        seen.add((key, effect))
