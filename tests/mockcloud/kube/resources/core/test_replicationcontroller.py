"""ReplicationControllers and PodTemplates."""

import pytest

from mockcloud.kube.resources.core.podtemplate import POD_TEMPLATE
from mockcloud.kube.resources.core.replicationcontroller import REPLICATION_CONTROLLER
from testkit import objects


def test_what_is_selected_is_what_the_template_bears():
    """Where nothing is said, as in the API's first version."""
    body = objects.replication_controller("web", labels={"app": "web"})
    del body["spec"]["selector"]
    found = REPLICATION_CONTROLLER.defaults(body)
    assert found["spec"]["selector"] == found["metadata"]["labels"] == {"app": "web"}
    assert found["spec"]["replicas"] == 1
    assert found["spec"]["template"]["spec"]["restartPolicy"] == "Always"


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param({}, [], id="right"),
        pytest.param(
            {"replicas": -1},
            ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
            id="negative",
        ),
        pytest.param({"template": None}, ["spec.template: Required value"], id="no-template"),
        pytest.param(
            {"selector": {"app": "db"}},
            [
                'spec.template.metadata.labels: Invalid value: {"app":"web"}:'
                " `selector` does not match template `labels`"
            ],
            id="selector",
        ),
        pytest.param(
            {"pod_spec": {"activeDeadlineSeconds": 5}},
            [
                "spec.template.spec.activeDeadlineSeconds: Forbidden:"
                " activeDeadlineSeconds in ReplicationController is not Supported"
            ],
            id="deadline",
        ),
    ],
)
def test_replication_controllers(spec, found):
    """One row a rule."""
    body = objects.replication_controller("web", **{k: v for k, v in spec.items() if k == "pod_spec"})
    body["spec"] |= {key: value for key, value in spec.items() if key != "pod_spec"}
    body = REPLICATION_CONTROLLER.defaults(body)
    assert [str(cause) for cause in REPLICATION_CONTROLLER.problems(body, None)] == found


def test_a_template_of_pods_is_held_to_the_rules_of_pods():
    """Its restart policy is free: it is of no workload."""
    spec = {"containers": [objects.container()], "restartPolicy": "Never", "dnsPolicy": "Odd"}
    meta = {"name": "t", "namespace": "default"}
    body = POD_TEMPLATE.defaults({"metadata": meta, "template": {"spec": spec}})
    (cause,) = POD_TEMPLATE.problems(body, None)
    assert cause.field == "template.spec.dnsPolicy"
    assert POD_TEMPLATE.printer.row(body, 0.0) == ["t", "c", "nginx", "<none>"]
