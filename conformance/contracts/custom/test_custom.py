"""CustomResourceDefinitions: which are taken, and what is served of them."""

from copy import deepcopy
from typing import Any

from conformance.harness.contract import contract
from conformance.harness.side import Side

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
SPEC = {
    "type": "object",
    "required": ["addresses"],
    "properties": {
        "addresses": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "items": {"type": "string", "maxLength": 18},
        },
        "autoAssign": {"type": "boolean", "default": True},
        "tier": {"type": "string", "enum": ["gold", "iron"], "nullable": True},
        "size": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 5},
        "ratio": {"type": "number", "multipleOf": 0.5, "exclusiveMinimum": True, "minimum": 0},
        "limit": {"x-kubernetes-int-or-string": True},
        "name": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2},
        "since": {"type": "string", "format": "date-time"},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object", "maxProperties": 2, "additionalProperties": {"type": "string"}},
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["port"],
            "items": {
                "type": "object",
                "required": ["port"],
                "properties": {"port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}},
            },
        },
        "one": {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        "any": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "anyOf": [{"properties": {"a": {"minimum": 5}}, "required": ["a"]}, {"required": ["b"]}],
            "not": {"required": ["a", "b"]},
        },
        "template": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
        },
    },
}
SCHEMA = {
    "type": "object",
    "description": "A pool of addresses.",
    "required": ["spec"],
    "properties": {
        "spec": SPEC,
        "status": {
            "type": "object",
            "properties": {
                "size": {"type": "integer"},
                "selector": {"type": "string"},
                "conditions": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"type": {"type": "string"}, "status": {"type": "string"}},
                    },
                },
            },
        },
    },
}
COLUMNS = [
    {"name": "Auto Assign", "type": "boolean", "jsonPath": ".spec.autoAssign"},
    {"name": "Addresses", "type": "string", "jsonPath": ".spec.addresses", "description": "Ranges."},
    {"name": "First", "type": "string", "jsonPath": ".spec.addresses[0]"},
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 1},
    {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    {"name": "Since", "type": "date", "jsonPath": ".spec.since"},
]


def definition(api: Side, **version: Any) -> dict[str, Any]:
    """A CustomResourceDefinition in a group of the test's own."""
    group = f"{api.ns}.example.com"
    whole = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": SCHEMA},
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.size",
                "statusReplicasPath": ".status.size",
                "labelSelectorPath": ".status.selector",
            },
        },
        "additionalPrinterColumns": COLUMNS,
        "selectableFields": [{"jsonPath": ".spec.tier"}],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"pools.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "pools", "kind": "Pool", "shortNames": ["po"], "categories": ["all"]},
            "versions": [{**whole, **version}],
        },
    }


def condition(name: str, status: str) -> Any:
    def holds(body: Any) -> bool:
        conditions = (body.get("status") or {}).get("conditions") or []
        return any(each["type"] == name and each["status"] == status for each in conditions)

    return holds


def is_list(found: Any) -> bool:
    return isinstance(found, dict) and "items" in found


def serve(api: Side, body: dict[str, Any]) -> None:
    """Create the definition, and wait until its kind is served."""
    api.quietly("POST", DEFINITIONS, body)
    api.wait(f"{DEFINITIONS}/{body['metadata']['name']}", "established", condition("Established", "True"))
    spec = body["spec"]
    for version in spec["versions"]:
        if version["served"]:
            path = f"/apis/{spec['group']}/{version['name']}"
            api.wait(path, "in discovery", lambda found: isinstance(found, dict) and found.get("resources"))
            api.wait(f"{path}/{spec['names']['plural']}", "served", is_list)


def pools(api: Side, name: str = "", version: str = "v1") -> str:
    return api.path(f"{api.ns}.example.com/{version}/pools", name)


def pool(api: Side, name: str = "one", /, **spec: Any) -> dict[str, Any]:
    identity = {"apiVersion": f"{api.ns}.example.com/v1", "kind": "Pool", "metadata": {"name": name}}
    return {**identity, "spec": {"addresses": ["10.0.0.0/24"], **spec}}


@contract
def test_custom_life(api: Side) -> None:
    """From the definition to its end: conditions, discovery, writes, and that objects go with it."""
    body = definition(api)
    api.ask("define", "POST", DEFINITIONS, body)
    where = f"{DEFINITIONS}/{body['metadata']['name']}"
    api.record("established", api.wait(where, "established", condition("Established", "True")))
    api.quietly("GET", where)
    api.wait(
        f"/apis/{api.ns}.example.com/v1",
        "served",
        lambda found: isinstance(found, dict) and found.get("resources"),
    )
    api.ask("group", "GET", f"/apis/{api.ns}.example.com")
    api.ask("resources", "GET", f"/apis/{api.ns}.example.com/v1")
    api.wait(pools(api), "listed", is_list)
    made = api.ask(
        "create", "POST", pools(api), {**pool(api, tier="gold", free={"a": {"b": 1}}), "status": {"size": 1}}
    )
    api.ask("again", "POST", pools(api), pool(api))
    api.ask(
        "replace",
        "PUT",
        pools(api, "one"),
        {**made.body, "spec": {"addresses": ["10.0.1.0/24"], "tier": None}},
    )
    api.ask("replace without version", "PUT", pools(api, "one"), pool(api))
    api.ask("get", "GET", pools(api, "one"))
    api.ask("list", "GET", pools(api))
    api.patch("strategic", "strategic", pools(api, "one"), {"spec": {"size": 1}})
    api.patch("merge", "merge", pools(api, "one"), {"spec": {"size": 1, "ports": [{"port": 1}]}})
    api.patch("json", "json", pools(api, "one"), [{"op": "replace", "path": "/spec/size", "value": 2}])
    api.patch(
        "json of another type",
        "json",
        pools(api, "one"),
        [{"op": "replace", "path": "/spec/size", "value": "x"}],
    )
    status = {
        "status": {"size": 7, "conditions": [{"type": "Ready", "status": "True"}]},
        "metadata": {"labels": {"a": "b"}},
        "spec": {"size": 4},
    }
    api.patch("status", "merge", pools(api, "one") + "/status", status)
    api.patch("status of another type", "merge", pools(api, "one") + "/status", {"status": {"size": "x"}})
    api.ask("scale", "GET", pools(api, "one") + "/scale")
    api.patch("set scale", "merge", pools(api, "one") + "/scale", {"spec": {"replicas": 3}})
    api.patch("scale too far", "merge", pools(api, "one") + "/scale", {"spec": {"replicas": 9}})
    api.ask("table", "GET", pools(api), Accept=TABLE)
    api.ask("field", "GET", pools(api) + "?fieldSelector=spec.tier%3Dgold")
    api.ask("other field", "GET", pools(api) + "?fieldSelector=spec.size%3D1")
    api.ask("not there", "GET", pools(api, "two"))
    api.ask("delete", "DELETE", pools(api, "one"))
    api.quietly("POST", pools(api), pool(api, "two"))
    api.ask("delete definition", "DELETE", where)
    api.wait(where, "gone", lambda found: found.get("code") == 404)
    api.wait(
        pools(api), "served no more", lambda found: not isinstance(found, dict) or found.get("code") == 404
    )


BAD_POOLS: dict[str, Any] = {
    "required": {"addresses": None},
    "items": {"addresses": []},
    "most-items": {"addresses": ["a", "b", "c", "d"]},
    "item-length": {"addresses": ["1234567890123456789"]},
    "type": {"size": "x"},
    "float": {"size": 1.5},
    "whole-float": {"size": 2.0},
    "maximum": {"size": 6},
    "minimum": {"size": -1},
    "exclusive": {"ratio": 0},
    "multiple": {"ratio": 0.75},
    "enum": {"tier": "silver"},
    "null": {"name": None},
    "nullable": {"tier": None},
    "pattern": {"name": "UPPER"},
    "short": {"name": "a"},
    "date": {"since": "yesterday"},
    "int-or-string": {"limit": True},
    "list": {"addresses": "x"},
    "map": {"labels": {"a": 1}},
    "map-size": {"labels": {"a": "1", "b": "2", "c": "3"}},
    "set": {"set": ["a", "b", "a"]},
    "keys": {"ports": [{"port": 1}, {"port": 1}]},
    "in-item": {"ports": [{"protocol": 1, "port": 1}]},
    "one-of-none": {"one": {}},
    "one-of-both": {"one": {"a": "", "b": ""}},
    "any-of": {"any": {"a": 1}},
    "not": {"any": {"a": 5, "b": 1}},
    "embedded": {"template": {"kind": "X"}},
    "embedded-kind": {"template": {"kind": "x y", "apiVersion": "v1"}},
    "embedded-meta": {"template": {"kind": "X", "apiVersion": "v1", "metadata": {"labels": {"-": "x"}}}},
    "unknown": {"tire": 1},
}


@contract
def test_custom_objects(api: Side) -> None:
    """Each rule of a schema, broken alone."""
    serve(api, definition(api))
    for name, spec in BAD_POOLS.items():
        body = pool(api, name, **spec)
        if body["spec"]["addresses"] is None:
            del body["spec"]["addresses"]
        api.ask(name, "POST", pools(api), body)
    api.ask(
        "strict", "POST", pools(api) + "?fieldValidation=Strict", pool(api, "strict", tire=1, free={"a": 1})
    )
    api.ask("no spec", "POST", pools(api), {**pool(api, "x"), "spec": None})
    api.ask("no kind", "POST", pools(api), {"metadata": {"name": "x"}})
    api.ask("name", "POST", pools(api), pool(api, "A_b"))
    api.ask("metadata", "POST", pools(api), {**pool(api), "metadata": {"name": "x", "labels": {"a": 1}}})
    api.ask("other kind", "POST", pools(api), {**pool(api), "kind": "Pond"})
    api.ask("other version", "POST", pools(api), {**pool(api), "apiVersion": "v1"})


def _with_spec(**changed: Any) -> Any:
    def change(body: dict[str, Any]) -> None:
        body["spec"] |= changed

    return change


def _with_names(**changed: Any) -> Any:
    def change(body: dict[str, Any]) -> None:
        body["spec"]["names"] |= changed

    return change


def _with_version(**changed: Any) -> Any:
    def change(body: dict[str, Any]) -> None:
        body["spec"]["versions"][0] |= changed

    return change


def _with_field(schema: Any, **beside: Any) -> Any:
    whole = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"x": schema}, **beside}},
    }
    return _with_version(schema={"openAPIV3Schema": whole}, selectableFields=[], subresources={})


def _with_root(schema: Any) -> Any:
    return _with_version(schema={"openAPIV3Schema": schema}, selectableFields=[], subresources={})


def _renamed(body: dict[str, Any]) -> None:
    body["metadata"]["name"] = "pools"


LIST = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}
BAD_DEFINITIONS: dict[str, Any] = {
    "name": _renamed,
    "scope": _with_spec(scope="Everywhere"),
    "no-scope": _with_spec(scope=""),
    "plural": _with_names(plural="Pools"),
    "kind": _with_names(kind="a b"),
    "same-kinds": _with_names(listKind="Pool"),
    "short": _with_names(shortNames=["A"]),
    "version-name": _with_version(name="V1"),
    "no-storage": _with_version(storage=False),
    "no-schema": _with_version(schema=None),
    "column": _with_version(additionalPrinterColumns=[{"name": "A", "type": "text", "jsonPath": "spec"}]),
    "no-column": _with_version(additionalPrinterColumns=[{}]),
    "scale": _with_version(
        subresources={"scale": {"specReplicasPath": ".status.x", "statusReplicasPath": "status"}}
    ),
    "selectable": _with_version(selectableFields=[{"jsonPath": ".spec.free"}]),
    "selectable-twice": _with_version(
        selectableFields=[{"jsonPath": ".spec.tier"}, {"jsonPath": ".spec.tier"}]
    ),
    "warning": _with_version(deprecationWarning="old"),
    "conversion": _with_spec(conversion={"strategy": "Magic"}),
    "no-webhook": _with_spec(conversion={"strategy": "Webhook"}),
    "webhook": _with_spec(
        conversion={
            "strategy": "Webhook",
            "webhook": {"conversionReviewVersions": ["v3"], "clientConfig": {"url": "http://x"}},
        }
    ),
    "preserve": _with_spec(preserveUnknownFields=True),
    "no-type": _with_root({"properties": {}}),
    "root-type": _with_root({"type": "string"}),
    "root-map": _with_root({"type": "object", "additionalProperties": {"type": "string"}}),
    "root-nullable": _with_root({"type": "object", "nullable": True}),
    "root-meta": _with_root(
        {
            "type": "object",
            "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}},
        }
    ),
    "root-kind": _with_root({"type": "object", "properties": {"kind": {"type": "integer"}}}),
    "status-root": _with_version(
        selectableFields=[], schema={"openAPIV3Schema": {"type": "object", "maxProperties": 3}}
    ),
    "field-type": _with_field({}),
    "odd-type": _with_field({"type": "text"}),
    "items": _with_field({"type": "array"}),
    "unique": _with_field({"type": "array", "uniqueItems": True, "items": {"type": "string"}}),
    "both": _with_field(
        {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "additionalProperties": {"type": "string"},
        }
    ),
    "in-any": _with_field({"type": "string", "anyOf": [{"type": "string"}]}),
    "in-all": _with_field({"type": "string", "allOf": [{"description": "x", "default": "y"}]}),
    "incomplete": _with_root({"type": "object", "oneOf": [{"properties": {"a": {"minimum": 1}}}]}),
    "pattern": _with_field({"type": "string", "pattern": "("}),
    "default": _with_field({"type": "integer", "default": "x"}),
    "unpruned": _with_field({"type": "object", "default": {"a": 1}}),
    "reference": _with_field({"$ref": "#/x", "type": "string"}),
    "int-or-string": _with_field(
        {"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True}
    ),
    "embedded": _with_field({"type": "object", "x-kubernetes-embedded-resource": True}),
    "embedded-type": _with_field({"type": "string", "x-kubernetes-embedded-resource": True}),
    "preserve-false": _with_field({"type": "object", "x-kubernetes-preserve-unknown-fields": False}),
    "list-type": _with_field({**LIST, "x-kubernetes-list-type": "bag"}),
    "list-of-map": _with_field({"type": "object", "x-kubernetes-list-type": "set"}),
    "no-keys": _with_field({**LIST, "x-kubernetes-list-type": "map"}),
    "odd-key": _with_field({**LIST, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["b"]}),
    "key-default": _with_field(
        {**LIST, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]}
    ),
    "set-of-objects": _with_field({**LIST, "x-kubernetes-list-type": "set"}),
    "map-type": _with_field({"type": "string", "x-kubernetes-map-type": "atomic"}),
    "no-rule": _with_field({"type": "string", "x-kubernetes-validations": [{"rule": " "}]}),
    "reason": _with_field(
        {"type": "string", "x-kubernetes-validations": [{"rule": "true", "reason": "Odd"}]}
    ),
}


@contract
def test_custom_definitions(api: Side) -> None:
    """Each rule for definitions, broken alone; and a group of Kubernetes' own."""
    for name, change in BAD_DEFINITIONS.items():
        body = deepcopy(definition(api))
        change(body)
        api.ask(name, "POST", DEFINITIONS, body)
    for group in ("example", "x.k8s.io", "Example.com"):
        body = definition(api)
        body["metadata"]["name"], body["spec"]["group"] = f"pools.{group}", group
        api.ask(group, "POST", DEFINITIONS, body)


@contract
def test_custom_names(api: Side) -> None:
    """A name that another has: not served until that one goes."""
    first, second = definition(api), definition(api)
    serve(api, first)
    second["metadata"]["name"] = f"ponds.{api.ns}.example.com"
    second["spec"]["names"] = {"plural": "ponds", "kind": "Pool", "shortNames": ["po"]}
    api.quietly("POST", DEFINITIONS, second)
    where = f"{DEFINITIONS}/ponds.{api.ns}.example.com"
    api.record("refused", api.wait(where, "names", condition("NamesAccepted", "False"))["status"])
    api.quietly("DELETE", f"{DEFINITIONS}/pools.{api.ns}.example.com")
    body = api.wait(where, "names", condition("Established", "True"))
    api.record("accepted", sorted(each["status"] for each in body["status"]["conditions"]))


@contract
def test_custom_versions(api: Side) -> None:
    """Two versions without conversion, the preferred one first; a deprecated one warns; what is fixed."""
    body = definition(api)
    old = deepcopy(body["spec"]["versions"][0])
    old |= {
        "selectableFields": [],
        "name": "v1beta1",
        "storage": False,
        "deprecated": True,
        "additionalPrinterColumns": [],
    }
    old["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["old"] = {"type": "string"}
    old["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["only"] = {
        "type": "string",
        "default": "here",
    }
    body["spec"]["versions"].insert(0, old)
    serve(api, body)
    api.ask("group", "GET", f"/apis/{api.ns}.example.com")
    api.ask(
        "create",
        "POST",
        pools(api, version="v1beta1"),
        {**pool(api, old="x"), "apiVersion": f"{api.ns}.example.com/v1beta1"},
    )
    api.ask("new", "GET", pools(api, "one"))
    api.ask("old", "GET", pools(api, "one", "v1beta1"))
    api.ask("old list", "GET", pools(api, version="v1beta1"))
    api.ask("table of the old", "GET", pools(api, version="v1beta1"), Accept=TABLE)
    api.patch("old patch", "merge", pools(api, "one", "v1beta1"), {"spec": {"size": 2}})
    where = f"{DEFINITIONS}/{body['metadata']['name']}"
    api.patch(
        "kind", "merge", where, {"spec": {"names": {"kind": "Pond", "plural": "ponds"}, "scope": "Cluster"}}
    )
    api.patch("without the stored", "json", where, [{"op": "remove", "path": "/spec/versions/1"}])
    moved = [
        {"op": "replace", "path": f"/spec/versions/{number}/storage", "value": storage}
        for number, storage in ((0, True), (1, False))
    ]
    api.patch("stored otherwise", "json", where, moved)


@contract
def test_custom_kubectl(api: Side) -> None:
    """What a person types."""
    serve(api, definition(api))
    body = pool(api, tier="gold")
    api.kubectl("apply -f -", body)
    api.kubectl("apply -f -", body)
    api.kubectl("get pools")
    api.kubectl("get po.example.com,pools -o wide")
    api.kubectl("get pool one -o yaml")
    api.kubectl("explain pools.spec.ports")
    api.kubectl("explain pool.spec.template")
    api.kubectl("scale pool one --replicas=2")
    api.kubectl("describe pool one")
    api.kubectl("get all")
    api.kubectl("delete pool one")
