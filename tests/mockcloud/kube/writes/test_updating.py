"""Which part of an object a write may touch, as values."""

import pytest

from mockcloud.kube.resources.apps.deployment import DEPLOYMENT
from mockcloud.kube.resources.apps.replicaset import REPLICA_SET
from mockcloud.kube.resources.core.configmap import CONFIG_MAP
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.discovery import ENDPOINT_SLICE
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.writes.updating import counted, unchanged, updated

BORN = {"name": "x", "namespace": "ns", "uid": "u", "creationTimestamp": "t", "resourceVersion": "7"}


def obj(**fields: object) -> dict:
    return {"metadata": {**BORN, **fields.pop("metadata", {})}, **fields}


@pytest.mark.parametrize(
    ("kind", "subresource", "expected"),
    [
        pytest.param(DEPLOYMENT, "", ("new", "old"), id="main"),
        pytest.param(DEPLOYMENT, "status", ("old", "new"), id="status"),
        pytest.param(POD, "binding", ("new", "new"), id="binding"),
    ],
)
def test_the_written_part(kind, subresource, expected):
    """spec and status come from the side that this write may take them from."""
    result = updated(kind, obj(spec="new", status="new"), obj(spec="old", status="old"), subresource)
    assert (result["spec"], result["status"]) == expected


def test_identity_stays():
    """A client cannot change what the server set; labels are its own."""
    new = {"metadata": {"name": "y", "uid": "v", "labels": {"a": "b"}, "managedFields": [], "generation": 9}}
    assert updated(CONFIG_MAP, new, obj())["metadata"] == {**BORN, "labels": {"a": "b"}}


@pytest.mark.parametrize(
    ("kind", "change", "generation"),
    [
        pytest.param(DEPLOYMENT, {"spec": 2}, 5, id="spec"),
        pytest.param(DEPLOYMENT, {"status": 2}, 4, id="status"),
        pytest.param(DEPLOYMENT, {"metadata": {"labels": {"a": "b"}}}, 4, id="labels"),
        pytest.param(DEPLOYMENT, {"metadata": {"annotations": {"a": "b"}}}, 5, id="deployment's-annotations"),
        pytest.param(DEPLOYMENT, {"metadata": {"annotations": {}}}, 4, id="no-annotations"),
        pytest.param(REPLICA_SET, {"metadata": {"annotations": {"a": "b"}}}, 4, id="annotations"),
        pytest.param(ENDPOINT_SLICE, {"endpoints": [1]}, 5, id="no-spec-but-endpoints"),
    ],
)
def test_generation(kind, change, generation):
    """Counts changes of what is wanted, and nothing else; of Deployments annotations count, as upstream."""
    old = obj(spec=1, metadata={"generation": 4})
    new = updated(kind, {**obj(spec=1), **change}, old)
    assert counted(kind, new, old)["metadata"]["generation"] == generation


def test_annotations_that_come_with_a_status_do_not_count():
    """The controller notes a revision so, and would otherwise never have seen the newest generation."""
    old = obj(spec=1, metadata={"generation": 4})
    new = updated(DEPLOYMENT, obj(spec=1, metadata={"annotations": {"a": "b"}}), old, "status")
    assert counted(DEPLOYMENT, new, old, "status")["metadata"]["generation"] == 4


def test_namespace_finalizers_change_by_finalize_only():
    """Nobody empties spec.finalizers by a plain PUT."""
    old = obj(spec={"finalizers": ["kubernetes"]})
    assert updated(NAMESPACE, obj(spec={}), old)["spec"] == {"finalizers": ["kubernetes"]}
    assert updated(NAMESPACE, obj(spec={}), old, "finalize")["spec"] == {"finalizers": []}


def test_empty_and_absent_metadata_are_the_same():
    """`labels: {}` is no change."""
    assert unchanged(obj(metadata={"labels": {}, "finalizers": None}), obj())
    assert not unchanged(obj(metadata={"labels": {"a": "b"}}), obj())
