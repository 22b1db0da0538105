"""Deletion, finalizers, preconditions, garbage collection, and the life of a namespace."""

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side

CONFIG = {"metadata": {"name": "c"}}
MERGE = {"Content_Type": "application/merge-patch+json"}


@contract
def test_answers(api: Side) -> None:
    """Some kinds answer with the object, others with a Status."""
    api.quietly("POST", api.path("configmaps"), CONFIG)
    api.ask("configmap", "DELETE", api.path("configmaps", "c"))
    api.quietly("POST", api.path("services"), {"metadata": {"name": "s"}, "spec": {"clusterIP": "None"}})
    api.ask("service", "DELETE", api.path("services", "s"))
    api.quietly("POST", api.path("secrets"), {"metadata": {"name": "s"}})
    api.ask("secret", "DELETE", api.path("secrets", "s"))
    lease = {"metadata": {"name": "l"}}
    api.quietly("POST", api.path("coordination.k8s.io/v1/leases"), lease)
    api.ask("lease", "DELETE", api.path("coordination.k8s.io/v1/leases", "l"))


@contract
def test_finalizers(api: Side) -> None:
    """An object that somebody holds stays, takes no new finalizer, and goes with its last one."""
    path = api.path("configmaps", "c")
    api.quietly("POST", api.path("configmaps"), {"metadata": {"name": "c", "finalizers": ["a.b/c", "a.b/d"]}})
    api.ask("delete", "DELETE", path)
    api.ask("delete again", "DELETE", path)
    api.create("create again", "configmaps", CONFIG)
    api.patch("add finalizer", "merge", path, {"metadata": {"finalizers": ["a.b/c", "a.b/d", "a.b/e"]}})
    api.patch("change", "merge", path, {"data": {"a": "b"}})
    api.patch("remove one", "merge", path, {"metadata": {"finalizers": ["a.b/c"]}})
    api.patch("remove last", "merge", path, {"metadata": {"finalizers": None}})
    api.get("gone", "configmaps", "c")


@contract
def test_evictions(api: Side) -> None:
    """A pod that somebody holds says that it was evicted."""
    container = {"name": "c", "image": "busybox"}
    pod = {"metadata": {"name": "p", "finalizers": ["a.b/c"]}, "spec": {"containers": [container]}}
    api.quietly("POST", api.path("pods"), {**pod, "spec": {**pod["spec"], "schedulerName": "nobody"}})
    path, eviction = f"{api.path('pods', 'p')}/eviction", {"metadata": {"name": "p"}}
    api.ask("other name", "POST", path, {"metadata": {"name": "q"}})
    api.ask("precondition", "POST", path, {**eviction, "deleteOptions": {"preconditions": {"uid": "x"}}})
    api.ask("dry run", "POST", f"{path}?dryRun=All", eviction)
    api.get("before", "pods", "p")
    api.ask("evict", "POST", path, eviction)
    api.get("after", "pods", "p")
    api.patch("let go", "merge", api.path("pods", "p"), {"metadata": {"finalizers": None}})


@contract
def test_finalizers_of_services(api: Side) -> None:
    """The same for a kind that answers with itself."""
    path = api.path("services", "s")
    body = {
        "metadata": {"name": "s", "finalizers": ["service.kubernetes.io/load-balancer-cleanup"]},
        "spec": {"clusterIP": "None"},
    }
    api.quietly("POST", api.path("services"), body)
    api.ask("delete", "DELETE", path)
    api.patch(
        "remove by status",
        "strategic",
        f"{path}/status",
        {
            "metadata": {
                "$deleteFromPrimitiveList/finalizers": ["service.kubernetes.io/load-balancer-cleanup"]
            }
        },
    )
    api.get("gone", "services", "s")


OPTIONS = {
    "uid": {"preconditions": {"uid": "no"}},
    "version": {"preconditions": {"resourceVersion": "1"}},
    "policy-junk": {"propagationPolicy": "Foo"},
    "orphan-and-policy": {"propagationPolicy": "Orphan", "orphanDependents": True},
    "dry-run-junk": {"dryRun": ["x"]},
    "grace-negative": {"gracePeriodSeconds": -5},
    "grace-text": {"gracePeriodSeconds": "x"},
    "foreground": {"propagationPolicy": "Foreground"},
    "kind": {"kind": "DeleteOptions", "apiVersion": "v1"},
    "other-kind": {"kind": "Foo", "apiVersion": "v1"},
}


@pytest.mark.parametrize("options", [pytest.param(each, id=name) for name, each in OPTIONS.items()])
@contract
def test_options(api: Side, options: dict) -> None:
    """Preconditions, policies and junk."""
    api.quietly("POST", api.path("configmaps"), CONFIG)
    api.ask("delete", "DELETE", api.path("configmaps", "c"), options)


@contract
def test_collections(api: Side) -> None:
    """Many at once, by label."""
    for name, label in (("a", "x"), ("b", "y")):
        api.quietly("POST", api.path("secrets"), {"metadata": {"name": name, "labels": {"l": label}}})
    api.ask("delete", "DELETE", f"{api.path('secrets')}?labelSelector=l=x")
    api.get("left", "secrets", query="?labelSelector=l")
    api.ask("namespaces", "DELETE", "/api/v1/namespaces")
    api.ask("everywhere", "DELETE", "/api/v1/configmaps")


@contract
def test_dependents_go_with_their_owner(api: Side) -> None:
    """The garbage collector follows ownerReferences."""
    owner = api.quietly("POST", api.path("configmaps"), CONFIG).body["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": owner["uid"]}
    api.quietly("POST", api.path("secrets"), {"metadata": {"name": "owned", "ownerReferences": [reference]}})
    api.quietly("POST", api.path("secrets"), {"metadata": {"name": "free"}})
    api.ask("delete", "DELETE", api.path("configmaps", "c"), {"propagationPolicy": "Background"})
    api.wait(api.path("secrets"), "the dependent to go", lambda body: len(body["items"]) == 1)
    api.get("left", "secrets")


@contract
def test_namespaces(api: Side) -> None:
    """From creation over its contents to the end."""
    path = f"/api/v1/namespaces/{api.ns}"
    api.ask("read", "GET", path)
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])
    api.get("accounts", "serviceaccounts")
    api.kubectl("get serviceaccounts")
    api.kubectl("get namespace " + api.ns)
    api.kubectl("describe namespace " + api.ns)
    api.quietly("POST", api.path("secrets"), {"metadata": {"name": "held", "finalizers": ["a.b/c"]}})
    api.ask("delete", "DELETE", path)
    api.ask("delete again", "DELETE", path)
    api.create("create inside", "configmaps", CONFIG)
    api.wait(
        api.path("secrets"),
        "the content to be deleted",
        lambda body: all("deletionTimestamp" in each["metadata"] for each in body["items"]),
    )
    api.kubectl("get namespace " + api.ns)
    api.quietly("PATCH", api.path("secrets", "held"), {"metadata": {"finalizers": None}}, **MERGE)
    api.wait(path, "the namespace to go", lambda body: body.get("code") == 404, 40)
    api.ask("gone", "GET", path)
    api.create("create in what is gone", "configmaps", CONFIG)


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
@contract
def test_namespaces_that_stay(api: Side, name: str) -> None:
    """The cluster's own namespaces."""
    api.ask("delete", "DELETE", f"/api/v1/namespaces/{name}")
    api.ask("list", "GET", f"/api/v1/namespaces?fieldSelector=metadata.name={name}")


@pytest.mark.parametrize("name", ["Nope", "a.b", "x" * 64])
@contract
def test_names_of_namespaces(api: Side, name: str) -> None:
    """A namespace's name is a label."""
    api.ask("create", "POST", "/api/v1/namespaces", {"metadata": {"name": name}})
