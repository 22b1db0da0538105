"""ReplicationControllers and PodTemplates, as ReplicaSets' elder siblings."""

import pytest
from conformance.harness.contract import contract
from conformance.harness.nodes import run_all, run_pod
from conformance.harness.side import Side
from testkit import objects

CONTAINER = {"name": "web", "image": "nginx"}


def controller(**fields: object) -> dict:
    pods = {"containers": [CONTAINER], "pod_spec": {"automountServiceAccountToken": False}}
    return objects.replication_controller("web", namespace=None, **{**pods, **fields})


CONTROLLERS = {
    "bare": controller(replicas=0),
    "negative": controller(replicas=-1),
    "min-ready": controller(replicas=0, minReadySeconds=-1),
    "restart": controller(replicas=0, pod_spec={"restartPolicy": "Never"}),
    "deadline": controller(replicas=0, pod_spec={"activeDeadlineSeconds": 4}),
}
SPECS = {
    "selector-absent": {"selector": None, "replicas": 0},
    "selector-other": {"selector": {"app": "db"}, "replicas": 0},
    "template-absent": {"template": None, "replicas": 0},
}


@pytest.mark.parametrize("body", [pytest.param(each, id=name) for name, each in CONTROLLERS.items()])
@contract
def test_controllers(api: Side, body: dict) -> None:
    """A controller's defaults, or why it is none."""
    api.create("create", "replicationcontrollers", body)


@pytest.mark.parametrize("spec", [pytest.param(each, id=name) for name, each in SPECS.items()])
@contract
def test_controllers_half_said(api: Side, spec: dict) -> None:
    """What is taken from the template, and what cannot be."""
    body = controller()
    api.create("create", "replicationcontrollers", {**body, "spec": {**body["spec"], **spec}})


@contract
def test_pods_of_a_controller(api: Side) -> None:
    """As many as wanted, released and replaced, scaled, and left behind."""
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])
    api.quietly("POST", api.path("replicationcontrollers"), controller(replicas=2))
    path = api.path("replicationcontrollers", "web")
    names = run_all(api, "app=web", 2)

    def ready(count: int):
        return lambda body: body["status"].get("availableReplicas") == count == body["status"].get("replicas")

    api.record("controller", api.wait(path, "two ready", ready(2)))
    api.kubectl("get rc")
    api.kubectl("get rc -o wide")
    api.kubectl("describe rc web")
    api.ask("scale", "GET", path + "/scale")
    free = {"metadata": {"labels": {"app": "odd"}}}
    api.quietly("PATCH", api.path("pods", names[0]), free, Content_Type="application/merge-patch+json")
    body = api.wait(
        api.path("pods", names[0]), "released", lambda body: "ownerReferences" not in body["metadata"]
    )
    api.record("released", body["metadata"].get("ownerReferences"))
    run_pod(api, _successor(api, names), "10.244.1.20")
    api.wait(path, "two again", ready(2))
    api.kubectl("scale rc web --replicas=1")
    api.record("one", api.wait(path, "one ready", ready(1))["status"])
    api.ask("delete", "DELETE", path)
    api.wait(path, "gone", lambda body: body["kind"] == "Status")
    left = api.wait(
        api.path("pods") + "?labelSelector=app=web",
        "orphans",
        lambda body: not any("ownerReferences" in each["metadata"] for each in body["items"]),
    )
    api.record("left", sum("deletionTimestamp" not in each["metadata"] for each in left["items"]))


def _successor(api: Side, before: list[str]) -> str:
    """The name of the pod that takes the place of one of those, when it is on a node."""

    def placed(body: dict) -> list[str]:
        pods = [each for each in body["items"] if each["spec"].get("nodeName")]
        return [each["metadata"]["name"] for each in pods if each["metadata"]["name"] not in before]

    return placed(api.wait(api.path("pods") + "?labelSelector=app=web", "a successor", placed))[0]


@contract
def test_pod_templates(api: Side) -> None:
    """They are stored, with the defaults of pods, and are of use to whoever reads them."""
    labels = {"metadata": {"labels": {"app": "web"}}}
    body = {"metadata": {"name": "t"}, "template": {**labels, "spec": {"containers": [CONTAINER]}}}
    api.create("create", "podtemplates", body)
    api.patch(
        "patch", "merge", api.path("podtemplates", "t"), {"template": {"metadata": {"labels": {"a": "b"}}}}
    )
    api.kubectl("get podtemplates")
    junk = {"metadata": {"name": "junk"}, "template": {"spec": {"containers": [], "dnsPolicy": "Odd"}}}
    api.create("junk", "podtemplates", junk)
    api.ask("delete", "DELETE", api.path("podtemplates", "t"))
