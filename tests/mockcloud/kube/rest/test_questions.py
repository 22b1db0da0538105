"""What a request is for, before anything is looked up."""

import pytest

from mockcloud.kube.auth.questions import Question
from mockcloud.kube.rest.questions import question

PODS = "/api/v1/namespaces/a/pods"


@pytest.mark.parametrize(
    ("method", "path", "query", "asked"),
    [
        pytest.param("GET", "/api/v1/pods", {}, Question("list", "", "pods"), id="list-of-all"),
        pytest.param("GET", PODS, {}, Question("list", "", "pods", "", "a"), id="list"),
        pytest.param("GET", PODS, {"watch": "true"}, Question("watch", "", "pods", "", "a"), id="watch"),
        pytest.param("GET", f"{PODS}/p", {}, Question("get", "", "pods", "", "a", "p"), id="get"),
        pytest.param("HEAD", f"{PODS}/p", {}, Question("get", "", "pods", "", "a", "p"), id="head"),
        pytest.param("POST", PODS, {}, Question("create", "", "pods", "", "a"), id="create"),
        pytest.param("PUT", f"{PODS}/p", {}, Question("update", "", "pods", "", "a", "p"), id="update"),
        pytest.param(
            "PATCH", f"{PODS}/p/status", {}, Question("patch", "", "pods", "status", "a", "p"), id="part"
        ),
        pytest.param("DELETE", f"{PODS}/p", {}, Question("delete", "", "pods", "", "a", "p"), id="delete"),
        pytest.param("DELETE", PODS, {}, Question("deletecollection", "", "pods", "", "a"), id="delete-all"),
        pytest.param(
            "GET",
            PODS,
            {"fieldSelector": "metadata.name=p", "watch": "1"},
            Question("watch", "", "pods", "", "a", "p"),
            id="watch-of-one",
        ),
        pytest.param(
            "PUT",
            "/apis/apps/v1/namespaces/a/deployments/d/scale",
            {},
            Question("update", "apps", "deployments", "scale", "a", "d"),
            id="group",
        ),
        pytest.param("GET", "/api/v1/namespaces", {}, Question("list", "", "namespaces"), id="namespaces"),
        pytest.param(
            "GET", "/api/v1/namespaces/a", {}, Question("get", "", "namespaces", "", "a", "a"), id="namespace"
        ),
        pytest.param(
            "PUT",
            "/api/v1/namespaces/a/finalize",
            {},
            Question("update", "", "namespaces", "finalize", "a", "a"),
            id="finalize",
        ),
        pytest.param("GET", "/api/v1", {}, Question("get", path="/api/v1"), id="group-version"),
        pytest.param(
            "GET", "/apis/apps/v1", {}, Question("get", path="/apis/apps/v1"), id="its-group-version"
        ),
        pytest.param("POST", "/metrics", {}, Question("post", path="/metrics"), id="path"),
        pytest.param("GET", "/", {}, Question("get", path="/"), id="root"),
    ],
)
def test_what_is_asked(method, path, query, asked):
    """As kube-apiserver's RequestInfo has it."""
    assert question(method, path, query) == asked
