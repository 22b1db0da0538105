"""Rules for what volumes and variables are made of: files of ConfigMaps and Secrets, fields of the pod."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.quantities import amount

OF_VARIABLES: Final = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
)
OF_FILES: Final = (
    *("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"),
)
_OF_POD: Final = frozenset(
    {*OF_VARIABLES, *OF_FILES, "spec.restartPolicy", "spec.schedulerName", "status.phase"}
)
_SUBSCRIPT: Final = re.compile(r"(metadata\.(?:annotations|labels))\['(.*)'\]")
_RESOURCES: Final = (
    *("limits.cpu", "limits.ephemeral-storage", "limits.memory"),
    *("requests.cpu", "requests.ephemeral-storage", "requests.memory"),
)
_HOST_PATH_TYPES: Final = (
    *("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"),
)
_MODE: Final = "must be a number between 0 and 0777 (octal), both inclusive"
_LEAST_SECONDS: Final = 600


def source_problems(at: str, volume: JsonObject) -> Iterator[Cause]:
    """What is wrong with what a volume consists of."""
    for key, check in _SOURCES.items():
        if volume.get(key) is not None:
            yield from check(f"{at}.{key}", object_at(volume, key))


def relative_path(at: str, path: str) -> Iterator[Cause]:
    """A path that stays below where it begins."""
    if path.startswith("/"):
        yield invalid(at, path, "must be a relative path")
    yield from no_way_up(at, path)


def no_way_up(at: str, path: str) -> Iterator[Cause]:
    """A path without `..`."""
    if ".." in path.split("/"):
        yield invalid(at, path, "must not contain '..'")


def field_problems(at: str, reference: JsonObject, supported: Sequence[str]) -> Iterator[Cause]:
    """What is wrong with a field of the pod that a variable or a file is to show."""
    path, version = reference.get("fieldPath") or "", reference.get("apiVersion") or "v1"
    subscript = _SUBSCRIPT.fullmatch(path)
    if not path:
        yield required(f"{at}.fieldPath")
    elif subscript:
        key = subscript[2].lower() if subscript[1].endswith("annotations") else subscript[2]
        yield from causes(at, subscript[2], formats.qualified_name(key))
    elif version != "v1":
        why = f"error converting fieldPath: unsupported pod version: {version}"
        yield invalid(f"{at}.fieldPath", path, why)
    elif path not in _OF_POD:
        why = f"error converting fieldPath: field label not supported: {path}"
        yield invalid(f"{at}.fieldPath", path, why)
    elif path not in supported:
        yield not_supported(f"{at}.fieldPath", path, sorted(supported))


def resource_field_problems(at: str, reference: JsonObject, *, in_file: bool = False) -> Iterator[Cause]:
    """What is wrong with a request or limit that a variable or a file is to show."""
    resource = reference.get("resource") or ""
    if in_file and not reference.get("containerName"):
        yield required(f"{at}.containerName")
    elif not resource:
        yield required(f"{at}.resource")
    elif resource not in _RESOURCES and "hugepages-" not in resource:
        yield not_supported(f"{at}.resource", resource, _RESOURCES)


def key_problems(at: str, reference: JsonObject) -> Iterator[Cause]:
    """What is wrong with a key of a ConfigMap or Secret."""
    name, key = reference.get("name") or "", reference.get("key") or ""
    if name:
        yield from causes(f"{at}.name", name, formats.dns_1123_subdomain(name))
    else:
        yield required(f"{at}.name")
    if key:
        yield from causes(f"{at}.key", key, formats.config_key(key))
    else:
        yield required(f"{at}.key")


def _empty_dir(at: str, source: JsonObject) -> Iterator[Cause]:
    size = source.get("sizeLimit")
    if size is not None and amount(str(size)) < 0:
        yield forbidden(f"{at}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def _host_path(at: str, source: JsonObject) -> Iterator[Cause]:
    path, kind = source.get("path") or "", source.get("type") or ""
    if not path:
        yield required(f"{at}.path")
        return
    yield from no_way_up(f"{at}.path", path)
    if kind not in _HOST_PATH_TYPES:
        yield not_supported(f"{at}.type", kind, _HOST_PATH_TYPES)


def _keyed(name: str) -> Callable[[str, JsonObject], Iterator[Cause]]:
    def check(at: str, source: JsonObject) -> Iterator[Cause]:
        if not source.get(name):
            yield required(f"{at}.{name}")
        yield from _default_mode(at, source)
        yield from _items(at, source)

    return check


def _default_mode(at: str, source: JsonObject) -> Iterator[Cause]:
    yield from _mode(f"{at}.defaultMode", source.get("defaultMode"))


def _items(at: str, source: JsonObject) -> Iterator[Cause]:
    for index, item in enumerate(objects_at(source, "items")):
        path, file = f"{at}.items[{index}]", item.get("path") or ""
        if not item.get("key"):
            yield required(f"{path}.key")
        if not file:
            yield required(f"{path}.path")
        yield from _local_file(f"{path}.path", file)
        yield from _mode(f"{path}.mode", item.get("mode"))


def _downward(at: str, source: JsonObject) -> Iterator[Cause]:
    yield from _default_mode(at, source)
    yield from _downward_items(at, source)


def _downward_items(at: str, source: JsonObject) -> Iterator[Cause]:
    for item in objects_at(source, "items"):
        file = item.get("path") or ""
        if not file:
            yield required(f"{at}.path")
        yield from _local_file(f"{at}.path", file)
        if item.get("fieldRef") is not None:
            yield from field_problems(f"{at}.fieldRef", item["fieldRef"], OF_FILES)
            if item.get("resourceFieldRef") is not None:
                why = "fieldRef and resourceFieldRef can not be specified simultaneously"
                yield invalid(at, "resource", why)
        elif item.get("resourceFieldRef") is not None:
            path = f"{at}.resourceFieldRef"
            yield from resource_field_problems(path, item["resourceFieldRef"], in_file=True)
        else:
            yield required(at, "one of fieldRef and resourceFieldRef is required")
        yield from _mode(f"{at}.mode", item.get("mode"))


def _projected(at: str, source: JsonObject) -> Iterator[Cause]:
    yield from _default_mode(at, source)
    for index, each in enumerate(objects_at(source, "sources")):
        path = f"{at}.sources[{index}]"
        for key in ("secret", "configMap"):
            if each.get(key) is not None:
                if not object_at(each, key).get("name"):
                    yield required(f"{path}.{key}.name")
                yield from _items(f"{path}.{key}", object_at(each, key))
        if each.get("downwardAPI") is not None:
            yield from _downward_items(f"{path}.downwardAPI", object_at(each, "downwardAPI"))
        if each.get("serviceAccountToken") is not None:
            yield from _token(f"{path}.serviceAccountToken", at, object_at(each, "serviceAccountToken"))


def _token(at: str, volume: str, token: JsonObject) -> Iterator[Cause]:
    seconds, file = token.get("expirationSeconds"), token.get("path") or ""
    if seconds is not None and seconds < _LEAST_SECONDS:
        yield invalid(f"{at}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
    if not file:
        yield required(f"{volume}.path")
    else:
        yield from _local_file(f"{at}.path", file)


def _claim(at: str, source: JsonObject) -> Iterator[Cause]:
    if not source.get("claimName"):
        yield required(f"{at}.claimName")


def _nfs(at: str, source: JsonObject) -> Iterator[Cause]:
    for key in ("server", "path"):
        if not source.get(key):
            yield required(f"{at}.{key}")
    path = source.get("path") or ""
    if not path.startswith("/"):
        yield invalid(f"{at}.path", path, "must be an absolute path")


def _csi(at: str, source: JsonObject) -> Iterator[Cause]:
    driver = source.get("driver") or ""
    if not driver:
        yield required(f"{at}.driver")
    yield from causes(f"{at}.driver", driver, formats.dns_1123_subdomain(driver.lower()))


def _ephemeral(at: str, source: JsonObject) -> Iterator[Cause]:
    if source.get("volumeClaimTemplate") is None:
        yield required(f"{at}.volumeClaimTemplate")


def _local_file(at: str, path: str) -> Iterator[Cause]:
    """A file below a volume, beside what the node itself keeps there."""
    yield from relative_path(at, path)
    if path.startswith("..") and not path.startswith("../"):
        yield invalid(at, path, "must not start with '..'")


def _mode(at: str, mode: int | None) -> Iterator[Cause]:
    if mode is not None and not 0 <= mode <= 0o777:
        yield invalid(at, mode, _MODE)


_SOURCES: Final[Mapping[str, Callable[[str, JsonObject], Iterator[Cause]]]] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "secret": _keyed("secretName"),
    "nfs": _nfs,
    "persistentVolumeClaim": _claim,
    "downwardAPI": _downward,
    "configMap": _keyed("name"),
    "projected": _projected,
    "csi": _csi,
    "ephemeral": _ephemeral,
}
