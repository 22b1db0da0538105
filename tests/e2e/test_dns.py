"""Names in a whole lab, as programs in pods ask for them: by the C library and the pod's resolv.conf."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.kubectl import find_kubectl
from testkit.lab import Lab, StepError
from tests.e2e.cluster import Cluster

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]

OBJECTS = """
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {nodeName: node-1, containers: [{name: main, image: traefik/whoami}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.20, selector: {app: db}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: both}
spec: {ipFamilyPolicy: RequireDualStack, selector: {app: db}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: main, image: traefik/whoami, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {type: ExternalName, externalName: api.example.com}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: shop}
spec: {nodeName: node-2, containers: [{name: main, image: traefik/whoami}]}
"""

# A server on the lab's client that knows one address for every name.
UPSTREAM = """
import socket, dns.message, dns.rrset
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.bind(("192.168.10.100", 5300))
print("ready", flush=True)
while True:
    packet, asker = wire.recvfrom(4096)
    query = dns.message.from_wire(packet)
    response = dns.message.make_response(query)
    if query.question[0].rdtype == 1:
        response.answer.append(dns.rrset.from_text(query.question[0].name, 5, "IN", "A", "192.0.2.53"))
    wire.sendto(response.to_wire(), asker)
"""
BY_TCP = """
import dns.message, dns.query
query = dns.message.make_query("db.default.svc.cluster.local", "A")
for server in ("10.96.0.10", "fd00:10:96::a"):
    print(*sorted(str(each) for each in dns.query.tcp(query, server, timeout=90).answer[0]))
"""


class Names(Cluster):
    """A lab whose pods ask for names."""

    def resolve(self, name, *, database="hosts", pod="default/client"):
        """The addresses that the C library finds; none where there is no such name."""
        try:
            found = self.lab.run(pod, "getent", database, name)
        except StepError:
            return []
        return sorted({line.split()[0] for line in found.splitlines()})

    def finds(self, name, wanted, **options):
        """The name comes to have these addresses: each node's daemon learns of it by itself."""
        self.until(lambda: self.resolve(name, **options), wanted)

    def pods(self):
        """The addresses of the StatefulSet's pods, by name."""
        found = json.loads(self.kubectl("get", "pods", "-l", "app=db", "-o", "json"))["items"]
        return {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in found}


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """Two nodes, both families, a server outside; the objects above."""
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("there is no kubectl")
    mockcloud = [sys.executable, "-m", "mockcloud"]
    options = ["--nodes", "2", "--provider", "none", "--ipv6", "--dns-upstream", "192.168.10.100:5300"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab("dns")
        command = [*mockcloud, "exec", "--name", lab.name, "client", "--", sys.executable, "-c", UPSTREAM]
        with lab.running(*options), subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as upstream:
            try:
                assert upstream.stdout.readline() == "ready\n"
                cluster = Names(lab, kubectl)
                cluster.kubectl("apply", "-f", "-", stdin=OBJECTS)
                cluster.kubectl("rollout", "status", "statefulset/db", "--timeout=60s")
                for namespace in ("default", "shop"):
                    cluster.kubectl(
                        "wait", "-n", namespace, "--for=condition=Ready", "pod/client", "--timeout=60s"
                    )
                yield cluster
            finally:
                upstream.kill()


@pytest.mark.parametrize(
    ("pod", "name", "addresses"),
    [
        pytest.param("default/client", "web", ["10.96.0.20"], id="short"),
        pytest.param("default/client", "web.default", ["10.96.0.20"], id="with-namespace"),
        pytest.param("default/client", "web.default.svc.cluster.local", ["10.96.0.20"], id="whole"),
        pytest.param("shop/client", "web", [], id="short-from-another-namespace"),
        pytest.param("shop/client", "web.default.svc", ["10.96.0.20"], id="from-another-namespace"),
        pytest.param("default/client", "alias", ["10.96.0.20"], id="external-name-inside"),
        pytest.param("default/client", "nosuch", [], id="nowhere"),
        pytest.param("default/client", "kube-dns.kube-system", ["10.96.0.10"], id="itself"),
    ],
)
def test_a_pod_finds_a_service(names, pod, name, addresses):
    """By search path and ndots, as in any cluster."""
    # The server outside knows every name: what a cluster does not have is not to be asked for there.
    if not addresses:
        name = f"{name}.{pod.split('/')[0]}.svc.cluster.local."

    names.finds(name, addresses, pod=pod, database="ahostsv4")


def test_a_pod_finds_both_families(names):
    """A and AAAA."""
    spec = json.loads(names.kubectl("get", "service", "both", "-o", "json"))["spec"]

    names.finds("both", spec["clusterIPs"][:1], database="ahostsv4")
    names.finds("both", spec["clusterIPs"][1:], database="ahostsv6")


def test_a_pod_finds_each_pod_of_a_stateful_set(names):
    """The headless name leads to all, each has its own, and the way back leads to that."""
    pods = names.pods()

    names.finds("db", sorted(pods.values()), database="ahostsv4")
    names.finds("db-0.db", [pods["db-0"]], database="ahostsv4")
    back = names.lab.run("default/client", "getent", "hosts", pods["db-0"])
    assert back.split()[1] == "db-0.db.default.svc.cluster.local"


def test_names_follow_the_pods(names):
    """A third pod, and two again."""
    before = names.pods()
    names.kubectl("scale", "statefulset/db", "--replicas=3")
    names.kubectl("rollout", "status", "statefulset/db", "--timeout=60s")
    names.finds("db", sorted(names.pods().values()), database="ahostsv4")
    assert len(names.pods()) == 3

    names.kubectl("scale", "statefulset/db", "--replicas=2")
    names.finds("db", sorted(before.values()), database="ahostsv4")


def test_by_tcp_and_over_both_families(names):
    """The Service's TCP port, at both of its addresses."""
    found = names.lab.run("default/client", sys.executable, "-c", BY_TCP).split("\n")

    assert found[0].split() == found[1].split() == sorted(names.pods().values())


def test_names_outside_come_from_the_upstream(names):
    """--dns-upstream: asked by the node's daemon, for a name itself and at the end of an alias."""
    names.finds("www.example.org", ["192.0.2.53"], database="ahostsv4")
    names.finds("outside", ["192.0.2.53"], database="ahostsv4")


def test_a_daemon_that_is_killed_is_not_missed(names):
    """What pods ask until it is there again waits in its socket: no look-up fails."""
    state = json.loads((Path(names.lab.kubeconfig).parent / "state.json").read_text())
    pid = next(each["pid"] for each in state["daemons"] if each["name"] == "dns-node-1")
    loop = "for i in $(seq 20); do getent hosts web >/dev/null && echo found; sleep 0.05; done"
    command = [
        sys.executable,
        "-m",
        "mockcloud",
        "exec",
        "--name",
        "dns",
        "default/client",
        "--",
        "sh",
        "-c",
        loop,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout.readline() == "found\n"
        os.kill(pid, signal.SIGKILL)
        rest = asking.stdout.read()

    assert rest.split() == ["found"] * 19
