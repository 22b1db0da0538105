"""Writes of any kind: conflicts, patches, options, strictness, and where the body and the URL disagree."""

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "a", "image": "nginx", "env": [{"name": "X", "value": "1"}]}]},
        },
    },
}


@contract
def test_create_again_and_conflict(api: Side) -> None:
    """A name that is taken, a version that is old, an object that is not there."""
    made = api.create("create", "configmaps", CONFIG)
    api.create("create again", "configmaps", CONFIG)
    path = api.path("configmaps", "c")
    api.ask("replace", "PUT", path, {**made.body, "data": {"a": "2"}})
    api.ask("replace stale", "PUT", path, {**made.body, "data": {"a": "3"}})
    api.ask("replace any version", "PUT", path, {**CONFIG, "data": {"a": "4"}})
    api.ask("replace version 0", "PUT", path, {**CONFIG, "metadata": {"name": "c", "resourceVersion": "0"}})
    api.ask(
        "replace version junk", "PUT", path, {**CONFIG, "metadata": {"name": "c", "resourceVersion": "x"}}
    )
    api.ask("replace other uid", "PUT", path, {**CONFIG, "metadata": {"name": "c", "uid": "no"}})
    api.patch(
        "patch stale",
        "merge",
        path,
        {"metadata": {"resourceVersion": made.body["metadata"]["resourceVersion"]}},
    )
    api.patch("patch other uid", "merge", path, {"metadata": {"uid": "no"}})
    api.patch("patch name", "merge", path, {"metadata": {"name": "d"}})
    api.patch("patch namespace", "merge", path, {"metadata": {"namespace": "d"}})
    api.get("missing", "configmaps", "none")
    api.ask(
        "replace missing", "PUT", api.path("configmaps", "none"), {**CONFIG, "metadata": {"name": "none"}}
    )
    api.patch("patch missing", "merge", api.path("configmaps", "none"), {})
    api.ask("delete missing", "DELETE", api.path("configmaps", "none"))
    api.ask("replace name", "PUT", path, {**CONFIG, "metadata": {"name": "other"}})
    api.ask("replace namespace", "PUT", path, {**CONFIG, "metadata": {"name": "c", "namespace": "other"}})
    api.ask("missing deployment", "GET", api.path("apps/v1/deployments", "none"))


@contract
def test_replace_creates_services_only(api: Side) -> None:
    """PUT of an absent object."""
    body = {"metadata": {"name": "new"}, "spec": {"ports": [{"port": 80}]}}
    api.ask("service", "PUT", api.path("services", "new"), body)
    api.ask("deployment", "PUT", api.path("apps/v1/deployments", "web"), DEPLOYMENT)
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}
    api.ask("lease", "PUT", api.path("coordination.k8s.io/v1/leases", "l"), lease)
    api.ask("lease again", "PUT", api.path("coordination.k8s.io/v1/leases", "l"), lease)


BODIES = {
    "empty": b"",
    "no-json": b"{",
    "array": b"[]",
    "text": b'"x"',
    "null": b"null",
    "other-kind": b'{"apiVersion":"v1","kind":"Secret","metadata":{"name":"c"}}',
    "other-version": b'{"apiVersion":"apps/v1","kind":"ConfigMap","metadata":{"name":"c"}}',
    "unknown-kind": b'{"apiVersion":"v1","kind":"Nope","metadata":{"name":"c"}}',
    "kind-only": b'{"kind":"ConfigMap","metadata":{"name":"c"}}',
    "version-only": b'{"apiVersion":"v1","metadata":{"name":"c"}}',
    "neither": b'{"metadata":{"name":"c"}}',
    "no-name": b'{"data":{"a":"b"}}',
    "wrong-type": b'{"metadata":{"name":"c"},"data":"x"}',
    "wrong-type-inside": b'{"metadata":{"name":"c"},"data":{"a":1}}',
    "name-is-number": b'{"metadata":{"name":1}}',
    "unknown-field": b'{"metadata":{"name":"c"},"foo":1}',
    "unknown-inside": b'{"metadata":{"name":"c","foo":1}}',
    "duplicate": b'{"metadata":{"name":"c"},"data":{"a":"1"},"data":{"a":"2"}}',
    "case": b'{"metadata":{"name":"c"},"Data":{"a":"1"}}',
    "data-key": b'{"metadata":{"name":"c"},"data":{"a b":"1"}}',
    "binary": b'{"metadata":{"name":"c"},"binaryData":{"a":"AQI="}}',
    "binary-junk": b'{"metadata":{"name":"c"},"binaryData":{"a":"!"}}',
    "both": b'{"metadata":{"name":"c"},"data":{"a":"1"},"binaryData":{"a":"AQI="}}',
}


@pytest.mark.parametrize("content", [pytest.param(each, id=name) for name, each in BODIES.items()])
@pytest.mark.parametrize("validation", ["Strict", "Warn"])
@contract
def test_bodies(api: Side, content: bytes, validation: str) -> None:
    """Bodies that are no ConfigMap, or not quite."""
    api.ask("create", "POST", f"{api.path('configmaps')}?fieldValidation={validation}", content)


LARGE = {
    "copies": ("json", [{"op": "copy", "from": "", "path": f"/x{number}"} for number in range(26)]),
    "operations": ("json", [{"op": "test", "path": "/data/a", "value": "1"}] * 10_001),
    "body": ("merge", {"data": {"a": "x" * (3 << 20)}}),
    "data": ("merge", {"data": {"a": "x" * (1 << 20)}}),
}


@pytest.mark.parametrize(("kind", "body"), [pytest.param(*each, id=name) for name, each in LARGE.items()])
@contract
def test_limits_of_patches(api: Side, kind: str, body: object) -> None:
    """What is larger than an API takes, or would become so."""
    api.quietly("POST", api.path("configmaps"), CONFIG)
    api.patch("patch", kind, api.path("configmaps", "c"), body)


@pytest.mark.parametrize("depth", [1000, 20_000])
@contract
def test_nested_bodies(api: Side, depth: int) -> None:
    """An unknown field whose value is nested deeply; Go's JSON decoder ends at 10,000 levels."""
    content = b'{"metadata":{"name":"c"},"x":' + b"[" * depth + b"]" * depth + b"}"
    api.ask("create", "POST", api.path("configmaps"), content)


@pytest.mark.parametrize("validation", ["Ignore", "Junk"])
@contract
def test_field_validation(api: Side, validation: str) -> None:
    """Unknown fields in silence, and a value that is none."""
    content = b'{"metadata":{"name":"c","bar":1},"foo":1}'
    api.ask("create", "POST", f"{api.path('configmaps')}?fieldValidation={validation}", content)


@pytest.mark.parametrize(
    ("medium", "content"),
    [
        pytest.param("application/yaml", b"metadata: {name: c}\ndata: {a: b}\n", id="yaml"),
        pytest.param("application/yaml", b"metadata: {name: c\n", id="yaml-junk"),
        pytest.param("text/plain", b"{}", id="text"),
        pytest.param("application/json; charset=utf-8", b'{"metadata":{"name":"c"}}', id="charset"),
    ],
)
@contract
def test_media_types(api: Side, medium: str, content: bytes) -> None:
    """What a body may be written in."""
    api.ask("create", "POST", api.path("configmaps"), content, Content_Type=medium)


@pytest.mark.parametrize(
    "accept", ["application/yaml", "text/html", "application/json;as=Table;v=v1;g=meta.k8s.io", "*/*"]
)
@contract
def test_accept(api: Side, accept: str) -> None:
    """What an answer may be written in."""
    api.quietly("POST", api.path("configmaps"), CONFIG)
    api.ask("read", "GET", api.path("configmaps", "c"), Accept=accept)


@contract
def test_dry_run(api: Side) -> None:
    """Everything is checked, nothing is stored."""
    api.create("create", "configmaps", CONFIG, "?dryRun=All")
    api.get("not there", "configmaps", "c")
    api.create("junk", "configmaps", CONFIG, "?dryRun=Some")
    api.create(
        "service",
        "services",
        {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}},
        "?dryRun=All",
    )
    api.create("broken", "services", {"metadata": {"name": "s"}, "spec": {"ports": []}}, "?dryRun=All")
    api.quietly("POST", api.path("configmaps"), CONFIG)
    api.ask(
        "patch",
        "PATCH",
        api.path("configmaps", "c") + "?dryRun=All",
        {"data": {"a": "9"}},
        Content_Type="application/merge-patch+json",
    )
    api.ask("delete", "DELETE", api.path("configmaps", "c") + "?dryRun=All")
    api.get("unchanged", "configmaps", "c")


PATCHES = {
    "merge-add": ("merge", {"data": {"b": "2"}}),
    "merge-remove": ("merge", {"data": {"a": None}}),
    "merge-all": ("merge", {"data": None}),
    "merge-array": ("merge", []),
    "merge-junk": ("merge", {"data": 1}),
    "merge-unknown": ("merge", {"foo": 1}),
    "merge-labels": ("merge", {"metadata": {"labels": {"x": "y"}}}),
    "merge-kind": ("merge", {"kind": "Secret"}),
    "strategic-add": ("strategic", {"data": {"b": "2"}}),
    "strategic-replace": ("strategic", {"data": {"$patch": "replace", "z": "1"}}),
    "strategic-junk": ("strategic", {"data": {"$patch": "foo"}}),
    "strategic-finalizers": ("strategic", {"metadata": {"finalizers": ["a.b/c"]}}),
    "json-add": ("json", [{"op": "add", "path": "/data/b", "value": "2"}]),
    "json-remove": ("json", [{"op": "remove", "path": "/data/a"}]),
    "json-remove-missing": ("json", [{"op": "remove", "path": "/data/zzz"}]),
    "json-replace-missing": ("json", [{"op": "replace", "path": "/data/zzz", "value": "x"}]),
    "json-test": ("json", [{"op": "test", "path": "/data/a", "value": "2"}]),
    "json-test-good": (
        "json",
        [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "replace", "path": "/data/a", "value": "5"}],
    ),
    "json-move": ("json", [{"op": "move", "from": "/data/a", "path": "/data/q"}]),
    "json-copy": ("json", [{"op": "copy", "from": "/data/a", "path": "/data/q"}]),
    "json-bad-op": ("json", [{"op": "foo", "path": "/data/a"}]),
    "json-bad-path": ("json", [{"op": "add", "path": "/nope/b", "value": "2"}]),
    "json-object": ("json", {"op": "add"}),
    "json-type": ("json", [{"op": "replace", "path": "/data", "value": "x"}]),
    "json-same": ("json", [{"op": "replace", "path": "/data/a", "value": "1"}]),
}


@pytest.mark.parametrize(("kind", "patch"), [pytest.param(*pair, id=name) for name, pair in PATCHES.items()])
@contract
def test_patches(api: Side, kind: str, patch: object) -> None:
    """Three kinds of patch on a flat object."""
    api.quietly("POST", api.path("configmaps"), CONFIG)
    api.patch("patch", kind, api.path("configmaps", "c"), patch)
    api.ask(
        "strictly",
        "PATCH",
        api.path("configmaps", "c") + "?fieldValidation=Strict",
        patch,
        Content_Type={
            "merge": "application/merge-patch+json",
            "strategic": "application/strategic-merge-patch+json",
            "json": "application/json-patch+json",
        }[kind],
    )


TEMPLATE = {
    "container-by-name": {"containers": [{"name": "a", "image": "redis"}]},
    "container-added": {"containers": [{"name": "b", "image": "redis"}]},
    "container-deleted": {"containers": [{"name": "a", "$patch": "delete"}, {"name": "b", "image": "redis"}]},
    "containers-replaced": {"containers": [{"$patch": "replace"}, {"name": "c", "image": "redis"}]},
    "env-by-name": {"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}]}]},
    "env-deleted": {"containers": [{"name": "a", "env": [{"name": "X", "$patch": "delete"}]}]},
    "env-ordered": {
        "containers": [
            {
                "name": "a",
                "$setElementOrder/env": [{"name": "Y"}, {"name": "X"}],
                "env": [{"name": "Y", "value": "2"}],
            }
        ],
    },
    "without-key": {"containers": [{"image": "redis"}]},
    "volume": {"volumes": [{"name": "v", "emptyDir": {}}]},
    "volume-source": {"volumes": [{"name": "v", "emptyDir": {}, "$retainKeys": ["name", "emptyDir"]}]},
    "ports": {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}]},
    "tolerations": {"tolerations": [{"key": "k", "operator": "Exists"}]},
    "node-selector": {"nodeSelector": {"a": "b"}},
    "unknown": {"foo": "bar"},
    "host-alias": {"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["x"]}]},
    "grace": {"terminationGracePeriodSeconds": 5},
}


@pytest.mark.parametrize("change", [pytest.param(each, id=name) for name, each in TEMPLATE.items()])
@contract
def test_strategic_patches_of_lists(api: Side, change: dict) -> None:
    """Lists merge by the keys of their type, with directives and orders."""
    # Not the Deployment itself: its controller would write in between.
    body = {**DEPLOYMENT, "kind": "ReplicaSet", "spec": DEPLOYMENT["spec"]}
    api.quietly("POST", api.path("apps/v1/replicasets"), body)
    api.wait(
        api.path("apps/v1/replicasets", "web"),
        "the controller to have seen it",
        lambda body: body["status"].get("observedGeneration"),
    )
    patch = {"spec": {"template": {"spec": change}}}
    api.patch("patch", "strategic", api.path("apps/v1/replicasets", "web"), patch)


@contract
def test_ports_of_services_merge_by_port(api: Side) -> None:
    """The list that kubectl patch changes most."""
    spec = {"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}], "selector": {"a": "b"}}
    api.quietly("POST", api.path("services"), {"metadata": {"name": "s"}, "spec": spec})
    path = api.path("services", "s")
    api.patch("by key", "strategic", path, {"spec": {"ports": [{"port": 80, "targetPort": 8080}]}})
    api.patch("delete", "strategic", path, {"spec": {"ports": [{"port": 81, "$patch": "delete"}]}})
    api.patch(
        "order",
        "strategic",
        path,
        {
            "spec": {
                "$setElementOrder/ports": [{"port": 82}, {"port": 80}],
                "ports": [{"port": 82, "name": "c"}],
            }
        },
    )
    api.patch("selector", "strategic", path, {"spec": {"selector": {"c": "d"}}})
    api.patch("no-op", "strategic", path, {"spec": {"selector": {"c": "d"}}})
