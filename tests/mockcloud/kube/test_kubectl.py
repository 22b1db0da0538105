"""What a person types: real kubectl, each version to be had, against the embedded API."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.kubectl

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80, nodePort: 30080}]
"""


def words(table: str) -> list[list[str]]:
    """A table's rows, split at wide gaps."""
    return [re.split(r"\s{2,}", line.strip()) for line in table.strip().splitlines()]


@pytest.fixture(autouse=True)
def _clean(kube_api, request):
    yield
    if "every_kubectl" in request.fixturenames:
        kinds = "deployments,services,configmaps,pods,secrets,events,replicasets"
        selector = "--field-selector=metadata.name!=kubernetes"
        kube_api.kubectl("delete", kinds, selector, "-n", "default", "--now")


def test_apply_get_diff_and_delete(every_kubectl):
    """The seeds' first commands: apply, look, apply again, change, delete."""
    kubectl = every_kubectl
    assert kubectl("apply", "-f", "-", stdin=WEB) == "deployment.apps/web created\nservice/web created\n"
    assert kubectl("apply", "-f", "-", stdin=WEB) == "deployment.apps/web unchanged\nservice/web unchanged\n"
    assert kubectl("diff", "-f", "-", stdin=WEB) == ""
    changed = WEB.replace("port: 80, nodePort", "port: 8080, nodePort")
    assert (
        kubectl("apply", "-f", "-", stdin=changed)
        == "deployment.apps/web unchanged\nservice/web configured\n"
    )
    assert kubectl("get", "svc", "web", "-o", "jsonpath={.spec.ports[0].port}") == "8080"
    kubectl("delete", "-f", "-", stdin=WEB)
    assert kubectl("get", "deploy,svc", "-o", "name") == "service/kubernetes\n"


def test_get_prints_tables(every_kubectl):
    """The columns of upstream's printers, wide and not; yaml, json and jsonpath beside them."""
    kubectl = every_kubectl
    kubectl("apply", "-f", "-", stdin=WEB)
    header, _, row = words(kubectl("get", "services"))
    assert header == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]
    assert [row[0], row[1], row[3], row[4]] == ["web", "LoadBalancer", "<pending>", "80:30080/TCP"]
    header, row = words(kubectl("get", "deploy", "-o", "wide"))
    assert header == [
        "NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR",
    ]  # fmt: skip
    assert [row[index] for index in (0, 1, 5, 6, 7)] == ["web", "0/2", "nginx", "nginx", "app=web"]
    assert "service/web" in kubectl("get", "all")
    assert "kind: Service" in kubectl("get", "svc", "web", "-o", "yaml")
    assert json.loads(kubectl("get", "svc", "-o", "json"))["kind"] == "List"
    assert kubectl("get", "svc", "-l", "component=apiserver", "-o", "name") == "service/kubernetes\n"
    assert (
        kubectl("get", "svc", "--field-selector", "spec.type=LoadBalancer", "-o", "name") == "service/web\n"
    )
    assert kubectl("get", "ns", "--sort-by=.metadata.name", "--no-headers").split()[0] == "default"


def test_create_in_every_typed_way(every_kubectl):
    """`create`, `expose` and `run` use typed clients, which speak protobuf."""
    kubectl = every_kubectl
    kubectl("create", "deployment", "d", "--image=nginx", "--replicas=0", "--port=80")
    kubectl("expose", "deployment", "d", "--port=80", "--target-port=8000", "--type=NodePort")
    kubectl("create", "configmap", "c", "--from-literal=a=b")
    kubectl("create", "secret", "generic", "s", "--from-literal=p=q")
    kubectl("run", "p", "--image=nginx")
    made = json.loads(kubectl("get", "deploy/d", "svc/d", "cm/c", "secret/s", "pod/p", "-o", "json"))["items"]
    deployment, service, config_map, secret, pod = made
    assert deployment["spec"]["replicas"] == 0
    assert deployment["spec"]["template"]["spec"]["containers"][0]["ports"] == [
        {"containerPort": 80, "protocol": "TCP"}
    ]
    assert service["spec"]["ports"][0]["targetPort"] == 8000
    assert (config_map["data"], secret["data"]) == ({"a": "b"}, {"p": "cQ=="})
    assert pod["status"]["phase"] == "Pending"
    kubectl("create", "poddisruptionbudget", "b", "--selector=app=d", "--max-unavailable=25%")
    kubectl("create", "priorityclass", "high", "--value=1000", "--preemption-policy=Never")
    budget, priority = json.loads(kubectl("get", "pdb/b", "pc/high", "-o", "json"))["items"]
    assert budget["spec"] == {"maxUnavailable": "25%", "selector": {"matchLabels": {"app": "d"}}}
    assert (priority["value"], priority["preemptionPolicy"]) == (1000, "Never")
    kubectl("delete", "pdb/b", "pc/high")
    assert kubectl("auth", "can-i", "delete", "nodes").strip() == "yes"


def test_label_annotate_and_three_kinds_of_patch(every_kubectl):
    """Each kind of patch reaches the object; one that changes nothing is a success."""
    kubectl = every_kubectl
    kubectl("apply", "-f", "-", stdin=WEB)
    assert kubectl("label", "svc", "web", "tier=front") == "service/web labeled\n"
    kubectl("annotate", "svc", "web", "why=because")
    kubectl(
        "patch",
        "svc",
        "web",
        "-p",
        '{"spec":{"ports":[{"port":443,"name":"tls"},{"port":80,"name":"http"}]}}',
    )
    kubectl("patch", "svc", "web", "--type=merge", "-p", '{"spec":{"sessionAffinity":"ClientIP"}}')
    kubectl("patch", "svc", "web", "--type=json", "-p", '[{"op":"remove","path":"/metadata/labels/tier"}]')
    service = json.loads(kubectl("get", "svc", "web", "-o", "json"))
    assert {port["port"]: port["name"] for port in service["spec"]["ports"]} == {443: "tls", 80: "http"}
    assert service["spec"]["sessionAffinity"] == "ClientIP"
    assert "labels" not in service["metadata"] or "tier" not in service["metadata"]["labels"]
    assert service["metadata"]["annotations"]["why"] == "because"


def test_scale_rollout_and_wait(every_kubectl, kube_api):
    """scale goes through the scale subresource; rollout and wait follow the status by watching it."""
    kubectl = every_kubectl
    kubectl("apply", "-f", "-", stdin=WEB)
    assert kubectl("scale", "deployment", "web", "--replicas=3") == "deployment.apps/web scaled\n"
    waiting = kube_api_process(kube_api, "rollout", "status", "deployment/web", "--timeout=60s")
    assert "Waiting for deployment" in waiting.stdout.readline()
    status = {
        "observedGeneration": 2,
        **dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 3),
        "conditions": [{"type": "Available", "status": "True"}],
    }
    kubectl(
        "patch", "deploy", "web", "--subresource=status", "--type=merge", "-p", json.dumps({"status": status})
    )
    assert waiting.wait(60) == 0
    assert 'deployment "web" successfully rolled out' in waiting.stdout.read()
    waiting.stdout.close()
    assert "condition met" in kubectl("wait", "--for=condition=Available", "deploy/web", "--timeout=60s")
    assert words(kubectl("get", "deploy"))[1][1] == "3/3"


def kube_api_process(kube_api, *args: str) -> subprocess.Popen[str]:
    """A kubectl that goes on in the background; the caller waits for it."""
    binary = kube_api.kubectl_binary
    return subprocess.Popen([binary, *args], env=kube_api.environment, stdout=subprocess.PIPE, text=True)


def test_get_watch_prints_rows_as_they_change(kube_api):
    """`get -w`: the row is there at once, and again after each change."""
    kube_api.kubectl("apply", "-f", "-", stdin=WEB)
    with kube_api_process(kube_api, "get", "svc", "web", "-w") as watching:
        assert watching.stdout.readline().split()[:2] == ["NAME", "TYPE"]
        assert "<pending>" in watching.stdout.readline()
        status = {"status": {"loadBalancer": {"ingress": [{"ip": "192.168.10.200"}]}}}
        kube_api.kubectl(
            "patch", "svc", "web", "--subresource=status", "--type=merge", "-p", json.dumps(status)
        )
        assert "192.168.10.200" in watching.stdout.readline()
        watching.terminate()
    kube_api.kubectl("delete", "-f", "-", stdin=WEB)


def test_describe_shows_endpoints_and_events(every_kubectl):
    """describe follows labels and field selectors to what belongs to the object."""
    kubectl = every_kubectl
    kubectl("apply", "-f", "-", stdin=WEB)
    uid = kubectl("get", "svc", "web", "-o", "jsonpath={.metadata.uid}")
    involved = {"apiVersion": "v1", "kind": "Service", "namespace": "default", "name": "web", "uid": uid}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "web.1", "namespace": "default"},
        "involvedObject": involved,
        "reason": "IPAllocated",
        "message": "Assigned 192.168.10.200",
        "type": "Normal",
        "source": {"component": "baremetal-lb"},
        "firstTimestamp": "2026-11-21T00:00:00Z",
        "lastTimestamp": "2026-11-21T00:00:00Z",
        "count": 1,
    }
    kubectl("create", "-f", "-", stdin=json.dumps(event))
    described = kubectl("describe", "svc", "web")
    assert "IPAllocated" in described
    assert re.search(r"Type:\s+LoadBalancer", described)
    assert "Assigned 192.168.10.200" in kubectl("get", "events")
    assert "Assigned 192.168.10.200" in kubectl("events", "--for", "service/web")
    assert "Assigned 192.168.10.200" in kubectl("get", "events.events.k8s.io")
    assert "Namespace:" in kubectl("describe", "deploy", "web")


def test_explain_and_api_resources(every_kubectl):
    """The schema is served, and discovery lists every kind once with its short name."""
    kubectl = every_kubectl
    assert "externalTrafficPolicy" in kubectl("explain", "service.spec")
    listed = {line.split()[0]: line for line in kubectl("api-resources", "--no-headers").splitlines()}
    assert {"services", "deployments", "endpointslices", "leases", "nodes"} <= set(listed)
    assert "svc" in listed["services"].split()
    assert "v1.35" in kubectl("version")


def test_the_pinned_kubectl_does_not_warn_of_its_version(kube_api):
    """A learner takes "version difference ... exceeds the supported minor version skew" for a fault."""
    pinned = Path(sys.executable).with_name("kubectl")
    if not pinned.exists():
        pytest.skip("there is no kubectl beside this Python")
    assert kube_api.kubectl("version", binary=str(pinned)).stderr == ""


def test_delete_waits_for_finalizers(every_kubectl):
    """With a finalizer the object stays, being deleted, until somebody takes the finalizer away."""
    kubectl = every_kubectl
    kubectl("create", "configmap", "held")
    kubectl("patch", "cm", "held", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}')
    kubectl("delete", "cm", "held", "--wait=false")
    assert kubectl("get", "cm", "held", "-o", "jsonpath={.metadata.deletionGracePeriodSeconds}") == "0"
    kubectl("patch", "cm", "held", "-p", '{"metadata":{"finalizers":null}}')
    assert "held" not in kubectl("get", "cm", "-o", "name")


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        pytest.param(["get", "svc", "none"], None, '(NotFound): services "none" not found', id="404"),
        pytest.param(
            ["create", "-f", "-"],
            '{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"ports":[{"port":0}]}}',
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
            id="422",
        ),
        pytest.param(
            ["create", "-f", "-"],
            '{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"foo":1,"ports":[{"port":1}]}}',
            'strict decoding error: unknown field "spec.foo"',
            id="unknown-field",
        ),
        pytest.param(
            ["create", "configmap", "x", "-n", "nowhere"],
            None,
            'namespaces "nowhere" not found',
            id="missing-namespace",
        ),
        pytest.param(
            ["delete", "ns", "default"],
            None,
            'namespaces "default" is forbidden: this namespace may not be deleted',
            id="403",
        ),
        pytest.param(
            ["apply", "-f", "-"],
            '{"apiVersion":"foo/v1","kind":"Foo","metadata":{"name":"x"}}',
            'no matches for kind "Foo" in version "foo/v1"',
            id="unknown-kind",
        ),
        pytest.param(["get", "svc", "--token=wrong"], None, "You must be logged in", id="401"),
    ],
)
def test_refusals_read_as_kubernetes_says_them(kube_api, arguments, stdin, message):
    """kubectl prints the server's own words."""
    done = kube_api.kubectl(*arguments, stdin=stdin, check=False)
    assert done.returncode != 0
    assert message in done.stderr
