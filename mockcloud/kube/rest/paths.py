"""From a URL path to what it names: a kind, a namespace, an object, a part of it."""

from dataclasses import dataclass
from typing import Final

from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.streams.options import PROXY

NAMESPACE_PARTS: Final = ("finalize", "status")


@dataclass(frozen=True, slots=True)
class Target:
    """`namespace` is None for cluster-scoped kinds and all namespaces; `name` is "" for the collection.

    What follows `proxy` in a path is the other server's.
    """

    kind: Kind
    namespace: str | None
    name: str = ""
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class NoSuchGroup:
    """No API group version begins this path: a plain 404."""


@dataclass(frozen=True, slots=True)
class NoSuchResource:
    """The group version is served, the resource is not."""


def resolve(path: str, scheme: Scheme) -> Target | NoSuchGroup | NoSuchResource:
    """What a path below /api or /apis names."""
    if "//" in path.partition(f"/{PROXY}/")[0]:
        return NoSuchResource()
    parts = [part for part in path.split("/") if part]
    size = 2 if parts[0] == "api" else 3
    group_version = "/".join(parts[1:size])
    rest = parts[size:]
    if (parts[0] == "api") != ("/" not in group_version):
        return NoSuchGroup()
    if group_version not in scheme.group_versions:
        groups = {kind.group for kind in scheme}
        served = parts[0] == "apis" and group_version.partition("/")[0] in groups
        return NoSuchResource() if served else NoSuchGroup()
    return _resource(group_version, rest, scheme) or NoSuchResource()


def _resource(group_version: str, rest: list[str], scheme: Scheme) -> Target | None:
    namespace: str | None = None
    if len(rest) >= 3 and rest[0] == "namespaces" and not (len(rest) == 3 and rest[2] in NAMESPACE_PARTS):
        namespace, rest = rest[1], rest[2:]
    if not rest or (len(rest) > 3 and rest[2] != PROXY):
        return None
    kind = scheme.at(group_version, rest[0])
    if kind is None or (namespace is not None and not kind.namespaced):
        return None
    if len(rest) > 1 and kind.namespaced and namespace is None:
        return None
    name = rest[1] if len(rest) > 1 else ""
    subresource = rest[2] if len(rest) > 2 else ""
    if subresource and subresource not in kind.subresources:
        return None
    return Target(kind, namespace, name, subresource)
