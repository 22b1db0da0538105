"""Requests made by the API's own OpenAPI v3: mostly as it describes them, each here and there spoilt."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

PREFIX = "#/components/schemas/"
METHODS = ("get", "post", "put", "patch", "delete")
STREAMS = ("/exec", "/attach", "/portforward", "/proxy", "/watch/", "/log")
PATCHES = ("application/merge-patch+json", "application/strategic-merge-patch+json")
APPLY, JSON_PATCH = "application/apply-patch+yaml", "application/json-patch+json"
NAMES = ("default", "a", "b", "kube-system", "A_B", "x" * 300, "%", "ä", "..", "a.b.c")
STRINGS = (
    *(
        "",
        "a",
        "b",
        "default",
        "-1",
        "0",
        "100m",
        "1e400",
        "1Ki",
        "10.0.0.1",
        "10.0.0.0/33",
        "::",
        "80",
        "TCP",
    ),
    *(
        "*",
        "kubernetes.io/x",
        "a/b/c",
        "ä€",
        "\x00",
        "\ud7ff",
        "x" * 300,
        "2026-12-01T09:00:00Z",
        "{",
        "[",
        "$(",
    ),
    *(
        "99999999999999999999",
        "ClusterIP",
        "None",
        "Always",
        "In",
        "Exists",
        "/",
        "../..",
        "a=b",
        "!",
        "(",
        "true",
    ),
)
INTEGERS = (0, 1, -1, 80, 65536, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
ODD: tuple[object, ...] = (
    None,
    True,
    [],
    {},
    [None],
    {"": None},
    [[]],
    {"a": {"b": []}},
    0.5,
    1e308,
    "",
    "x",
    -1,
    2**63,
)
FIELD_PATHS = (
    "",
    "/",
    "/metadata",
    "/metadata/name",
    "/spec",
    "/spec/x/0",
    "/metadata/labels/a~1b",
    "/~2",
    "x",
    "/-",
)
DEEPEST = 7


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    body: object
    content_type: str


class Fuzz:
    """`documents` are of /openapi/v3; the same `rng` gives the same requests."""

    def __init__(self, documents: list[dict[str, Any]], rng: Random) -> None:
        self._rng = rng
        self._asked = [
            (document["components"]["schemas"], path, method, operations)
            for document in documents
            for path, operations in sorted(document.get("paths", {}).items())
            if not any(each in path for each in STREAMS)
            for method in METHODS
            if method in operations
        ]

    def __len__(self) -> int:
        return len(self._asked)

    def one(self, number: int) -> Asked:
        """Of the operation of this number, modulo how many there are."""
        schemas, path, method, operations = self._asked[number % len(self._asked)]
        operation = operations[method]
        body, content_type = None, "application/json"
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]
            schema = next(iter(content.values()))["schema"]
            body, content_type = self._body(schemas, schema, method, operations)
        parameters = [*operations.get("parameters", ()), *operation.get("parameters", ())]
        return Asked(method.upper(), self._path(path) + self._query(parameters), body, content_type)

    def _body(
        self, schemas: Mapping[str, Any], schema: dict[str, Any], method: str, operations: dict[str, Any]
    ) -> tuple[object, str]:
        if method != "patch":
            return self._value(schemas, schema, 0), "application/json"
        kind = self._rng.choice((*PATCHES, APPLY, JSON_PATCH))
        whole = operations.get("put") or operations.get("post")
        if whole and "requestBody" in whole:
            schema = next(iter(whole["requestBody"]["content"].values()))["schema"]
        if kind == JSON_PATCH:
            return [self._step(schemas, schema) for _ in range(self._rng.randint(0, 3))], kind
        return self._value(schemas, schema, 0), kind

    def _step(self, schemas: Mapping[str, Any], schema: dict[str, Any]) -> object:
        choice = self._rng.choice
        step = {
            "op": choice(("add", "remove", "replace", "move", "copy", "test", "x")),
            "path": choice(FIELD_PATHS),
            "from": choice(FIELD_PATHS),
            "value": self._value(schemas, schema, 3),
        }
        return choice(ODD) if self._rng.random() < 0.05 else step

    def _path(self, path: str) -> str:
        return "/".join(
            quote(self._rng.choice(NAMES), safe="") if part.startswith("{") else part
            for part in path.split("/")
        )

    def _query(self, parameters: list[dict[str, Any]]) -> str:
        names = [each["name"] for each in parameters if each.get("in") == "query"]
        taken = [name for name in names if name not in {"watch", "pretty"} and self._rng.random() < 0.08]
        values = [(name, self._rng.choice((*STRINGS, "All", "1", "true", "a"))) for name in taken]
        return f"?{urlencode(values)}" if values else ""

    def _value(self, schemas: Mapping[str, Any], schema: dict[str, Any], depth: int) -> object:
        if self._rng.random() < 0.015:
            return deepcopy(self._rng.choice(ODD))
        for each in schema.get("allOf", ()):
            schema = each
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(PREFIX)
            return self._object(schemas, schemas[name], depth, _kind(schemas[name]))
        return self._of_type(schemas, schema, depth)

    def _of_type(self, schemas: Mapping[str, Any], schema: dict[str, Any], depth: int) -> object:
        choice = self._rng.choice
        if "oneOf" in schema:
            schema = choice(schema["oneOf"])
        match schema.get("type"):
            case "string":
                return choice(tuple(schema.get("enum") or STRINGS))
            case "integer":
                return choice(INTEGERS)
            case "number":
                return choice((0, 0.5, -1, 1e308))
            case "boolean":
                return choice((True, False))
            case "array":
                many = self._rng.randint(0, 2) if depth < DEEPEST else 0
                return [self._value(schemas, schema["items"], depth + 1) for _ in range(many)]
        return self._object(schemas, schema, depth, {})

    def _object(
        self, schemas: Mapping[str, Any], schema: dict[str, Any], depth: int, start: dict[str, object]
    ) -> object:
        if "properties" not in schema:
            more = schema.get("additionalProperties")
            if isinstance(more, dict):
                return {self._rng.choice(STRINGS): self._value(schemas, more, depth + 1) for _ in range(2)}
            return self._of_type(schemas, schema, depth) if schema.get("type", "object") != "object" else {}
        required, few = schema.get("required", ()), 0.5 if depth < 3 else 0.25
        for name, each in schema["properties"].items():
            wanted = name in required or name in {"spec", "metadata"} or self._rng.random() < few
            if name not in start and wanted and depth < DEEPEST:
                start[name] = self._value(schemas, each, depth + 1)
        if depth == 1 and "generateName" in schema["properties"]:
            start |= {"name": self._rng.choice(NAMES[:4])}
            if self._rng.random() < 0.9:
                for name in ("resourceVersion", "uid", "namespace", "generateName", "managedFields"):
                    start.pop(name, None)
        return start


def _kind(schema: dict[str, Any]) -> dict[str, object]:
    for each in schema.get("x-kubernetes-group-version-kind", ()):
        group, version = each["group"], each["version"]
        return {"apiVersion": f"{group}/{version}" if group else version, "kind": each["kind"]}
    return {}


POD = {
    "containers": [
        {
            "name": "c",
            "image": "busybox",
            "ports": [{"containerPort": 80}],
            "env": [{"name": "A", "value": "1"}],
        }
    ]
}
TEMPLATE = {"metadata": {"labels": {"app": "a"}}, "spec": POD}
OF_LABELS = {"selector": {"matchLabels": {"app": "a"}}, "template": TEMPLATE}
RESTARTED_NEVER = {"template": {"spec": {**POD, "restartPolicy": "Never"}}}
CRD_VERSION = {
    "name": "v1",
    "served": True,
    "storage": True,
    "subresources": {"status": {}},
    "additionalPrinterColumns": [{"name": "n", "type": "string", "jsonPath": ".spec.n"}],
    "schema": {
        "openAPIV3Schema": {
            "type": "object",
            "properties": {
                "spec": {
                    "type": "object",
                    "properties": {"n": {"type": "integer", "minimum": 1, "default": 2}},
                    "x-kubernetes-validations": [{"rule": "self.n > 0", "message": "m"}],
                }
            },
        }
    },
}
CRD = {
    "group": "x.org",
    "scope": "Namespaced",
    "names": {"plural": "as", "kind": "A"},
    "versions": [CRD_VERSION],
}
METRIC = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
}
CPU_SCALED = {
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
    "maxReplicas": 3,
    "metrics": [METRIC],
}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
POLICY = {
    "podSelector": {},
    "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 80}]}],
}
BACKEND = {"service": {"name": "a", "port": {"number": 80}}}
INGRESS = {
    "rules": [{"host": "a.b", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]}}]
}
HARD = {"hard": {"pods": "5", "requests.cpu": "1"}}
RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
SLICE = {
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.1.0.1"], "conditions": {"ready": True}}],
    "ports": [{"name": "p", "port": 80, "protocol": "TCP"}],
}
SERVICE = {"type": "NodePort", "selector": {"app": "a"}, "ports": [{"port": 80, "targetPort": "http"}]}
VALID: dict[str, dict[str, Any]] = {
    "/api/v1/namespaces/default/pods": {"spec": POD},
    "/api/v1/namespaces/default/services": {"spec": SERVICE},
    "/api/v1/namespaces/default/configmaps": {"data": {"a": "b"}, "binaryData": {"c": "AA=="}},
    "/api/v1/namespaces/default/secrets": {"type": "Opaque", "stringData": {"a": "b"}},
    "/api/v1/namespaces/default/persistentvolumeclaims": {"spec": CLAIM},
    "/api/v1/namespaces/default/resourcequotas": {"spec": HARD},
    "/api/v1/namespaces/default/limitranges": {
        "spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}, "default": {"cpu": "100m"}}]}
    },
    "/api/v1/namespaces": {"metadata": {"labels": {"a": "b"}}},
    "/api/v1/nodes": {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}},
    "/apis/apps/v1/namespaces/default/deployments": {"spec": OF_LABELS},
    "/apis/apps/v1/namespaces/default/daemonsets": {"spec": OF_LABELS},
    "/apis/apps/v1/namespaces/default/statefulsets": {"spec": {**OF_LABELS, "serviceName": "a"}},
    "/apis/batch/v1/namespaces/default/jobs": {"spec": {**RESTARTED_NEVER, "completions": 2}},
    "/apis/batch/v1/namespaces/default/cronjobs": {
        "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": RESTARTED_NEVER}}
    },
    "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers": {"spec": CPU_SCALED},
    "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies": {"spec": POLICY},
    "/apis/networking.k8s.io/v1/namespaces/default/ingresses": {"spec": INGRESS},
    "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices": SLICE,
    "/apis/policy/v1/namespaces/default/poddisruptionbudgets": {
        "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "a"}}}
    },
    "/apis/rbac.authorization.k8s.io/v1/clusterroles": {"rules": [RULE]},
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": {"spec": CRD},
}


def spoilt(rng: Random) -> Asked:
    """A valid object, spoilt at no place or a few, to be created, replaced, patched or removed."""
    collection, sample = rng.choice(tuple(VALID.items()))
    kept = "as.x.org" if collection.endswith("customresourcedefinitions") else rng.choice(("a", "b"))
    body = deepcopy(sample)
    body["metadata"] = {**body.get("metadata", {}), "name": kept}
    for _ in range(rng.choice((0, 0, 1, 1, 1, 2, 3))):
        _spoil(rng, body)
    path, method = f"{collection}/{kept}", rng.choice(("POST", "POST", "PUT", "PUT", "PATCH", "DELETE"))
    if method in {"PUT", "PATCH"}:
        path += rng.choice(("", "", "", "/status", "/scale"))
    if method == "POST":
        path = collection
    if method != "PATCH":
        return Asked(method, path, None if method == "DELETE" else body, "application/json")
    step = {"op": rng.choice(("add", "replace")), "path": "/spec", "value": body.get("spec", {})}
    kind = rng.choice((*PATCHES, JSON_PATCH))
    return Asked(method, path, [step] if kind == JSON_PATCH else body, kind)


def _spoil(rng: Random, within: Any) -> None:
    """Go down from it at random, and put something else there."""
    keys = tuple(within) if isinstance(within, dict) else tuple(range(len(within)))
    if not keys:
        return
    key = rng.choice(keys)
    if isinstance(within[key], dict | list) and within[key] and rng.random() < 0.85:
        _spoil(rng, within[key])
    elif isinstance(within, dict) and rng.random() < 0.2:
        within[rng.choice(STRINGS)] = within.pop(key)
    else:
        within[key] = deepcopy(rng.choice(rng.choice((ODD, STRINGS, INTEGERS))))
