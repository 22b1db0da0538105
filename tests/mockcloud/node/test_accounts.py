"""What a pod's programs do as its service account, with nothing but what is in the pod."""

import sys

import pytest

from mockcloud.client.resources import CONFIG_MAPS, PODS, SERVICE_ACCOUNTS, Resource
from mockcloud.client.rest import Client
from testkit.kubectl import find_kubectl
from tests.mockcloud.node.test_pod_view import TOLD, make, pod, told, until

pytestmark = [pytest.mark.netns]
ROLE_BINDINGS = Resource("rbac.authorization.k8s.io/v1", "rolebindings")
CLIENTS = 120.0  # seconds for five interpreters and clients, on a machine that may be busy
FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
PYTHON_CLIENT = (
    "from kubernetes import client, config; config.load_incluster_config(); "
    "print(client.CoreV1Api().read_namespaced_config_map('kube-root-ca.crt', 'default').metadata.name)"
)


@pytest.fixture
async def reader(lab):
    """A client of the test's, and an account that may read what is in its namespace."""
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
        await client.create(SERVICE_ACCOUNTS, make("ServiceAccount", "reader"))
        binding = make(
            "RoleBinding",
            "reader",
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            subjects=[{"kind": "ServiceAccount", "name": "reader", "namespace": "default"}],
        )
        await client.create(ROLE_BINDINGS, {**binding, "apiVersion": "rbac.authorization.k8s.io/v1"})
        yield client
        for obj in (await client.list(PODS, namespace="default"))["items"]:
            await client.delete(PODS, obj["metadata"]["name"], namespace="default", grace_seconds=0)
        await client.delete(ROLE_BINDINGS, "reader", namespace="default")
        await client.delete(SERVICE_ACCOUNTS, "reader", namespace="default")


def as_reader(name, script, **spec):
    return pod(name, script, spec={"serviceAccountName": "reader", **spec})


@pytest.mark.parametrize("on_node", [False, True], ids=["own-network", "nodes-network"])
async def test_clients_reach_the_api_as_the_pods_account(lab, reader, on_node):
    """kubectl, the official Python client and baremetal-lb, by the environment and mounted files alone."""
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    status = "baremetal-lb status --namespace default 2>&1 | grep -o 'missing right.*[(]403'"
    script = (
        f"{kubectl} get configmap kube-root-ca.crt -o name; {kubectl} auth can-i delete pods; "
        f"{kubectl} auth whoami -o 'jsonpath={{.status.userInfo.username}}'; echo; "
        f'{sys.executable} -I -c "{PYTHON_CLIENT}"; {status}; echo {TOLD}; exec sleep 100'
    )
    name = "on-node" if on_node else "clients"
    await reader.create(PODS, as_reader(name, script, hostNetwork=on_node))

    lines = await told(lab, name, CLIENTS)
    assert lines[:4] == [
        "configmap/kube-root-ca.crt",
        "no",
        "system:serviceaccount:default:reader",
        "kube-root-ca.crt",
    ]
    assert "missing right" in lines[4], "it was heard as somebody, who may not see the cluster"


async def test_a_token_is_the_pods_alone(lab, reader):
    """It names the pod; when the pod is gone, so is its worth."""
    await reader.create(
        PODS, as_reader("bound", f"cat {FOLDER}/token; echo; cat {FOLDER}/namespace; echo; echo {TOLD}")
    )
    token, namespace = await told(lab, "bound")
    assert namespace == "default"

    async def review():
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "metadata": {},
            "spec": {"token": token},
        }
        return (await reader.create(Resource("authentication.k8s.io/v1", "tokenreviews", False), request))[
            "status"
        ]

    extra = (await review())["user"]["extra"]
    assert extra["authentication.kubernetes.io/pod-name"] == ["bound"]
    assert extra["authentication.kubernetes.io/node-name"] == ["node-1"]
    await reader.delete(PODS, "bound", namespace="default", grace_seconds=0)

    async def worthless():
        return not (await review()).get("authenticated")

    await until(worthless)


async def test_a_pod_without_a_token_has_none(lab, reader):
    """automountServiceAccountToken: false."""
    script = f"ls {FOLDER} 2>/dev/null || echo nothing; echo {TOLD}; exec sleep 100"
    await reader.create(PODS, as_reader("plain", script, automountServiceAccountToken=False))
    assert await told(lab, "plain") == ["nothing"]


async def test_an_agent_that_starts_anew_gives_its_pods_fresh_tokens(lab, reader):
    """It does not know when those that it finds are due. What reads the file sees the new one, whole."""
    files = lab.folder.glob("node-1/pods/default_reads_*/volumes/kube-api-access-*/token")
    await reader.create(PODS, as_reader("reads", f"echo {TOLD}; exec sleep 100"))
    await told(lab, "reads")
    (file,) = files
    before = file.read_text()
    lab.ask(op="kill", who="node-1", signal=9)
    lab.ask(op="start", who="node-1")

    async def renewed():
        return file.read_text() != before

    await until(renewed)
    assert file.read_text().count(".") == 2


async def test_a_pod_waits_for_whom_it_is_to_trust(lab, reader):
    """A namespace that has no kube-root-ca.crt yet: the volume is made when the ConfigMap comes."""
    found = await reader.get(CONFIG_MAPS, "kube-root-ca.crt", "default")
    await reader.delete(CONFIG_MAPS, "kube-root-ca.crt", namespace="default")
    await reader.create(PODS, as_reader("waits", f"wc -l < {FOLDER}/ca.crt; echo {TOLD}; exec sleep 100"))

    async def is_pending():
        return (await reader.get(PODS, "waits", "default")).get("status", {}).get("phase") == "Pending"

    await until(is_pending)
    kept = {key: found["metadata"][key] for key in ("name", "namespace")}
    await reader.create(CONFIG_MAPS, make("ConfigMap", kept["name"], data=found["data"]))
    assert int((await told(lab, "waits", 60.0))[0]) > 1
