"""Lists, selectors, paging and watches."""

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side


def config_map(name: str, **labels: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}


QUERIES = {
    "all": "",
    "label": "?labelSelector=app=a",
    "label-not": "?labelSelector=app!=a",
    "label-in": "?labelSelector=app+in+(a,b)",
    "label-exists": "?labelSelector=app",
    "label-absent": "?labelSelector=!app",
    "label-junk": "?labelSelector=a%20b",
    "label-junk-in": "?labelSelector=app+in+a",
    "field-name": "?fieldSelector=metadata.name=one",
    "field-namespace": "?fieldSelector=metadata.namespace!=default",
    "field-unknown": "?fieldSelector=data.a=b",
    "field-junk": "?fieldSelector=x",
    "version-0": "?resourceVersion=0",
    "version-future": "?resourceVersion=99999999",
    "version-junk": "?resourceVersion=x",
    "version-exact": "?resourceVersion=1&resourceVersionMatch=Exact",
    "match-without-version": "?resourceVersionMatch=Exact",
    "match-junk": "?resourceVersion=1&resourceVersionMatch=Foo",
    "limit-junk": "?limit=x",
    "limit-negative": "?limit=-1",
    "continue-junk": "?continue=x",
    "limit": "?limit=2",
    "limit-with-selector": "?limit=1&labelSelector=app",
    "timeout-junk": "?timeoutSeconds=x",
}


@pytest.mark.parametrize("query", [pytest.param(each, id=name) for name, each in QUERIES.items()])
@contract
def test_lists(api: Side, query: str) -> None:
    """A collection, narrowed or asked for in strange ways."""
    # Leases: nobody but the test makes any in its namespace.
    for name, labels in (("one", {"app": "a"}), ("two", {"app": "b"}), ("three", {"app": "a"}), ("four", {})):
        body = {"metadata": {"name": name, "labels": labels}}
        api.quietly("POST", api.path("coordination.k8s.io/v1/leases"), body)
    api.get("list", "coordination.k8s.io/v1/leases", query=query)


@contract
def test_pages(api: Side) -> None:
    """Page after page until there is no more, each from the same moment."""
    for index in range(5):
        api.quietly(
            "POST",
            api.path("services"),
            {"metadata": {"name": f"s-{index}"}, "spec": {"ports": [{"port": 80}]}},
        )
    first = api.get("first", "services", query="?limit=2")
    api.quietly("DELETE", api.path("services", "s-3"))
    second = api.get("second", "services", query=f"?limit=2&continue={first.body['metadata']['continue']}")
    api.get("third", "services", query=f"?limit=2&continue={second.body['metadata']['continue']}")
    api.get(
        "with a version",
        "services",
        query=f"?continue={first.body['metadata']['continue']}&resourceVersion=5",
    )
    api.kubectl("get services --chunk-size=2")


SELECTED = (
    "spec.clusterIP=None",
    "spec.type=NodePort",
    "spec.type!=NodePort",
    "spec.ports=80",
    "metadata.name=a,spec.type=NodePort",
)


@pytest.mark.parametrize("selector", SELECTED)
@contract
def test_field_selectors_of_services(api: Side, selector: str) -> None:
    """The field labels of a kind are a closed list."""
    api.quietly(
        "POST",
        api.path("services"),
        {"metadata": {"name": "a"}, "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30030}]}},
    )
    api.quietly(
        "POST",
        api.path("services"),
        {"metadata": {"name": "b"}, "spec": {"clusterIP": "None", "selector": {"a": "b"}}},
    )
    api.get("list", "services", query=f"?fieldSelector={selector}")
    api.quietly("DELETE", api.path("services", "a"))


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nope",
        "/api/v1/namespaces/default/nope/x",
        "/apis/nope/v1/x",
        "/apis/apps/v2/deployments",
        "/nope",
        "/api/v1/services/x",
        "/api/v1/namespaces/default/services/kubernetes/nope",
        "/api/v1/namespaces/default/configmaps/x/status",
        "/api/v1/namespaces/nowhere/configmaps",
        "/api/v1/namespaces/nowhere",
        "/version",
        "/healthz",
        "/readyz",
        "/api/v1/nodes/nope",
        "/apis/apps/v1/namespaces/default/deployments/x/scale",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
@contract
def test_paths(api: Side, method: str, path: str) -> None:
    """Paths that lead nowhere, or lead there by another method."""
    api.ask("ask", method, path, None if method == "GET" else {"metadata": {"name": "x"}})


@contract
def test_unauthorized(api: Side) -> None:
    """A wrong token."""
    api.ask("ask", "GET", api.path("services"), Authorization="Bearer wrong")


@contract
def test_watch_tells_every_change_in_order(api: Side) -> None:
    """From nothing: what is there as ADDED, then each change once."""
    path = api.path("services")
    api.quietly(
        "POST", path, {"metadata": {"name": "a", "labels": {"x": "1"}}, "spec": {"ports": [{"port": 80}]}}
    )
    # On an old etcd a watch from nothing is refused while the cache is behind; version 0 takes the cache.
    api.wait(f"{path}?resourceVersion=0", "the Service in the cache", lambda body: body["items"])
    with api.watch("events", f"{path}?resourceVersion=0") as events:
        events.take(1)
        api.quietly(
            "PATCH",
            f"{path}/a",
            {"metadata": {"labels": {"x": "2"}}},
            Content_Type="application/merge-patch+json",
        )
        api.quietly(
            "PATCH",
            f"{path}/a",
            {"metadata": {"labels": {"x": "2"}}},
            Content_Type="application/merge-patch+json",
        )
        api.quietly("POST", path, {"metadata": {"name": "b"}, "spec": {"ports": [{"port": 80}]}})
        api.quietly("DELETE", f"{path}/a")
        events.take(3)


@contract
def test_watch_with_a_selector(api: Side) -> None:
    """What leaves the selector is DELETED for this watcher, what enters it ADDED."""
    path = api.path("configmaps")
    start = api.wait(path, "the root CA", lambda body: True)["metadata"]["resourceVersion"]
    with api.watch("events", f"{path}?labelSelector=app=a&resourceVersion={start}") as events:
        api.quietly("POST", path, config_map("one", app="a"))
        for label in ("b", "a", None):
            api.quietly(
                "PATCH",
                f"{path}/one",
                {"metadata": {"labels": {"app": label}}},
                Content_Type="application/merge-patch+json",
            )
        events.take(4)


@contract
def test_watch_of_one_object_through_deletion(api: Side) -> None:
    """With a finalizer: MODIFIED with a deletionTimestamp, then DELETED."""
    path = api.path("configmaps")
    made = api.quietly("POST", path, {"metadata": {"name": "c", "finalizers": ["a.b/c"]}})
    version = made.body["metadata"]["resourceVersion"]
    with api.watch("events", f"{path}?fieldSelector=metadata.name=c&resourceVersion={version}") as events:
        api.quietly("DELETE", f"{path}/c")
        events.take(1)
        api.quietly(
            "PATCH",
            f"{path}/c",
            {"metadata": {"finalizers": None}},
            Content_Type="application/merge-patch+json",
        )
        events.take(1)


@pytest.mark.parametrize(
    "query",
    [
        "resourceVersion=x",
        "labelSelector=a%20b",
        "timeoutSeconds=1&resourceVersion=0",
    ],
)
@contract
def test_watch_asked_strangely(api: Side, query: str) -> None:
    """Junk, and watches that end by themselves."""
    path = api.path("secrets")
    api.quietly("POST", path, {"metadata": {"name": "s"}})
    with api.watch("events", f"{path}?{query}") as events:
        events.take(2)


@contract
def test_watch_as_a_table(api: Side) -> None:
    """Rows wrapped in events, as `kubectl get -w` asks for them."""
    path = api.path("services")
    api.quietly(
        "POST",
        path,
        {"metadata": {"name": "a"}, "spec": {"clusterIP": "10.96.0.60", "ports": [{"port": 80}]}},
    )
    headers = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    answer = api.ask("list", "GET", path, **headers)
    api.ask("one", "GET", f"{path}/a", **headers)
    api.ask("whole", "GET", f"{path}?includeObject=Object", **headers)
    api.ask("none", "GET", f"{path}?includeObject=None", **headers)
    api.ask("junk", "GET", f"{path}?includeObject=Foo", **headers)
    assert answer
    api.quietly("DELETE", f"{path}/a")


TABLES = (
    "services",
    "pods",
    "nodes",
    "configmaps",
    "secrets",
    "endpoints",
    "events",
    "namespaces",
    "serviceaccounts",
    "apps/v1/deployments",
    "apps/v1/replicasets",
    "discovery.k8s.io/v1/endpointslices",
    "coordination.k8s.io/v1/leases",
    "events.k8s.io/v1/events",
)


@pytest.mark.parametrize("resource", TABLES)
@contract
def test_columns(api: Side, resource: str) -> None:
    """The columns that `kubectl get` shows, with their types, priorities and descriptions."""
    path = f"/api/v1/{resource}" if resource in ("nodes", "namespaces") else api.path(resource)
    path += "?fieldSelector=metadata.name=nothing"
    api.ask("list", "GET", path, Accept="application/json;as=Table;v=v1;g=meta.k8s.io")
