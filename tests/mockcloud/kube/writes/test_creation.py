"""What the server makes of a POSTed body, as values."""

import pytest

from mockcloud.kube.resources.apps.deployment import DEPLOYMENT
from mockcloud.kube.resources.core.configmap import CONFIG_MAP
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.pods.pod import quality_of_service
from mockcloud.kube.resources.services.service import SERVICE
from mockcloud.kube.writes.creation import begun, prepared
from mockcloud.kube.writes.names import generated


def resources(**each: dict) -> dict:
    return {"containers": [{"resources": each}]}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"containers": [{}]}, "BestEffort", id="asks-for-nothing"),
        pytest.param(resources(requests={"cpu": "1"}), "Burstable", id="asks-for-cpu"),
        pytest.param(resources(limits={"cpu": "1", "memory": "1Gi"}), "Guaranteed", id="limits-are-requests"),
        pytest.param(
            resources(limits={"cpu": "1", "memory": "1Gi"}, requests={"cpu": "500m"}),
            "Burstable",
            id="asks-for-less",
        ),
        pytest.param(resources(limits={"nvidia.com/gpu": "1"}), "BestEffort", id="others-do-not-count"),
    ],
)
def test_quality_of_service(spec, expected):
    """The QoS class of a pod."""
    assert quality_of_service(spec) == expected


def test_status_is_the_servers_but_for_nodes():
    """A client cannot create an object with a made-up status; a node agent registers with its own."""
    body = {"status": {"x": 1}}
    assert begun(DEPLOYMENT, body)["status"] == {}
    assert begun(SERVICE, body)["status"] == {"loadBalancer": {}}
    assert begun(NODE, body)["status"] == {"x": 1}
    assert "status" not in prepared(CONFIG_MAP, {}, "ns", "c")


def test_the_body_is_not_changed():
    """Preparing makes a new object."""
    body = {"metadata": {"uid": "mine"}}
    assert prepared(DEPLOYMENT, body, "ns", "d")["metadata"] == {
        "name": "d",
        "namespace": "ns",
        "generation": 1,
    }
    assert body == {"metadata": {"uid": "mine"}}


def test_generated_names_fit():
    """A long stem is cut, so that the name stays a DNS label."""
    assert generated("web-", lambda _: "x") == "web-xxxxx"
    assert generated("a" * 80, lambda _: "x") == "a" * 58 + "xxxxx"
