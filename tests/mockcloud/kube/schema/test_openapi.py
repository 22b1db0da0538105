"""The OpenAPI v3 documents hold what kubectl looks for (kubernetes.md 5.1)."""

import orjson
import pytest

from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.schema import openapi

KINDS = (
    Kind("", "v1", "Service", "services", subresources=("status",)),
    Kind("", "v1", "Namespace", "namespaces", namespaced=False, subresources=("finalize", "status")),
    Kind("", "v1", "Pod", "pods", subresources=("exec", "log", "status")),
    Kind("apps", "v1", "Deployment", "deployments", subresources=("scale", "status")),
)
SERVICE = {"group": "", "kind": "Service", "version": "v1"}
SERVICE_PATH = "/api/v1/namespaces/{namespace}/services/{name}"


@pytest.fixture(scope="module")
def core():
    return openapi.document("v1", KINDS)


def test_index_points_at_documents_with_a_hash():
    """kubectl keeps a document by its hash, so each has one and no two are the same."""
    paths = openapi.index(KINDS)["paths"]
    urls = [paths["api/v1"]["serverRelativeURL"], paths["apis/apps/v1"]["serverRelativeURL"]]
    assert [url.partition("?hash=")[0] for url in urls] == ["/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1"]
    assert len({url.partition("?hash=")[2] for url in urls}) == 2


def test_patch_operations_carry_kind_and_field_validation(core):
    """Without these kubectl falls back to OpenAPI v2 in protobuf, and fails."""
    patch = core["paths"][SERVICE_PATH]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == SERVICE
    assert patch["x-kubernetes-action"] == "patch"
    assert {each["name"] for each in patch["parameters"]} == {
        "dryRun",
        "fieldManager",
        "fieldValidation",
        "force",
    }
    assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]


def test_every_patch_operation_supports_field_validation(core):
    """kubectl looks at the first PATCH it finds for the kind, whichever path that is."""
    patches = [item["patch"] for item in core["paths"].values() if "patch" in item]
    assert patches
    for patch in patches:
        assert "fieldValidation" in {each["name"] for each in patch["parameters"]}


@pytest.mark.parametrize(
    ("path", "actions"),
    [
        pytest.param("/api/v1/services", {"get": "list"}, id="all-namespaces"),
        pytest.param(
            "/api/v1/namespaces/{namespace}/services",
            {"get": "list", "post": "post", "delete": "deletecollection"},
            id="collection",
        ),
        pytest.param(
            SERVICE_PATH, {"get": "get", "put": "put", "patch": "patch", "delete": "delete"}, id="object"
        ),
        pytest.param(f"{SERVICE_PATH}/status", {"get": "get", "put": "put", "patch": "patch"}, id="status"),
        pytest.param(
            "/api/v1/namespaces/{name}",
            {"get": "get", "put": "put", "patch": "patch", "delete": "delete"},
            id="cluster-wide",
        ),
        pytest.param("/api/v1/namespaces/{namespace}/pods/{name}/log", {"get": "get"}, id="log"),
        pytest.param(
            "/api/v1/namespaces/{namespace}/pods/{name}/exec",
            {"get": "connect", "post": "connect"},
            id="connection",
        ),
    ],
)
def test_paths_and_their_actions(core, path, actions):
    """Every way to reach a kind is there, with what it does."""
    found = {
        verb: each["x-kubernetes-action"]
        for verb, each in core["paths"][path].items()
        if verb != "parameters"
    }
    assert found == actions


def test_ports_tell_kubectl_how_to_merge_them(core):
    """The extensions stand on the property, its items refer to a schema by allOf."""
    ports = core["components"]["schemas"]["io.k8s.api.core.v1.ServiceSpec"]["properties"]["ports"]
    assert ports.pop("description").startswith("The list of ports")
    assert ports == {
        "type": "array",
        "items": {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.ServicePort"}]},
        "x-kubernetes-list-map-keys": ["port", "protocol"],
        "x-kubernetes-list-type": "map",
        "x-kubernetes-patch-merge-key": "port",
        "x-kubernetes-patch-strategy": "merge",
    }


def test_every_reference_leads_to_a_schema(core):
    """A dangling reference breaks explain and apply."""
    text = orjson.dumps(core).decode()
    names = {piece.partition('"')[0] for piece in text.split("#/components/schemas/")[1:]}
    assert names
    assert names <= set(core["components"]["schemas"])


def test_other_group_versions_are_left_out(core):
    """A document describes its own group version only."""
    assert not any("deployments" in path for path in core["paths"])
    assert "io.k8s.api.apps.v1.Deployment" not in core["components"]["schemas"]


def test_scale_is_described_as_its_own_kind():
    """kubectl scale and explain find autoscaling/v1 Scale under the workload."""
    apps = openapi.document("apps/v1", KINDS)
    scale = apps["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]["patch"]
    assert scale["x-kubernetes-group-version-kind"] == {
        "group": "autoscaling",
        "kind": "Scale",
        "version": "v1",
    }
    assert "io.k8s.api.autoscaling.v1.Scale" in apps["components"]["schemas"]


def test_required_fields_and_scalars_are_as_in_the_models(core):
    """explain prints -required- and the types from here."""
    port = core["components"]["schemas"]["io.k8s.api.core.v1.ServicePort"]
    assert port["required"] == ["port"]
    assert port["properties"]["port"]["format"] == "int32"
    reference = {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString"}
    assert port["properties"]["targetPort"]["allOf"] == [reference]
