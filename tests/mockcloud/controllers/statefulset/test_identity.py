"""Pods and claims as they are made."""

from mockcloud.controllers.history.objects import parse_revision
from mockcloud.controllers.statefulset.identity import claims, pod

DATA = {
    "metadata": {"name": "data", "labels": {"tier": "x"}, "annotations": {"a": "b"}},
    "spec": {"accessModes": ["ReadWriteOnce"]},
}
LOG = {"metadata": {"name": "own"}, "spec": {}}


def revision(make):
    data = {"spec": {"template": make.set().template}}
    return parse_revision({"metadata": {"name": "db-1", "uid": "r"}, "revision": 1, "data": data})


def test_a_pod_has_its_own_name_its_place_and_its_volumes(make):
    """A claim's volume takes the place of one of the same name."""
    body = pod(make.set(volumeClaimTemplates=[DATA, LOG], ordinals={"start": 2}), revision(make), 2)
    assert body["metadata"]["labels"] == {
        "app": "db",
        "apps.kubernetes.io/pod-index": "2",
        "statefulset.kubernetes.io/pod-name": "db-2",
        "controller-revision-hash": "db-1",
    }
    assert body["metadata"]["annotations"] == {"note": "x"}
    assert (body["spec"]["hostname"], body["spec"]["subdomain"]) == ("db-2", "db")
    assert body["spec"]["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-2"}},
        {"name": "own", "persistentVolumeClaim": {"claimName": "own-db-2"}},
    ]
    assert body["metadata"]["ownerReferences"][0]["kind"] == "StatefulSet"


def test_without_a_service_there_is_no_subdomain(make):
    """And without claims the volumes are the template's."""
    body = pod(make.set(serviceName=None), revision(make), 0)
    assert "subdomain" not in body["spec"]
    assert body["spec"]["volumes"] == [{"name": "own", "emptyDir": {}}]


def test_claims_are_named_for_their_pod_and_labelled_as_the_set_selects(make):
    """`data-db-0`, with the template's labels and annotations."""
    first, second = claims(make.set(volumeClaimTemplates=[DATA, LOG]), 0)
    assert first["metadata"] == {
        "name": "data-db-0",
        "namespace": "ns",
        "labels": {"tier": "x", "app": "db"},
        "annotations": {"a": "b"},
    }
    assert second["metadata"]["name"] == "own-db-0"
    assert "annotations" not in second["metadata"]
