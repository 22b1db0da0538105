"""What objects use up."""

import pytest

from mockcloud.quotas.quantities import texts
from mockcloud.quotas.usage import resources_of, unstated, usage
from testkit import objects


def asking(name="c", **resources):
    return objects.container(name, resources=resources)


def used(resource, obj):
    return {name: text for name, text in texts(usage(resource, obj)).items() if not name.startswith("count/")}


def test_a_pod_uses_what_its_containers_ask_for_at_once():
    """Or what one of those that go before them asks for, where that is more."""
    first = asking("first", requests={"cpu": "2"})
    main = [
        asking(requests={"cpu": "500m", "memory": "1Gi"}, limits={"cpu": "1"}),
        asking(requests={"cpu": "1"}),
    ]
    found = used("pods", objects.pod("p", *main, initContainers=[first]))
    assert found == {
        "pods": "1",
        **{"cpu": "2", "requests.cpu": "2", "limits.cpu": "1"},
        **{"memory": "1Gi", "requests.memory": "1Gi"},
    }


def test_a_pod_that_has_ended_is_only_there():
    """It counts as an object, and uses nothing up."""
    pod = objects.pod("p", status={"phase": "Failed"})
    assert texts(usage("pods", pod)) == {"count/pods": "1"}


@pytest.mark.parametrize(
    ("spec", "ports", "balancers"),
    [
        pytest.param({"type": "ClusterIP"}, "0", "0", id="inside"),
        pytest.param({"type": "NodePort"}, "1", "0", id="node-port"),
        pytest.param({"type": "LoadBalancer"}, "1", "1", id="balancer"),
        pytest.param(
            {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False}, "0", "1", id="balancer-without"
        ),
    ],
)
def test_services(spec, ports, balancers):
    """By their type."""
    found = used("services", objects.service("web", ports=[{"port": 80}], **spec))
    assert found == {"services": "1", "services.nodeports": ports, "services.loadbalancers": balancers}


def test_a_claim_counts_for_its_class_too():
    """gold.storageclass.storage.k8s.io/..."""
    spec = {"storageClassName": "gold", "resources": {"requests": {"storage": "5Gi"}}}
    found = used("persistentvolumeclaims", objects.made("PersistentVolumeClaim", "c", spec=spec))
    assert found["gold.storageclass.storage.k8s.io/requests.storage"] == found["requests.storage"] == "5Gi"


def test_any_kind_can_be_counted():
    """count/RESOURCE; some have a plain name from the time before that."""
    assert resources_of(["count/jobs.batch", "secrets", "limits.cpu"]) == {"jobs.batch", "secrets", "pods"}


def test_what_a_pod_has_to_say():
    """Else nobody could tell what it uses up."""
    pod = objects.pod("p", asking("a", requests={"cpu": "1"}), asking("b"))
    said = unstated(pod, ["pods", "requests.cpu", "limits.memory"])
    assert said == "must specify limits.memory for: a,b; requests.cpu for: b"
