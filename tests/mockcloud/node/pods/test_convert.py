"""Pod objects as the API gives them."""

from mockcloud.node.pods.convert import deletion_grace, pod_spec
from mockcloud.node.pods.spec import (
    EnvVar,
    Exec,
    FieldRef,
    HttpGet,
    PortSpec,
    ProbeKind,
    RestartPolicy,
    TcpSocket,
)
from testkit import objects


def pod(container, **spec):
    main = {"name": "web", "image": "nginx", **container}
    return objects.pod("web-1", main, metadata={"uid": "u"}, **spec)


def test_a_plain_pod_has_the_apis_defaults():
    """Restart Always, half a minute of grace, no host name of its own."""
    spec = pod_spec(pod({}))
    assert (spec.restart_policy, spec.grace, spec.hostname) == (RestartPolicy.ALWAYS, 30.0, "")
    assert (spec.containers[0].ports, spec.containers[0].working_dir) == ((), "")
    assert spec.label == "web-1_default(u)"


def test_zero_grace_is_not_the_default():
    """terminationGracePeriodSeconds 0 means at once."""
    assert pod_spec(pod({}, terminationGracePeriodSeconds=0)).grace == 0.0


def test_probes_find_ports_by_name():
    """A probe's port may be the name of one of the container's."""
    spec = pod_spec(
        pod(
            {
                "ports": [{"name": "http", "containerPort": 8080}],
                "readinessProbe": {"httpGet": {"path": "/ok", "port": "http"}, "periodSeconds": 2},
                "livenessProbe": {"tcpSocket": {"port": 9}},
                "startupProbe": {"exec": {"command": ["true"]}, "failureThreshold": 30},
            }
        )
    )
    container = spec.containers[0]
    found = {probe.kind: probe for probe in container.probes}
    assert container.ports == (PortSpec(8080, "TCP", "http"),)
    assert found[ProbeKind.READINESS].action == HttpGet(8080, "/ok")
    assert found[ProbeKind.READINESS].period == 2.0
    assert found[ProbeKind.LIVENESS].action == TcpSocket(9)
    assert (found[ProbeKind.STARTUP].action, found[ProbeKind.STARTUP].failures) == (Exec(("true",)), 30)


def test_what_cannot_be_done_is_the_containers_refusal():
    """Named, so that the pod's status can say it."""
    unnamed = pod({"readinessProbe": {"httpGet": {"port": "http"}}})
    assert "couldn't find port named 'http'" in pod_spec(unnamed).containers[0].refusal
    file = pod({"env": [{"name": "A", "valueFrom": {"fileKeyRef": {}}}]})
    assert "env A: valueFrom fileKeyRef" in pod_spec(file).containers[0].refusal
    fields = pod(
        {"env": [{"name": "A", "value": "x"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "p"}}}]}
    )
    assert pod_spec(fields).containers[0].env == (EnvVar("A", "x"), EnvVar("B", source=FieldRef("p")))


def test_the_grace_of_a_deletion_is_what_the_api_decided():
    """metadata.deletionGracePeriodSeconds, once there is a deletionTimestamp."""
    obj = pod({})
    assert deletion_grace(obj) is None
    obj["metadata"].update(deletionTimestamp="2026-11-21T00:00:00Z", deletionGracePeriodSeconds=7)
    assert deletion_grace(obj) == 7.0
