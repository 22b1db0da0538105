"""The paths of a kind in OpenAPI v3, with the extensions by which kubectl finds its way."""

from collections.abc import Iterator
from typing import Any, Final

from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.schema.definitions import GVK, kinds

SCALE: Final[GVK] = ("autoscaling", "v1", "Scale")
EVICTION: Final[GVK] = ("policy", "v1", "Eviction")
TOKEN_REQUEST: Final[GVK] = ("authentication.k8s.io", "v1", "TokenRequest")
STRATEGIC: Final = "application/strategic-merge-patch+json"
PATCH_TYPES: Final = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    STRATEGIC,
)
# Subresources that are connections: whose options their query holds, and what is in it.
CONNECT_KINDS: Final[dict[str, GVK]] = {
    "attach": ("", "v1", "PodAttachOptions"),
    "exec": ("", "v1", "PodExecOptions"),
    "portforward": ("", "v1", "PodPortForwardOptions"),
}
_STDIO: Final = {"stderr": "boolean", "stdin": "boolean", "stdout": "boolean", "tty": "boolean"}
_CONNECT_QUERY: Final[dict[str, dict[str, str]]] = {
    "attach": {"container": "string", **_STDIO},
    "exec": {"command": "string", "container": "string", **_STDIO},
    "log": {
        "container": "string",
        "follow": "boolean",
        "insecureSkipTLSVerifyBackend": "boolean",
        "limitBytes": "integer",
        "previous": "boolean",
        "sinceSeconds": "integer",
        "sinceTime": "string",
        "tailLines": "integer",
        "timestamps": "boolean",
    },
    "portforward": {"ports": "integer"},
    "proxy": {"path": "string"},
}
_PROXIED: Final = ("delete", "get", "head", "options", "patch", "post", "put")
_OF_ALL: Final = {
    "list": ("list", "get"),
    "create": ("post", "post"),
    "deletecollection": ("deletecollection", "delete"),
}
_OF_ONE: Final = {"get": "get", "update": "put", "patch": "patch", "delete": "delete"}
# What is posted to a subresource that is neither read nor a connection.
POSTED: Final[dict[str, GVK]] = {
    "binding": ("", "v1", "Binding"),
    "eviction": EVICTION,
    "token": TOKEN_REQUEST,
}

Operation = dict[str, Any]


def base_path(of: str) -> str:
    """Where a group version is served: `/api/v1`, `/apis/apps/v1`."""
    return f"/apis/{of}" if "/" in of else f"/api/{of}"


def gvk_object(gvk: GVK) -> dict[str, str]:
    """The value of x-kubernetes-group-version-kind."""
    return {"group": gvk[0], "kind": gvk[2], "version": gvk[1]}


def paths(kind: Kind) -> dict[str, Any]:
    """Every path of the kind: its collections, its objects, its subresources."""
    base = base_path(kind.group_version)
    plain = f"{base}/{kind.plural}"
    home = f"{base}/namespaces/{{namespace}}/{kind.plural}" if kind.namespaced else plain
    found: dict[str, Any] = {}
    if kind.namespaced and "list" in kind.verbs:
        found[plain] = {"get": _operation("list", kind, "get")}
    found[home] = {
        method: _operation(action, kind, method)
        for verb, (action, method) in _OF_ALL.items()
        if verb in kind.verbs
    }
    if not kind.is_question:
        methods = [method for verb, method in _OF_ONE.items() if verb in kind.verbs]
        found[f"{home}/{{name}}"] = {method: _operation(method, kind, method) for method in methods}
    for name, operations in _subresources(kind):
        found[f"{home}/{{name}}/{name}"] = operations
    for path, item in found.items():
        item["parameters"] = [
            _path_parameter(name) for name in ("namespace", "name") if f"{{{name}}}" in path
        ]
    return found


def _subresources(kind: Kind) -> Iterator[tuple[str, dict[str, Any]]]:
    """Status and scale can be read and written; what else there is, is mostly a connection."""
    for name in sorted(kind.subresources):
        if name in ("status", "scale"):
            of = SCALE if name == "scale" else kind.gvk
            yield name, {verb: _operation(verb, kind, verb, of) for verb in ("get", "put", "patch")}
        elif name == "log":
            yield name, {"get": _connection(name, kind.gvk, "get")}
        elif name in POSTED:
            yield name, {"post": _operation("post", kind, "post", POSTED[name])}
        elif name in CONNECT_KINDS:
            yield name, {verb: _connection(name, CONNECT_KINDS[name], verb) for verb in ("get", "post")}
        elif name == "proxy":
            options: GVK = ("", "v1", f"{kind.kind}ProxyOptions")
            yield name, {verb: _connection(name, options, verb) for verb in _PROXIED}
        else:
            yield name, {"get": _operation("connect", kind, "get")}


def _connection(name: str, gvk: GVK, method: str) -> Operation:
    action = "get" if name == "log" else "connect"
    return {
        "parameters": [
            {"in": "query", "name": one, "schema": {"type": kind, "uniqueItems": True}}
            for one, kind in _CONNECT_QUERY[name].items()
        ],
        "responses": {"200": {"description": "OK", "content": {"*/*": {"schema": {"type": "string"}}}}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk_object(gvk),
    }


def _operation(action: str, kind: Kind, method: str, of: GVK | None = None) -> Operation:
    """An operation on objects of the kind, or on `of`, what one of its subresources is."""
    gvk = of or kind.gvk
    reference = _reference(kind, gvk)
    operation: Operation = {
        "parameters": [_query_parameter(name) for name in _query_names(method)],
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": reference}}}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk_object(gvk),
    }
    if method == "patch":
        patch = {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Patch"}
        content = {each: {"schema": patch} for each in patch_types(kind)}
        operation["requestBody"] = {"required": True, "content": content}
    elif method in ("post", "put"):
        operation["requestBody"] = {"required": True, "content": {"*/*": {"schema": reference}}}
    return operation


def _query_names(method: str) -> tuple[str, ...]:
    match method:
        case "patch":
            return "dryRun", "fieldManager", "fieldValidation", "force"
        case "post" | "put":
            return "dryRun", "fieldManager", "fieldValidation"
        case "delete":
            return "dryRun", "gracePeriodSeconds", "propagationPolicy"
        case _:
            return ()


def _query_parameter(name: str) -> dict[str, Any]:
    types = {"force": "boolean", "gracePeriodSeconds": "integer"}
    return {"in": "query", "name": name, "schema": {"type": types.get(name, "string"), "uniqueItems": True}}


def _path_parameter(name: str) -> dict[str, Any]:
    return {"in": "path", "name": name, "required": True, "schema": {"type": "string", "uniqueItems": True}}


def patch_types(kind: Kind) -> tuple[str, ...]:
    """The patches that can be made to a kind: how lists merge nobody knows of a custom one."""
    return PATCH_TYPES if kind.schema is None else tuple(each for each in PATCH_TYPES if each != STRATEGIC)


def schema_name(kind: Kind) -> str:
    """The name of a custom kind's schema: `com.example.v1.Widget`."""
    return ".".join([*reversed(kind.group.split(".")), kind.version, kind.kind])


def _reference(kind: Kind, gvk: GVK) -> dict[str, Any]:
    custom = kind.schema is not None and gvk == kind.gvk
    name = schema_name(kind) if custom else kinds().get(gvk)
    return {"$ref": f"#/components/schemas/{name}"} if name else {"type": "object"}
