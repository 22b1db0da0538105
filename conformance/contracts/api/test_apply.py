"""Server-side apply and managedFields: who owns what, what goes, what is refused, and in which words."""

from typing import Any

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "name": "a",
                        "image": "nginx",
                        "ports": [{"containerPort": 80}],
                        "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}],
                    }
                ]
            },
        },
    },
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "annotations": {"a": "1"}},
    "spec": {
        "selector": {"app": "web"},
        "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}],
    },
}
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "finalizers": ["example.com/a"]},
    "spec": {
        "nodeSelector": {"none": "such"},
        "containers": [{"name": "c", "image": "nginx", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "terminationGracePeriodSeconds": 0,
    },
}
OBJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "deployment": ("apps/v1/deployments", DEPLOYMENT),
    "service": ("services", SERVICE),
    "pod": ("pods", POD),
    "secret": (
        "secrets",
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}},
    ),
    "serviceaccount": (
        "serviceaccounts",
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s"}},
    ),
    "claim": (
        "persistentvolumeclaims",
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "v"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
    ),
    "rolebinding": (
        "rbac.authorization.k8s.io/v1/rolebindings",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "r"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "ServiceAccount", "name": "default"}],
        },
    ),
    "statefulset": (
        "apps/v1/statefulsets",
        {**DEPLOYMENT, "kind": "StatefulSet", "spec": {**DEPLOYMENT["spec"], "serviceName": "web"}},
    ),
    "lease": (
        "coordination.k8s.io/v1/leases",
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": "l"},
            "spec": {"holderIdentity": "me"},
        },
    ),
}


def config_map(**data: Any) -> dict[str, Any]:
    """A ConfigMap to be applied."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def apply(api: Side, label: str, path: str, body: object, query: str = "?fieldManager=me") -> None:
    """PATCH with a configuration; what controllers write beside it is not compared."""
    answer = api.tried("PATCH", path + query, body, Content_Type="application/apply-patch+yaml")
    found = answer["body"]
    if isinstance(found, dict) and found.get("kind") != "Status":
        found = {name: each for name, each in found.items() if name not in ("status", "metadata")}
        metadata = answer["body"]["metadata"]
        found["metadata"] = {
            name: metadata.get(name) for name in ("name", "finalizers", "labels", "managedFields")
        }
    api.record(label, {**answer, "body": found})


@contract
@pytest.mark.parametrize("kind", OBJECTS)
def test_owned_by_who_creates_or_applies(api: Side, kind: str) -> None:
    """The fields that a create owns, and an apply of the same."""
    resource, body = OBJECTS[kind]
    api.create("create", resource, body)
    api.quietly("DELETE", api.path(resource, body["metadata"]["name"]))
    if kind == "pod":
        api.quietly(
            "PATCH",
            api.path(resource, "p"),
            {"metadata": {"finalizers": None}},
            Content_Type="application/merge-patch+json",
        )
    name = body["metadata"]["name"]
    path = api.path(resource, name)
    again = {**body, "metadata": {**body["metadata"], "name": "applied"}}
    apply(api, "apply", path.removesuffix(name) + "applied", again)
    apply(api, "apply again", path.removesuffix(name) + "applied", again)


@contract
def test_fields_of_two(api: Side) -> None:
    """Conflicts, force, what is shared, what one no longer states."""
    path = api.path("configmaps", "c")
    apply(api, "create", path, config_map(a="1", b="1"))
    apply(api, "share", path, config_map(a="1", c="2"), "?fieldManager=you")
    apply(api, "conflict", path, config_map(a="2", c="2"), "?fieldManager=you")
    apply(api, "two conflicts", path, config_map(a="2", b="2", c="2"), "?fieldManager=you")
    apply(api, "dry run", path, config_map(a="2", c="2"), "?fieldManager=you&force=true&dryRun=All")
    apply(api, "force", path, config_map(a="2", c="2"), "?fieldManager=you&force=true")
    apply(api, "state less", path, config_map(b="1"))
    apply(api, "state nothing", path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}})
    apply(api, "null", path, config_map(c=None), "?fieldManager=you")
    api.patch("update", "merge", path + "?fieldManager=other", {"data": {"c": "3", "z": "1"}})
    apply(api, "conflict with an update", path, config_map(c="4"), "?fieldManager=you")
    apply(api, "conflict of three", path, config_map(c="4", z="2"))
    api.patch("take away", "merge", path + "?fieldManager=other", {"data": {"z": None}})
    api.patch("no change", "merge", path + "?fieldManager=third", {"data": {"c": "3"}})
    api.patch("clear", "merge", path + "?fieldManager=other", {"metadata": {"managedFields": [{}]}})
    apply(api, "begin anew", path, config_map(c="3"))
    api.patch(
        "clear again", "json", path, [{"op": "replace", "path": "/metadata/managedFields", "value": []}]
    )
    api.get("metadata", "configmaps", "c")


@contract
def test_lists(api: Side) -> None:
    """Items of lists by their keys, sets, and lists that are one whole."""
    path = api.path("apps/v1/deployments", "web")
    apply(api, "create", path, DEPLOYMENT)

    def with_pod(**spec: Any) -> dict[str, Any]:
        template = {"spec": spec}
        return {**DEPLOYMENT, "metadata": {"name": "web"}, "spec": {"template": template}}

    side = with_pod(
        containers=[{"name": "side", "image": "s"}, {"name": "a", "env": [{"name": "Z", "value": "3"}]}],
        tolerations=[{"operator": "Exists"}],
    )
    apply(api, "another's container", path, side, "?fieldManager=you")
    apply(
        api, "another's value", path, with_pod(containers=[{"name": "a", "image": "x"}]), "?fieldManager=you"
    )
    fewer = {**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"]}}
    fewer["spec"]["template"] = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "a", "image": "nginx", "env": [{"name": "Y", "value": "2"}]}]},
    }
    apply(api, "fewer items", path, fewer)
    apply(api, "one whole", path, with_pod(tolerations=[{"key": "x", "operator": "Exists"}]))
    apply(
        api,
        "a container goes",
        path,
        with_pod(containers=[{"name": "side", "image": "s"}]),
        "?fieldManager=you",
    )
    apply(api, "twice the same", path, with_pod(containers=[{"name": "a"}, {"name": "a"}]))
    service = api.path("services", "web")
    apply(api, "service", service, SERVICE)
    ports = {
        **SERVICE,
        "spec": {"ports": [{"name": "b", "port": 81}, {"name": "c", "port": 82, "protocol": "UDP"}]},
    }
    apply(api, "other ports", service, ports)
    apply(api, "no ports", service, {**SERVICE, "spec": {}})
    finalizers = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "finalizers": ["x.com/a"]},
    }
    apply(api, "set", api.path("configmaps", "c"), finalizers)
    finalizers["metadata"]["finalizers"] = ["x.com/b"]  # type: ignore[index]
    apply(api, "another set", api.path("configmaps", "c"), finalizers, "?fieldManager=you")
    finalizers["metadata"]["finalizers"] = []  # type: ignore[index]
    apply(api, "empty set", api.path("configmaps", "c"), finalizers)
    apply(api, "no set", api.path("configmaps", "c"), finalizers, "?fieldManager=you")


REFUSED: dict[str, tuple[str, Any]] = {
    "no-manager": ("", config_map(a="1")),
    "long-manager": ("?fieldManager=" + "m" * 129, config_map(a="1")),
    "unprintable": ("?fieldManager=a%0Ab", config_map(a="1")),
    "unknown-field": ("?fieldManager=me", {**config_map(a="1"), "datas": {}}),
    "other-kind": ("?fieldManager=me", {**config_map(a="1"), "kind": "Secret"}),
    "no-kind": ("?fieldManager=me", {"metadata": {"name": "c"}}),
    "other-version": ("?fieldManager=me", {**config_map(a="1"), "apiVersion": "v2"}),
    "other-name": ("?fieldManager=me", {**config_map(a="1"), "metadata": {"name": "d"}}),
    "other-namespace": (
        "?fieldManager=me",
        {**config_map(a="1"), "metadata": {"name": "c", "namespace": "x"}},
    ),
    "no-name": ("?fieldManager=me", {**config_map(a="1"), "metadata": {}}),
    "managed": ("?fieldManager=me", {**config_map(a="1"), "metadata": {"name": "c", "managedFields": []}}),
    "uid": ("?fieldManager=me", {**config_map(a="1"), "metadata": {"name": "c", "uid": "x"}}),
    "version": ("?fieldManager=me", {**config_map(a="1"), "metadata": {"name": "c", "resourceVersion": "1"}}),
    "type": ("?fieldManager=me", config_map(a=1)),
    "yaml": (
        "?fieldManager=me",
        b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b, a: c}\n",
    ),
    "strict": (
        "?fieldManager=me&fieldValidation=Strict",
        b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b, a: c}\n",
    ),
    "array": ("?fieldManager=me", [config_map(a="1")]),
    "text": ("?fieldManager=me", b"a: b: c"),
}


@contract
@pytest.mark.parametrize("case", REFUSED)
def test_refused(api: Side, case: str) -> None:
    """What cannot be applied, to nothing and to an object."""
    query, body = REFUSED[case]
    path = api.path("configmaps", "c")
    apply(api, "create", path, body, query)
    api.quietly("POST", api.path("configmaps"), {**config_map(a="0"), "metadata": {"name": "d"}})
    if isinstance(body, dict) and case != "other-name":
        body = {**body, "metadata": {**body["metadata"], **({"name": "d"} if case != "no-name" else {})}}
        apply(api, "change", api.path("configmaps", "d"), body, query)


@contract
def test_media(api: Side) -> None:
    """Other media types, and options of other patches."""
    path = api.path("configmaps", "c")
    api.ask("cbor", "PATCH", path + "?fieldManager=me", b"x", Content_Type="application/apply-patch+cbor")
    api.quietly("POST", api.path("configmaps"), config_map(a="0"))
    api.patch("force of another patch", "merge", path + "?force=true", {"data": {"b": "1"}})
    api.ask(
        "agent",
        "PATCH",
        path,
        {"data": {"b": "1"}},
        Content_Type="application/merge-patch+json",
        User_Agent="x/1 y",
    )
    api.ask("put", "PUT", path, config_map(b="1"), User_Agent="z/1")
    api.ask("long", "PUT", path, config_map(b="2"), User_Agent="z" * 200)


@contract
def test_many_updaters(api: Side) -> None:
    """Of more than ten managers of updates the oldest become one."""
    path = api.path("configmaps", "c")
    api.quietly("POST", api.path("configmaps") + "?fieldManager=m00", config_map(a00="0"))
    for number in range(1, 13):
        api.quietly(
            "PATCH",
            path + f"?fieldManager=m{number:02}",
            {"data": {f"a{number:02}": "0"}},
            Content_Type="application/merge-patch+json",
        )
    api.get("all", "configmaps", "c")


@contract
def test_parts(api: Side) -> None:
    """Status and scale are written by managers of their own."""
    path = api.path("apps/v1/deployments", "web")
    paused = {**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "paused": True}}
    apply(api, "create", path, paused)
    api.patch("scale", "merge", f"{path}/scale?fieldManager=scaler", {"spec": {"replicas": 0}})
    api.patch("scale up", "merge", f"{path}/scale?fieldManager=scaler", {"spec": {"replicas": 1}})
    apply(api, "conflict with scale", path, paused)
    scale = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "web"},
        "spec": {"replicas": 2},
    }
    apply(api, "scale conflicts", f"{path}/scale", scale, "?fieldManager=hpa")
    apply(api, "scale forced", f"{path}/scale", scale, "?fieldManager=hpa&force=true")
    found = api.quietly("GET", path).body
    api.record("scaled", [found["spec"]["replicas"], {"managedFields": found["metadata"]["managedFields"]}])
    unscaled = {**paused, "spec": {name: each for name, each in paused["spec"].items() if name != "replicas"}}
    apply(api, "no longer states replicas", path, unscaled)
    service = api.path("services", "web")
    apply(api, "service", service, SERVICE)
    status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}}
    api.patch("status", "merge", f"{service}/status?fieldManager=lb", {"status": status})
    apply(api, "status applied", f"{service}/status", {**SERVICE, "spec": {}, "status": status})
    conditions = [
        {
            "type": "x/y",
            "status": "True",
            "reason": "R",
            "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
    ]
    body = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "status": {"conditions": conditions},
    }
    apply(api, "condition applied", f"{service}/status", body)
    apply(api, "with status", service, {**SERVICE, "status": status})


KUBECTL: dict[str, list[str]] = {
    "twice": [
        "apply --server-side -f -",
        "apply --server-side -f -",
        "get configmap c -o yaml --show-managed-fields",
    ],
    "manager": [
        "apply --server-side --field-manager=me -f -",
        "get configmap c -o json --show-managed-fields",
    ],
    "diff": ["apply --server-side -f -", "diff --server-side -f -"],
    "migrated": [
        "apply -f -",
        "get configmap c -o yaml --show-managed-fields",
        "apply --server-side -f -",
        "get configmap c -o yaml --show-managed-fields",
        "apply view-last-applied configmap c",
    ],
    "conflict": [
        "create -f -",
        'patch configmap c --type=merge -p \'{"data":{"a":"9"}}\'',
        "apply --server-side -f -",
        "apply --server-side --force-conflicts -f -",
        "get configmap c -o yaml --show-managed-fields",
    ],
    "back": ["apply --server-side -f -", "apply -f -", "get configmap c -o yaml --show-managed-fields"],
    "saved": ["create --save-config -f -", "get configmap c -o yaml --show-managed-fields"],
    "validated": ["apply --server-side --validate=strict -f -", "apply --server-side --dry-run=server -f -"],
    "sets": [
        "label configmap none a=b",
        "create configmap e --from-literal=a=b",
        "label configmap e a=b",
        "annotate configmap e c=d",
    ],
}


@contract
@pytest.mark.parametrize("case", KUBECTL)
def test_kubectl(api: Side, case: str) -> None:
    """kubectl's ways to apply, and what is owned then."""
    for command in KUBECTL[case]:
        api.kubectl(command, config_map(a="1", b="2") if "-f -" in command else None)
    if case == "sets":
        api.get("owned", "configmaps", "e")
