"""`mockcloud trace` in a whole lab: what it tells is what the kernels did, and why a chain is broken."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.e2e.cluster import web_cluster

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]

SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: ranges}
spec:
  {type: LoadBalancer, selector: {app: whoami}, loadBalancerSourceRanges: [10.0.0.0/8], ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: refuses}
spec: {type: LoadBalancer, selector: {app: whoami}, ports: [{port: 80, targetPort: 9999}]}
---
apiVersion: v1
kind: Service
metadata: {name: local}
spec:
  type: NodePort
  selector: {app: whoami}
  externalTrafficPolicy: Local
  ports: [{port: 80, nodePort: 30200}]
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: local.default.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {type: NodePort, selector: {app: nobody}, ports: [{port: 80, nodePort: 30100}]}
---
apiVersion: v1
kind: Service
metadata: {name: unannounced}
spec: {type: LoadBalancer, selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: another}
spec: {type: LoadBalancer, loadBalancerClass: example.com/other, selector: {app: whoami}, ports: [{port: 80}]}
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One for all tests of this file."""
    with web_cluster("trace", tmp_path_factory) as cluster:
        cluster.kubectl("apply", "-f", "-", stdin=SERVICES)
        for name in ("whoami", "ranges", "refuses"):
            cluster.address(name)
        cluster.address("unannounced", announced=False)
        # The rules of each node come when they come: one trace that reaches a pod, by each way that tests go.
        for way in (("client", "whoami:80"), ("client", "192.168.10.11:30200")):
            cluster.until(lambda way=way: trace(*way)[1]["connected"], True)
        yield cluster


def trace(source, target):
    """Exit code and story of one trace."""
    command = [sys.executable, "-m", "mockcloud", "trace", "--name", "trace", "-o", "json", source, target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def facts(story, stage):
    """The facts of the hops of that stage."""
    return [hop["facts"] for hop in story["hops"] if hop["stage"] == stage]


def test_each_hop_of_an_external_address_is_told(cluster):
    """ARP, rules, both translations, the pod, the way back and the answer agree with one another."""
    address = cluster.address("whoami")

    code, story = trace("client", f"http://{address}/")

    assert (code, story["connected"], story["broken"]) == (0, True, None)
    (neighbour,), (dnat,), (snat,), (pod,), (back,), (answer,) = (
        facts(story, stage) for stage in ("neighbour", "dnat", "snat", "pod", "back", "answer")
    )
    assert cluster.lab.who_has(address)[address] == neighbour["mac"]
    assert dnat["from"] == f"{address}:80"
    assert dnat["to"] == pod["address"]
    assert snat["from"].startswith("192.168.10.100:")
    assert back["answer"] == f"{pod['address']} -> {snat['to']}"
    assert back["goes-on-as"] == f"{address}:80 -> {snat['from']}"
    assert answer["status"] == "HTTP/1.1 200 OK"
    assert f"client: {snat['to']}" in answer["body"]
    assert pod["pod"].partition("/")[2] in answer["body"]
    chains = [each["chain"] for each in facts(story, "rule")]
    assert chains[0] == "nat-prerouting"
    assert chains[-1] == "nat-postrouting"


def test_a_pod_reaches_a_cluster_ip_without_its_address_being_hidden(cluster):
    """No ARP for it, one translation, no other."""
    pod = cluster.kubectl("get", "pods", "-o", "jsonpath={.items[0].metadata.name}")
    address = cluster.kubectl("get", "service", "local", "-o", "jsonpath={.spec.clusterIP}")

    stories = []

    def to_the_other():
        # The pod itself may be chosen, whose own address is hidden from it.
        stories.append(trace(f"default/{pod}", f"{address}:80")[1])
        return facts(stories[-1], "pod")[0]["pod"] != f"default/{pod}"

    cluster.until(to_the_other, True)
    assert not facts(stories[-1], "neighbour")
    assert not facts(stories[-1], "snat")
    assert facts(stories[-1], "dnat")[0]["from"] == f"{address}:80"


def test_a_pod_finds_names_as_its_programs_do(cluster):
    """By its own resolv.conf: short, and followed through an alias; what is nobody's is said to be."""
    pod = cluster.kubectl("get", "pods", "-o", "jsonpath={.items[0].metadata.name}")
    address = cluster.kubectl("get", "service", "local", "-o", "jsonpath={.spec.clusterIP}")

    for name in ("local", "local.default.svc.cluster.local", "alias"):
        code, story = trace(f"default/{pod}", f"http://{name}/")
        assert code == 0
        assert facts(story, "name") == [{"name": name, "address": address}]
    assert trace(f"default/{pod}", "missing:80")[1]["broken"]["why"] == "NoSuchName"


@pytest.mark.parametrize(
    ("target", "why", "text"),
    [
        pytest.param(
            "ranges:80", "SourceRange", "not in Service default/ranges's source ranges", id="ranges"
        ),
        pytest.param("refuses:80", "PodRefuses", "nothing listens on 10.244.", id="pod-refuses"),
        pytest.param("192.168.10.11:30100", "NoEndpoints", "no serving endpoint for port 80", id="empty"),
        pytest.param("whoami:81", "WrongPort", "no port tcp/81; it has tcp/80", id="wrong-port"),
        pytest.param("unannounced:80", "NobodyAnnounces", "Service default/unannounced's", id="unannounced"),
        pytest.param("another:80", "NoAddressYet", "has no external IP", id="no-address"),
        pytest.param("missing:80", "NoSuchName", "no such name", id="no-name"),
        pytest.param("192.168.10.12:30099", "NoService", "no Service has 192.168.10.12:30099", id="nobody's"),
        pytest.param("203.0.113.9:80", "NoRoute", "cannot be reached", id="no-route"),
    ],
)
def test_a_broken_chain_says_where_and_why(cluster, target, why, text):
    """Exit code 1, and the one reason that is true."""

    def broken():
        code, story = trace("client", target)
        return code, (story["broken"] or {}).get("why"), text in (story["broken"] or {}).get("text", "")

    cluster.until(broken, (1, why, True))


def test_a_node_without_a_local_endpoint_says_which_node_has_one(cluster):
    """Two pods on three nodes: policy Local drops on the third."""
    with_pods = set(cluster.kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}").split())
    without = next(n for n in (1, 2, 3) if f"node-{n}" not in with_pods)

    def broken():
        code, story = trace("client", f"192.168.10.1{without}:30200")
        found = story["broken"] or {}
        listed = ", ".join(sorted(with_pods)) in found.get("text", "")
        return code, found.get("why"), found.get("where"), listed

    cluster.until(broken, (1, "NoLocalEndpoint", f"node-{without}", True))


def test_nothing_of_a_trace_stays(cluster):
    """The rule that asked for it goes with it, and no rule of the node changed."""
    nft = ("sh", "-c", "PATH=$PATH:/usr/sbin:/sbin nft list tables")
    before = cluster.lab.run("node-1", *nft)
    trace("client", "192.168.10.11:30100")

    assert cluster.lab.run("node-1", *nft) == before
    assert "trace" not in before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("client", "https://x/"), "https is not spoken here", id="https"),
        pytest.param(("client", "x"), "expected http://HOST", id="no-port"),
        pytest.param(("elsewhere", "x:1"), "no host is called 'elsewhere'", id="no-host"),
        pytest.param(("default/nope", "x:1"), "no pod 'nope' runs", id="no-pod"),
    ],
)
def test_a_mistake_is_told_in_one_line(cluster, arguments, message):
    """Never a stack trace."""
    command = [sys.executable, "-m", "mockcloud", "trace", "--name", "trace", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)

    assert done.returncode in (1, 2)
    assert done.stderr.startswith("mockcloud: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
