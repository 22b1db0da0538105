"""Defaults of pod specs."""

import pytest

from mockcloud.kube.json_types import filled
from mockcloud.kube.resources.pods.defaults import pod_defaults, pod_spec_defaults


def container(**fields):
    return pod_spec_defaults({"containers": [{"name": "c", "image": "nginx:1.25", **fields}]})["containers"][
        0
    ]


def test_a_pod_gets_more_than_a_template():
    """Variables of Services, and a grace period that is none below zero."""
    spec = pod_defaults(
        {"containers": [{"name": "c", "image": "nginx"}], "terminationGracePeriodSeconds": -1}
    )
    assert (spec["enableServiceLinks"], spec["terminationGracePeriodSeconds"]) == (True, 1)
    assert pod_defaults(spec) == spec


def test_a_bare_pod():
    """What kubectl get -o yaml shows of a pod that states nothing."""
    assert pod_spec_defaults({"containers": [{"name": "c", "image": "nginx:1.25"}]}) == {
        "containers": [
            {
                "name": "c",
                "image": "nginx:1.25",
                "imagePullPolicy": "IfNotPresent",
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        pytest.param("nginx", "Always", id="no-tag"),
        pytest.param("nginx:latest", "Always", id="latest"),
        pytest.param("nginx:1.25", "IfNotPresent", id="tag"),
        pytest.param("registry.example:5000/nginx", "Always", id="port-is-no-tag"),
        pytest.param("registry.example:5000/nginx:1", "IfNotPresent", id="port-and-tag"),
        pytest.param("nginx@sha256:abc", "IfNotPresent", id="digest"),
    ],
)
def test_pull_policy_follows_the_tag(image, policy):
    """Only `latest` is pulled always."""
    assert container(image=image)["imagePullPolicy"] == policy


def test_probes_and_handlers():
    """Every second number has a default; a zero counts as unstated."""
    probe = container(readinessProbe={"httpGet": {"port": 80}, "periodSeconds": 0})["readinessProbe"]
    assert probe == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    assert container(livenessProbe={"grpc": {"port": 1}})["livenessProbe"]["grpc"] == {
        "service": "",
        "port": 1,
    }
    hook = container(lifecycle={"preStop": {"httpGet": {"port": 80}}})["lifecycle"]
    assert hook == {"preStop": {"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}}}


@pytest.mark.parametrize(
    ("defaults", "requests"),
    [(pod_defaults, {"cpu": "100m", "memory": "1Gi"}), (pod_spec_defaults, {"cpu": "100m"})],
    ids=["pod", "template"],
)
def test_limits_are_requested_unless_said_otherwise(defaults, requests):
    """A limit alone is a request too, in a Pod; a template stays as it is."""
    asked = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}}
    spec = defaults({"containers": [{"name": "c", "image": "i", "resources": asked}]})
    assert spec["containers"][0]["resources"]["requests"] == requests


def test_field_references_name_a_version():
    """valueFrom.fieldRef."""
    env = container(
        env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, {"name": "B"}]
    )
    assert env["env"][0]["valueFrom"]["fieldRef"] == {"fieldPath": "status.podIP", "apiVersion": "v1"}
    assert env["env"][1] == {"name": "B"}


@pytest.mark.parametrize(
    ("defaults", "host"), [(pod_defaults, {"hostPort": 80}), (pod_spec_defaults, {})], ids=["pod", "template"]
)
def test_ports_are_tcp_and_host_network_uses_them_on_the_host(defaults, host):
    """hostPort follows containerPort in a Pod's own spec."""
    spec = {"hostNetwork": True, "containers": [{"name": "c", "ports": [{"containerPort": 80}]}]}
    port = defaults(spec)["containers"][0]["ports"][0]
    assert port == {"containerPort": 80, "protocol": "TCP"} | host


def test_volumes():
    """Files are 0644; a volume of nothing is an empty directory."""
    volumes = [
        {"name": "a"},
        {"name": "b", "configMap": {"name": "x"}},
        {"name": "c", "hostPath": {"path": "/x"}},
    ]
    assert pod_spec_defaults({"volumes": volumes})["volumes"] == [
        {"name": "a", "emptyDir": {}},
        {"name": "b", "configMap": {"name": "x", "defaultMode": 0o644}},
        {"name": "c", "hostPath": {"path": "/x", "type": ""}},
    ]


def test_the_account_is_stated_in_both_fields():
    """serviceAccount is the old name."""
    spec = pod_spec_defaults({"serviceAccountName": "me"})
    assert spec["serviceAccount"] == "me"


def test_filled_takes_empty_text_and_null_for_absent_but_not_zero():
    """0 and False are values."""
    assert filled({"a": "", "b": None, "c": 0, "d": False}, a=1, b=2, c=3, d=4) == {
        "a": 1,
        "b": 2,
        "c": 0,
        "d": False,
    }
