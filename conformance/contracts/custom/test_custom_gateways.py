"""A custom kind as Gateway API's are made: lists by key, sets, atomic maps, patterns, two versions."""

from typing import Any

from conformance.harness.contract import contract
from conformance.harness.side import Side

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
APPLY = "application/apply-patch+yaml"
NAME = {
    "type": "string",
    "minLength": 1,
    "maxLength": 63,
    "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
}
LISTENER = {
    "type": "object",
    "required": ["name", "port", "protocol"],
    "properties": {
        "name": NAME,
        "hostname": {"type": "string", "pattern": r"^(\*\.)?[[:alnum:]]+(\.[[:alnum:]]+)*$"},
        "port": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 65535},
        "protocol": {"type": "string", "enum": ["HTTP", "HTTPS"]},
        "allowedRoutes": {
            "type": "object",
            "default": {"namespaces": {"from": "Same"}},
            "properties": {
                "namespaces": {
                    "type": "object",
                    "default": {"from": "Same"},
                    "properties": {"from": {"type": "string", "enum": ["All", "Same"], "default": "Same"}},
                }
            },
        },
    },
}
SPEC = {
    "type": "object",
    "required": ["className", "listeners"],
    "properties": {
        "className": NAME,
        "listeners": {
            "type": "array",
            "description": "Where traffic comes in.",
            "minItems": 1,
            "maxItems": 4,
            "items": LISTENER,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
        "addresses": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "options": {
            "type": "object",
            "x-kubernetes-map-type": "atomic",
            "additionalProperties": {"type": "string"},
        },
        "parents": {
            "type": "array",
            "x-kubernetes-list-type": "atomic",
            "items": {"type": "object", "properties": {"name": {"type": "string"}}},
        },
        "weight": {"x-kubernetes-int-or-string": True},
    },
}
CONDITIONS = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
    "items": {
        "type": "object",
        "required": ["type", "status"],
        "properties": {"type": {"type": "string"}, "status": {"type": "string", "enum": ["True", "False"]}},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["spec"],
    "properties": {
        "spec": SPEC,
        "status": {
            "type": "object",
            "default": {"conditions": [{"type": "Accepted", "status": "False"}]},
            "properties": {"conditions": CONDITIONS},
        },
    },
}
READY = {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Accepted")].status'}


def listener(name: str = "web", port: int = 80, **more: Any) -> dict[str, Any]:
    return {"name": name, "port": port, "protocol": "HTTP", **more}


def gateway(api: Side, name: str = "edge", **spec: Any) -> dict[str, Any]:
    identity = {"apiVersion": f"{api.ns}.example.com/v1", "kind": "Gateway", "metadata": {"name": name}}
    return {**identity, "spec": {"className": "lab", "listeners": [listener()], **spec}}


def gateways(api: Side, name: str = "", version: str = "v1") -> str:
    return api.path(f"{api.ns}.example.com/{version}/gateways", name)


def _version(name: str, *, storage: bool) -> dict[str, Any]:
    return {
        "name": name,
        "served": True,
        "storage": storage,
        "schema": {"openAPIV3Schema": SCHEMA},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [READY],
    }


def install(api: Side) -> None:
    """The kind, served in two versions."""
    group = f"{api.ns}.example.com"
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gateways.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "gateways", "kind": "Gateway", "shortNames": ["gtw"], "categories": ["nets"]},
            "versions": [_version("v1", storage=True), _version("v1beta1", storage=False)],
        },
    }
    api.quietly("POST", DEFINITIONS, body)
    for version in ("v1", "v1beta1"):
        api.wait(
            gateways(api, version=version), "served", lambda body: isinstance(body, dict) and "items" in body
        )


@contract
def test_custom_gateways(api: Side) -> None:
    """Defaults within defaults, keys, bounds and patterns; the status apart; what a person sees of it."""
    install(api)
    api.ask("create", "POST", gateways(api), gateway(api, addresses=["a"], options={"a": "b"}, weight="5%"))
    bad: dict[str, dict[str, Any]] = {
        "no listeners": {"listeners": []},
        "same name": {"listeners": [listener(), listener(port=81)]},
        "name": {"listeners": [listener("A_b")]},
        "hostname": {"listeners": [listener(hostname="-")]},
        "port": {"listeners": [listener(port=0)]},
        "protocol": {"listeners": [listener(protocol="UDP")]},
        "same address": {"addresses": ["a", "a"]},
        "weight": {"weight": 1.5},
        "class": {"className": "x" * 64},
    }
    for name, spec in bad.items():
        api.ask(name, "POST", gateways(api), gateway(api, "bad", **spec))
    api.ask("beta", "GET", gateways(api, "edge", "v1beta1"))
    accepted = {"status": {"conditions": [{"type": "Accepted", "status": "True"}]}}
    api.patch("status", "merge", gateways(api, "edge") + "/status", accepted)
    unknown = {"status": {"conditions": [{"type": "Accepted", "status": "Maybe"}]}}
    api.patch("bad status", "merge", gateways(api, "edge") + "/status", unknown)
    api.kubectl("get gtw")
    api.kubectl("get nets")
    api.kubectl("explain gateways.spec.listeners")
    api.kubectl("explain gateways.v1beta1.NAMESPACE.example.com".replace("NAMESPACE", api.ns))


@contract
def test_custom_applied(api: Side) -> None:
    """Who owns which item: lists by key and sets are shared, atomic lists and maps are not."""
    install(api)

    def apply(label: str, body: object, query: str, part: str = "") -> None:
        path = f"{gateways(api, 'edge')}{part}?{query}"
        api.ask(label, "PATCH", path, body, Content_Type=APPLY)

    first = gateway(api, addresses=["a", "b"], options={"a": "1"}, parents=[{"name": "x"}])
    apply("made", first, "fieldManager=one")
    second = gateway(api, addresses=["c"], listeners=[listener("tls", 443)])
    apply("items of another", second, "fieldManager=two")
    changed = gateway(api, listeners=[listener(port=8080)])
    apply("an item that another has", changed, "fieldManager=two")
    apply("an atomic map", gateway(api, options={"b": "2"}), "fieldManager=two")
    apply("an atomic list", gateway(api, parents=[{"name": "y"}]), "fieldManager=two")
    apply("taken", gateway(api, parents=[{"name": "y"}]), "fieldManager=two&force=true")
    apply("fewer", gateway(api, addresses=["a"]), "fieldManager=one")
    apply("beyond a bound", gateway(api, listeners=[listener(port=0)]), "fieldManager=one&force=true")
    apply("unknown", gateway(api, tier=1), "fieldManager=one&fieldValidation=Strict")
    apply("same key", gateway(api, listeners=[listener(), listener(port=81)]), "fieldManager=one")
    text = f"apiVersion: {api.ns}.example.com/v1\nkind: Gateway\nspec:\n  className: a\n  className: b\n"
    apply("twice", text.encode(), "fieldManager=one&fieldValidation=Strict&force=true")
    identity = {name: first[name] for name in ("apiVersion", "kind")}
    ready = {**identity, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    apply("status", ready, "fieldManager=three", "/status")
    beta = {**gateway(api, addresses=["b"]), "apiVersion": f"{api.ns}.example.com/v1beta1"}
    path = f"{gateways(api, 'edge', 'v1beta1')}?fieldManager=one&force=true"
    api.ask("in another version", "PATCH", path, beta, Content_Type=APPLY)
