"""What the server serves, now: /api, /apis (plain and aggregated), /version."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

import orjson

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.rest.negotiation import media
from mockcloud.kube.schema.operations import CONNECT_KINDS, EVICTION, TOKEN_REQUEST

KUBERNETES_VERSION: Final = "v1.35.4"  # no more than one release from the kubectl of pyproject.toml
_SUBRESOURCE_VERBS: Final = {
    "attach": ("create", "get"),
    "binding": ("create",),
    "eviction": ("create",),
    "exec": ("create", "get"),
    "finalize": ("update",),
    "log": ("get",),
    "portforward": ("create", "get"),
    "proxy": ("create", "delete", "get", "patch", "update"),
    "token": ("create",),
}
_PART_VERBS: Final = ("get", "patch", "update")


def answer(scheme: Scheme, path: str, accept: str) -> bytes | None:
    """The JSON text for a discovery path, or None where it is none."""
    path = path.rstrip("/")
    if path in ("/api", "/apis"):
        version = _aggregated_version(accept)
        groups = [""] if path == "/api" else [group for group in _groups(scheme) if group]
        if version:
            return orjson.dumps(_aggregated(scheme, groups, version))
        return orjson.dumps(_api_versions() if path == "/api" else _group_list(scheme, groups))
    if path == "/version":
        return orjson.dumps(_version())
    if path.startswith("/apis/") and path.count("/") == 2:
        group = path.removeprefix("/apis/")
        return orjson.dumps(_group(scheme, group, top=True)) if group in _groups(scheme) and group else None
    group_version = path.removeprefix("/apis/") if path.startswith("/apis/") else path.removeprefix("/api/")
    if group_version in scheme.group_versions and path.startswith("/apis/") == ("/" in group_version):
        return orjson.dumps(_resource_list(scheme, group_version))
    return None


def aggregated_type(path: str, accept: str) -> str | None:
    """The content type of an aggregated answer to `path`, None where it is plain."""
    if path.rstrip("/") not in ("/api", "/apis"):
        return None
    version = _aggregated_version(accept)
    return f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" if version else None


def _aggregated_version(accept: str) -> str:
    """The version of aggregated discovery that the client prefers, "" for plain."""
    for medium in media(accept):
        if medium.parameter("as") == "APIGroupDiscoveryList" and medium.parameter("v") in ("v2", "v2beta1"):
            return medium.parameter("v")
        if medium.type in ("application/json", "*/*") and not medium.parameter("as"):
            return ""
    return ""


def _groups(scheme: Scheme) -> list[str]:
    return list(dict.fromkeys(_split(group_version)[0] for group_version in scheme.group_versions))


def _split(group_version: str) -> tuple[str, str]:
    group, slash, version = group_version.rpartition("/")
    return (group, version) if slash else ("", version)


def _version() -> JsonObject:
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"{KUBERNETES_VERSION}+mockcloud",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "linux/amd64",
    }


def _api_versions() -> JsonObject:
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}],
    }


def _group_list(scheme: Scheme, groups: Sequence[str]) -> JsonObject:
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(scheme, group) for group in groups]}


def _group(scheme: Scheme, name: str, *, top: bool = False) -> JsonObject:
    versions = [
        {"groupVersion": group_version, "version": _split(group_version)[1]}
        for group_version in scheme.group_versions
        if _split(group_version)[0] == name
    ]
    head = {"kind": "APIGroup", "apiVersion": "v1"} if top else {}
    return {**head, "name": name, "versions": versions, "preferredVersion": versions[0]}


def _resource_list(scheme: Scheme, group_version: str) -> JsonObject:
    resources: list[JsonObject] = []
    for kind in scheme.of_group_version(group_version):
        resources.append(_resource(kind))
        resources += [_part(kind, part) for part in kind.subresources]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": resources,
    }


def _resource(kind: Kind) -> JsonObject:
    resource: JsonObject = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    if "watch" in kind.verbs:  # what is answered or measured is stored nowhere
        resource["storageVersionHash"] = _storage_hash(kind.stored)
    return resource


def _storage_hash(kind: Kind) -> str:
    """As apiserver's discovery makes it of the version in which objects are stored."""
    digest = hashlib.sha256("/".join(kind.gvk).encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def _part(kind: Kind, part: str) -> JsonObject:
    resource: JsonObject = {
        "name": f"{kind.plural}/{part}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": _part_kind(kind, part)[2],
        "verbs": list(_SUBRESOURCE_VERBS.get(part, _PART_VERBS)),
    }
    if part in ("eviction", "scale", "token"):
        group, version, _ = _part_kind(kind, part)
        resource |= {"group": group, "version": version}
    return resource


def _part_kind(kind: Kind, part: str) -> tuple[str, str, str]:
    match part:
        case "scale":
            return ("autoscaling", "v1", "Scale")
        case "binding":
            return ("", "v1", "Binding")
        case "token":
            return TOKEN_REQUEST
        case "eviction":
            return EVICTION
        case "attach" | "exec" | "portforward":
            return CONNECT_KINDS[part]
        case "proxy":
            return ("", "v1", f"{kind.kind}ProxyOptions")
        case _:
            return kind.gvk


def _aggregated(scheme: Scheme, groups: Sequence[str], version: str) -> JsonObject:
    items = [
        {
            "metadata": {"name": group, "creationTimestamp": None},
            "versions": [
                {
                    "version": _split(group_version)[1],
                    "resources": _aggregated_resources(scheme, group_version),
                    "freshness": "Current",
                }
                for group_version in scheme.group_versions
                if _split(group_version)[0] == group
            ],
        }
        for group in groups
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": items,
    }


def _aggregated_resources(scheme: Scheme, group_version: str) -> list[JsonObject]:
    return [_aggregated_resource(kind) for kind in scheme.of_group_version(group_version)]


def _response_kind(gvk: tuple[str, str, str]) -> JsonObject:
    return {"group": gvk[0], "version": gvk[1], "kind": gvk[2]}


def _aggregated_resource(kind: Kind) -> JsonObject:
    resource: JsonObject = {
        "resource": kind.plural,
        "responseKind": _response_kind(kind.gvk),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    if kind.short_names:
        resource["shortNames"] = list(kind.short_names)
    if kind.categories:
        resource["categories"] = list(kind.categories)
    if kind.subresources:
        resource["subresources"] = [
            {
                "subresource": part,
                "responseKind": _response_kind(_part_kind(kind, part)),
                "verbs": list(_SUBRESOURCE_VERBS.get(part, _PART_VERBS)),
            }
            for part in kind.subresources
        ]
    return resource
