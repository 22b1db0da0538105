"""Who may ask, which paths exist, which methods fit."""

import json

import pytest

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def test_a_wrong_token_is_told_nothing(http):
    """401 with a Status object, whatever the path."""
    for path in ("/api", "/version", CONFIG_MAPS, "/nowhere"):
        refused = http("GET", path, Authorization="Bearer wrong")
        assert (refused.status, refused.body["reason"], refused.message) == (
            401,
            "Unauthorized",
            "Unauthorized",
        )


@pytest.mark.parametrize("authorization", ["", "Basic abc", "Bearer "])
def test_whoever_shows_no_token_is_anonymous(http, authorization):
    """403 that names user, verb and what is asked for, whether it is there or not; the version is for all."""
    refused = http("GET", CONFIG_MAPS, Authorization=authorization)
    assert (refused.status, refused.body["reason"], refused.body["details"]) == (
        403,
        "Forbidden",
        {"kind": "configmaps"},
    )
    assert refused.message == (
        'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" '
        'in the namespace "default"'
    )
    refused = http("GET", "/nowhere", Authorization=authorization)
    assert refused.message == 'forbidden: User "system:anonymous" cannot get path "/nowhere"'
    assert http("GET", "/version", Authorization=authorization).status == 200


def test_health_is_open_to_all(http):
    """Probes have no token."""
    for path in ("/healthz", "/livez", "/readyz"):
        answered = http("GET", path, Authorization="")
        assert (answered.status, answered.content) == (200, b"ok")


def test_health_by_check(http):
    """`?verbose` names each check, and each has a path of its own."""
    shown = http("GET", "/readyz?verbose&exclude=log").content
    assert shown == b"[+]ping ok\n[+]log excluded: ok\n[+]etcd ok\nreadyz check passed\n"
    assert http("GET", "/livez/ping").content == b"ok"
    assert http("GET", "/healthz/nope").status == 404


def test_what_the_api_tells_of_itself(http):
    """Its paths, and metrics by kube-apiserver's names."""
    paths = http("GET", "/").body["paths"]
    assert {"/api/v1", "/apis/apps", "/apis/apps/v1", "/healthz/etcd", "/metrics"} <= set(paths)
    metrics = http("GET", "/metrics")
    assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = metrics.content.decode().splitlines()
    assert 'apiserver_storage_objects{resource="namespaces"} 4' in lines
    assert 'apiserver_current_inflight_requests{request_kind="mutating"} 0' in lines


@pytest.mark.parametrize(
    ("query", "program", "is_line"),
    [
        ("", "kubectl/v1", True),
        ("?pretty=true", "kubectl/v1", False),
        ("", "curl/8", False),
        ("?pretty=0", "curl/8", True),
    ],
)
def test_answers_are_lines_and_indented_for_people(http, query, program, is_line):
    """As upstream: for `?pretty`, browsers and curl."""
    content = http("GET", f"/api/v1/namespaces/none{query}", **{"User-Agent": program}).content
    assert content.endswith(b"}\n") is is_line
    assert (content.count(b"\n") == 1) is is_line


def test_paths_that_are_not_there(http):
    """An unknown group is a plain 404, an unknown resource a Status."""
    for path in ("/nowhere", "/apis/none.example.com/v1/things", "/api/v2/pods", "/apis/v1/pods"):
        answered = http("GET", path)
        assert (answered.status, answered.content) == (404, b"404 page not found\n")
    for path in (
        "/api/v1/things",
        "/api/v1/namespaces/default/nodes",
        "/api/v1/pods/x",
        f"{CONFIG_MAPS}/x/status",
    ):
        answered = http("GET", path)
        assert (answered.status, answered.message) == (
            404,
            "the server could not find the requested resource",
        )


def test_an_object_that_is_not_there(http):
    """404 NotFound names resource, group and name."""
    answered = http("GET", "/apis/apps/v1/namespaces/default/deployments/none")
    assert answered.message == 'deployments.apps "none" not found'
    assert answered.body["details"] == {"name": "none", "group": "apps", "kind": "deployments"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", CONFIG_MAPS),
        ("PATCH", CONFIG_MAPS),
        ("POST", f"{CONFIG_MAPS}/x"),
        ("DELETE", "/api/v1/configmaps"),
        ("POST", "/api/v1/configmaps"),
        ("DELETE", "/api/v1/namespaces"),
        ("DELETE", "/api/v1/namespaces/default/pods/x/status"),
        ("GET", "/api/v1/namespaces/default/pods/x/binding"),
    ],
)
def test_methods_that_do_not_fit(http, method, path):
    """405 where the path exists and the method is not for it."""
    refused = http(method, path)
    assert (refused.status, refused.body["reason"]) == (405, "MethodNotAllowed")
    assert refused.message == "the server does not allow this method on the requested resource"


def test_an_administrator_may_do_everything(http):
    """As a review of his rights says."""
    body = {"kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {"verb": "get"}}}
    made = http("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
    assert (made.status, made.body["status"]) == (201, {"allowed": True})


@pytest.mark.parametrize(
    "path",
    [
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        "/api/v1/namespaces/default/serviceaccounts/default/token",
        "/api/v1/namespaces/default/pods/none/eviction",
        "/api/v1/namespaces/default/pods/none/binding",
    ],
)
def test_answers_that_have_no_columns(http, path):
    """406 to who can read tables alone, before anything is looked at; who takes JSON, too, is answered."""
    table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    assert http("POST", path, {"spec": {}}, Accept=table).status == 406
    assert http("POST", path, {"spec": {}}, Accept=f"{table},application/json").status != 406


def test_plain_discovery(http):
    """Clients without aggregated discovery walk from /apis to each group version."""
    assert http("GET", "/api").body["versions"] == ["v1"]
    groups = http("GET", "/apis").body["groups"]
    assert [group["name"] for group in groups][:2] == ["admissionregistration.k8s.io", "apiextensions.k8s.io"]
    for group in groups:
        assert http("GET", f"/apis/{group['name']}").body["preferredVersion"]["groupVersion"]
        listed = http("GET", f"/apis/{group['preferredVersion']['groupVersion']}").body
        assert listed["kind"] == "APIResourceList"
        assert listed["resources"]
    scale = [r for r in http("GET", "/apis/apps/v1").body["resources"] if r["name"] == "deployments/scale"]
    assert (scale[0]["kind"], scale[0]["group"]) == ("Scale", "autoscaling")
    assert http("GET", "/version").body["gitVersion"].startswith("v1.35")


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
def test_aggregated_discovery(http, version):
    """kubectl's first question: everything in two answers, in the version that it knows."""
    accept = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList,application/json"
    answered = http("GET", "/apis", Accept=accept)
    assert answered.headers["Content-Type"] == accept.split(",")[0]
    assert answered.body["apiVersion"] == f"apidiscovery.k8s.io/{version}"
    core = http("GET", "/api", Accept=accept).body["items"][0]["versions"][0]["resources"]
    services = next(resource for resource in core if resource["resource"] == "services")
    assert (services["shortNames"], services["scope"]) == (["svc"], "Namespaced")
    assert [part["subresource"] for part in services["subresources"]] == ["proxy", "status"]
    pods = next(resource for resource in core if resource["resource"] == "pods")
    parts = {
        part["subresource"]: (part["responseKind"]["kind"], part["verbs"]) for part in pods["subresources"]
    }
    assert parts["exec"] == ("PodExecOptions", ["create", "get"])
    assert parts["portforward"] == ("PodPortForwardOptions", ["create", "get"])
    assert parts["log"] == ("Pod", ["get"])


def test_openapi_is_served_with_a_tag(http):
    """kubectl asks again with the tag, and gets nothing the second time."""
    paths = http("GET", "/openapi/v3").body["paths"]
    answered = http("GET", paths["api/v1"]["serverRelativeURL"])
    assert "/api/v1/namespaces/{namespace}/services/{name}" in answered.body["paths"]
    assert http("GET", "/openapi/v3/api/v1", If_None_Match=answered.headers["ETag"]).status == 304
    assert http("GET", "/openapi/v3/apis/none/v1").status == 404
    assert http("GET", "/openapi/v2").body["swagger"] == "2.0"


def test_the_api_leads_to_itself(http):
    """Service `kubernetes` has the first address of the range."""
    service = http("GET", "/api/v1/namespaces/default/services/kubernetes").body
    assert service["spec"]["clusterIP"] == "10.96.0.1"
    assert json.loads(http("GET", "/api/v1/namespaces").content)["items"][0]["metadata"]["name"] == "default"
