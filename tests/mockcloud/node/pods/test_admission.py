"""Which pods a node does not take, and kubelet's words for it."""

import pytest

from mockcloud.node.pods.admission import Rejection, rejection
from testkit import objects

CAPACITY = {"cpu": "2", "memory": "4Gi", "ephemeral-storage": "10Gi", "pods": "3"}
NO_PORTS = Rejection(
    "NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
)


def pod(name="new", *, port=None, phase=None, init=(), **requests):
    ports = [{"containerPort": 80, **port}] if port else []
    main = objects.container("c", ports=ports, resources={"requests": requests})
    status = {"phase": phase} if phase else {}
    return objects.pod(name, main, status=status, **({"initContainers": list(init)} if init else {}))


def opened(**port):
    return pod(port={"hostPort": 8080, **port})


@pytest.mark.parametrize(
    ("new", "others", "expected"),
    [
        pytest.param(pod(cpu="2"), [], None, id="just-fits"),
        pytest.param(
            pod(cpu="1500m"),
            [pod(cpu="1")],
            Rejection(
                "OutOfcpu",
                "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
            ),
            id="cpu",
        ),
        pytest.param(
            pod(memory="5Gi"),
            [],
            Rejection(
                "OutOfmemory",
                "Node didn't have enough resource: memory, requested: 5368709120, used: 0, "
                "capacity: 4294967296",
            ),
            id="memory",
        ),
        pytest.param(pod(cpu="2"), [pod(cpu="2", phase="Succeeded")], None, id="beside-one-that-has-ended"),
        pytest.param(pod(), [pod(cpu="3")], None, id="asks-for-nothing"),
        pytest.param(
            pod(),
            [pod(), pod(), pod()],
            Rejection(
                "OutOfpods", "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3"
            ),
            id="too-many",
        ),
        pytest.param(opened(), [opened()], NO_PORTS, id="same-port"),
        pytest.param(opened(), [opened(protocol="UDP")], None, id="another-protocol"),
        pytest.param(opened(), [opened(hostPort=8081)], None, id="another-port"),
        pytest.param(opened(hostIP="10.0.0.1"), [opened(hostIP="10.0.0.2")], None, id="another-address"),
        pytest.param(opened(hostIP="10.0.0.1"), [opened()], NO_PORTS, id="who-has-all-addresses"),
        pytest.param(
            pod(init=[objects.container("i", ports=[{"containerPort": 1, "hostPort": 8080}])]),
            [opened()],
            None,
            id="one-that-ends-first",
        ),
    ],
)
def test_what_a_node_takes(new, others, expected):
    """By what the pods on it ask for, those that have ended left out."""
    assert rejection(new, others, CAPACITY) == expected
