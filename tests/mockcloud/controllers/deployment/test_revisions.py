"""What a Deployment writes on its ReplicaSets."""

from mockcloud.controllers.deployment.objects import parse_deployment
from mockcloud.controllers.deployment.revisions import new_replica_set, numbered
from testkit import objects


def deployment(**spec):
    annotations = {
        "kubernetes.io/change-cause": "because",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "deployment.kubernetes.io/revision": "9",
    }
    selector = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "k", "operator": "Exists"}]}
    spec = {"replicas": 4, "selector": selector, "labels": {"app": "web", "k": ""}, **spec}
    metadata = {"uid": "d", "annotations": annotations}
    return parse_deployment(objects.deployment(namespace="ns", metadata=metadata, **spec))


def test_numbered_hands_down_the_change_cause_and_keeps_the_history():
    """kubectl rollout history shows the cause; a ReplicaSet that returns remembers its earlier numbers."""
    first = numbered(deployment(), {}, 1)
    assert first == {"kubernetes.io/change-cause": "because", "deployment.kubernetes.io/revision": "1"}
    again = numbered(deployment(), numbered(deployment(), first, 3), 5)
    assert again["deployment.kubernetes.io/revision"] == "5"
    assert again["deployment.kubernetes.io/revision-history"] == "1,3"
    assert numbered(deployment(), again, 5) == again


def test_new_replica_set_selects_its_own_pods_only():
    """Name, labels and selector carry the hash; sizes are in the annotations."""
    found = new_replica_set(deployment(minReadySeconds=3), 2, 7)
    mark = found["metadata"]["labels"]["pod-template-hash"]
    assert found["metadata"]["name"] == f"web-{mark}"
    assert found["spec"]["selector"] == {
        "matchLabels": {"app": "web", "pod-template-hash": mark},
        "matchExpressions": [{"key": "k", "operator": "Exists", "values": []}],
    }
    assert found["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] == mark
    assert (found["spec"]["replicas"], found["spec"]["minReadySeconds"]) == (2, 3)
    annotations = found["metadata"]["annotations"]
    assert annotations["deployment.kubernetes.io/desired-replicas"] == "4"
    assert annotations["deployment.kubernetes.io/max-replicas"] == "5"
    assert found["metadata"]["ownerReferences"][0]["uid"] == "d"
