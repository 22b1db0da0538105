"""What a volume of the cluster may be: its sizes and modes, and where its bytes are."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required, too_long
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.node_selectors import node_selector
from mockcloud.quotas.quantities import count, parsed

ACCESS_MODES: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
ALONE: Final = "ReadWriteOncePod"
RECLAIM_POLICIES: Final = ("Delete", "Recycle", "Retain")
VOLUME_MODES: Final = ("Block", "Filesystem")
HOST_PATH_TYPES: Final = (
    *("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"),
)
LONGEST_DRIVER: Final = 63
INLINE: Final = "may not be specified in the context of inline volumes"
SECRETS: Final = ("controllerPublish", "controllerExpand", "nodePublish", "nodeExpand")
SOURCES: Final = (
    *("hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd"),
    *("quobyte", "cephfs", "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume"),
    *("photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO", "local", "storageos", "csi"),
)
"""The fields that say where a volume's bytes are, in upstream's order."""


def driver_name(at: str, name: str) -> Iterator[Cause]:
    """What is wrong with the name of a CSI driver."""
    if not name:
        yield required(at)
    if len(name) > LONGEST_DRIVER:
        yield too_long(at, LONGEST_DRIVER)
    yield from causes(at, name, formats.dns_1123_subdomain(name.lower()))


def access_modes(at: str, modes: list[str]) -> Iterator[Cause]:
    """Who may mount it at once: some way, and nobody else beside a single pod."""
    if not modes:
        yield required(at)
    for mode in modes:
        if mode not in ACCESS_MODES:
            yield not_supported(at, mode, ACCESS_MODES)
    if ALONE in modes and any(mode != ALONE and mode in ACCESS_MODES for mode in modes):
        yield forbidden(at, f"may not use {ALONE} with other access modes")


def volume_spec_problems(at: str, spec: JsonObject, *, inline: bool = False) -> Iterator[Cause]:
    """What is wrong with the spec of a PersistentVolume, or with one that a VolumeAttachment has inline."""
    if inline:
        yield from (forbidden(f"{at}.{key}", INLINE) for key in ("claimRef", "capacity") if spec.get(key))
        if spec.get("csi") is None:
            yield required(f"{at}.csi", "has to be specified in the context of inline volumes")
    yield from access_modes(f"{at}.accessModes", spec.get("accessModes") or [])
    if not inline:
        yield from _capacity(f"{at}.capacity", object_at(spec, "capacity"))
    policy = str(spec.get("persistentVolumeReclaimPolicy") or "")
    yield from _policy(f"{at}.persistentVolumeReclaimPolicy", policy, inline=inline)
    yield from _affinity(f"{at}.nodeAffinity", spec, inline=inline)
    yield from _sources(at, spec)
    path = object_at(spec, "hostPath").get("path")
    if path and posixpath.normpath(path) == "/" and policy == "Recycle":
        why = "may not be 'recycle' for a hostPath mount of '/'"
        yield forbidden(f"{at}.persistentVolumeReclaimPolicy", why)
    yield from _class_and_mode(at, spec, inline=inline)


def _capacity(at: str, capacity: JsonObject) -> Iterator[Cause]:
    if not capacity:
        yield required(at)
    if set(capacity) != {"storage"}:
        yield not_supported(at, capacity or None, ["storage"])
    for name, quantity in parsed(capacity).items():
        if quantity < count(0):
            yield invalid(f"{at}[{name}]", int(quantity.amount), "must be a valid resource quantity")
        if quantity <= count(0):
            yield invalid(f"{at}[{name}]", str(quantity), "must be greater than zero")


def _policy(at: str, policy: str, *, inline: bool) -> Iterator[Cause]:
    if policy and inline and policy != "Retain":
        yield forbidden(at, "may only be Retain in the context of inline volumes")
    elif policy and not inline and policy not in RECLAIM_POLICIES:
        yield not_supported(at, policy, RECLAIM_POLICIES)


def _affinity(at: str, spec: JsonObject, *, inline: bool) -> Iterator[Cause]:
    affinity = spec.get("nodeAffinity")
    if affinity is None:
        return
    if inline:
        yield forbidden(at, INLINE)
    elif affinity.get("required") is None:
        yield required(f"{at}.required", "must specify required node constraints")
    else:
        yield from node_selector(f"{at}.required", affinity["required"])


def _sources(at: str, spec: JsonObject) -> Iterator[Cause]:
    given = [name for name in SOURCES if spec.get(name) is not None]
    if not given:
        yield required(at, "must specify a volume type")
        return
    for name in given[1:]:
        yield forbidden(f"{at}.{name}", "may not specify more than 1 volume type")
    check = CHECKS.get(given[0])
    if check is not None:
        yield from check(f"{at}.{given[0]}", spec[given[0]])
    if given[0] == "local" and spec.get("nodeAffinity") is None:
        yield required(f"{at}.nodeAffinity", "Local volume requires node affinity")


def _class_and_mode(at: str, spec: JsonObject, *, inline: bool) -> Iterator[Cause]:
    name, mode = spec.get("storageClassName"), spec.get("volumeMode")
    if name and inline:
        yield forbidden(f"{at}.storageClassName", INLINE)
    elif name:
        yield from causes(f"{at}.storageClassName", name, formats.dns_1123_subdomain(name))
    if mode is not None and inline and mode != "Filesystem":
        why = "may not specify volumeMode other than Filesystem in the context of inline volumes"
        yield forbidden(f"{at}.volumeMode", why)
    elif mode is not None and not inline and mode not in VOLUME_MODES:
        yield not_supported(f"{at}.volumeMode", mode, VOLUME_MODES)


def _host_path(at: str, source: JsonObject) -> Iterator[Cause]:
    yield from _path(f"{at}.path", source)
    kind = source.get("type")
    if source.get("path") and kind is not None and kind not in HOST_PATH_TYPES:
        yield not_supported(f"{at}.type", kind, HOST_PATH_TYPES)


def _local(at: str, source: JsonObject) -> Iterator[Cause]:
    yield from _path(f"{at}.path", source)


def _path(at: str, source: JsonObject) -> Iterator[Cause]:
    path = source.get("path") or ""
    if not path:
        yield required(at)
    elif ".." in path.split("/"):
        yield invalid(at, path, "must not contain '..'")


def _nfs(at: str, source: JsonObject) -> Iterator[Cause]:
    path = source.get("path") or ""
    yield from (required(f"{at}.{key}") for key in ("server", "path") if not source.get(key))
    if not path.startswith("/"):
        yield invalid(f"{at}.path", path, "must be an absolute path")


def _csi(at: str, source: JsonObject) -> Iterator[Cause]:
    yield from driver_name(f"{at}.driver", source.get("driver") or "")
    if not source.get("volumeHandle"):
        yield required(f"{at}.volumeHandle")
    for name in SECRETS:
        secret = source.get(f"{name}SecretRef")
        if secret is not None:
            yield from _secret(f"{at}.{name}SecretRef", secret)


def _secret(at: str, secret: JsonObject) -> Iterator[Cause]:
    for key, check in (("name", formats.dns_1123_subdomain), ("namespace", formats.dns_1123_label)):
        value = secret.get(key) or ""
        yield from causes(f"{at}.{key}", value, check(value)) if value else [required(f"{at}.{key}")]


CHECKS: Final[Mapping[str, Callable[[str, JsonObject], Iterator[Cause]]]] = {
    "hostPath": _host_path,
    "local": _local,
    "nfs": _nfs,
    "csi": _csi,
}
"""What is wrong with a source; those of other systems, which no lab has, are taken as they are."""
