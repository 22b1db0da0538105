"""Manifest and chart, installed by hand in a lab without a provider, as on any cluster."""

import re
import secrets
import shlex
from pathlib import Path

import pytest

from testkit.chart import CHART, helm
from testkit.kubectl import find_kubectl
from testkit.lab import Lab
from tests.e2e.cluster import Cluster

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
MANIFEST = Path(__file__).parents[2] / "deploy" / "baremetal-lb.yaml"
SYSTEM = ("-n", "baremetal-lb-system")
STARTING = 150  # seconds: four interpreters start, on a machine that may have much else to do
WORKLOADS = ("daemonset/baremetal-lb-speaker", "deployment/baremetal-lb-controller")
POOL = """
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: baremetal-lb-system}
data:
  config: |
    address-pools:
    - {name: lab, protocol: layer2, addresses: [192.168.10.200-192.168.10.250]}
"""
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: whoami}
spec:
  replicas: 2
  selector: {matchLabels: {app: whoami}}
  template:
    metadata: {labels: {app: whoami}}
    spec:
      containers:
      - {name: web, image: traefik/whoami, ports: [{containerPort: 80}]}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A lab of two nodes with the manifest's pods running, and web servers."""
    kubectl = find_kubectl() or pytest.skip("there is no kubectl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab(f"install-{secrets.token_hex(3)}")
        with lab.running("--nodes", "2", "--provider", "none"):
            made = Cluster(lab, kubectl)
            made.kubectl("apply", "-f", str(MANIFEST))
            made.kubectl("apply", "-f", "-", stdin=POOL)
            made.kubectl("apply", "-f", "-", stdin=WEB)
            made.until(lambda: rolled_out(made), True, STARTING)
            yield made


def rolled_out(cluster):
    """Whether all of the balancer's pods are new and serve."""
    told = [cluster.kubectl(*SYSTEM, "rollout", "status", each, "--watch=false") for each in WORKLOADS]
    return all("successfully rolled out" in text for text in told)


def test_a_service_gets_an_address_that_answers(cluster):
    """By pods with the rights of the manifest's roles, and with NET_RAW alone."""
    cluster.expose("web")
    address = cluster.address("web")
    cluster.until(lambda: cluster.curl(f"http://{address}/"), 0)


def test_its_pods_are_pods_like_any_other(cluster):
    """get, logs, exec: a speaker is in its node's network, a controller is not; each can do what it needs."""
    words = "{.items[*].status.hostIP} {.items[*].status.podIP}"
    chosen = "app.kubernetes.io/component="
    speakers = cluster.kubectl(
        *SYSTEM, "get", "pods", "-l", f"{chosen}speaker", "-o", f"jsonpath={words}"
    ).split()
    assert speakers[:2] == speakers[2:]
    cluster.until(lambda: "live speakers changed" in cluster.kubectl(*SYSTEM, "logs", WORKLOADS[0]), True)
    status = ("grep", "-h", "CapEff", "/proc/self/status")
    speakers_may = cluster.kubectl(*SYSTEM, "exec", WORKLOADS[0], "--", *status)
    controllers_may = cluster.kubectl(*SYSTEM, "exec", WORKLOADS[1], "--", *status)
    assert (speakers_may, controllers_may) == ("CapEff:\t0000000000002000\n", "CapEff:\t0000000000000000\n")


def test_a_restart_and_a_deletion_change_no_address(cluster):
    """Rolled out anew, node by node, and a controller's pod taken away: the address stays, and answers."""
    cluster.expose("steady")
    address = cluster.address("steady")
    for each in WORKLOADS:
        cluster.kubectl(*SYSTEM, "rollout", "restart", each)
    cluster.until(lambda: rolled_out(cluster), True, STARTING)
    controllers = ("-l", "app.kubernetes.io/component=controller")
    first = cluster.kubectl(*SYSTEM, "get", "pods", *controllers, "-o", "jsonpath={.items[0].metadata.name}")
    cluster.kubectl(*SYSTEM, "delete", "pod", first)
    cluster.until(lambda: rolled_out(cluster), True, STARTING)
    assert cluster.address("steady") == address
    cluster.until(lambda: cluster.curl(f"http://{address}/"), 0)


def take_away(cluster):
    """The manifest's objects, as docs/install.md says."""
    page = (MANIFEST.parents[1] / "docs" / "install.md").read_text()
    (command,) = re.findall(r"`kubectl (delete -f deploy/baremetal-lb\.yaml[^`]*)`", page)
    cluster.kubectl(*command.replace("deploy/baremetal-lb.yaml", str(MANIFEST)).split())


def test_it_is_taken_away_as_the_page_says(cluster):
    """The Namespace goes first, and takes along what is in it: no fault that kubectl finds it gone."""
    take_away(cluster)
    left = cluster.kubectl("get", "namespaces,clusterroles,clusterrolebindings", "-o", "name").split()
    assert [each for each in left if "baremetal-lb" in each] == []


def test_the_readmes_two_lines_install_the_chart(cluster):
    """A release that is ready, and whose own test fetches an answer by an address of its pool."""
    binary = helm.find() or pytest.skip("there is no helm")
    take_away(cluster)
    page = (MANIFEST.parents[1] / "README.md").read_text()
    for command in ("install", "test"):
        (line,) = re.findall(rf"^\$ helm ({command} baremetal-lb .*)", page.replace("\\\n", ""), re.MULTILINE)
        arguments = shlex.split(line.replace("charts/baremetal-lb", str(CHART)), comments=True)
        done = helm.run(binary, *arguments, kubeconfig=cluster.lab.kubeconfig)
        assert done.returncode == 0, done.stdout + done.stderr
