"""Services of type LoadBalancer in a lab that is a cloud: the controller in the box, AWS' balancers."""

from __future__ import annotations

import contextlib
import json
import sys
import urllib.request

import pytest

from testkit import objects
from testkit.kubectl import find_kubectl
from testkit.lab import Lab, StepError
from tests.e2e.test_cloud import CLIENT, Cloud

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]

OBJECTS = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: traefik/whoami
        ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]
"""
NLB = {"service.beta.kubernetes.io/aws-load-balancer-type": "nlb"}
# A datagram every tenth of a second from one port of the client; which node answered each.
DATAGRAMS = """
import socket, sys, time
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asker.settimeout(0.5)
asker.connect((sys.argv[1], 80))
for line in sys.stdin:
    try:
        asker.send(b"who")
        answer = asker.recv(999).decode()
        print(next(each.split()[1] for each in answer.splitlines() if each.startswith("node")), flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""


class Services(Cloud):
    """A cloud with the controller in the box."""

    def service(self, name, protocol="TCP", *, annotations=None, **spec):
        """A Service of type LoadBalancer before the web servers."""
        fields = {"type": "LoadBalancer", "selector": {"app": "web"}, **spec}
        fields.setdefault("ports", [{"port": 80, "protocol": protocol}])
        body = objects.service(name, namespace=None, metadata={"annotations": annotations or {}}, **fields)
        self.kubectl("apply", "-f", "-", stdin=json.dumps(body))

    def host_name(self, name):
        """Its balancer's, once it has one."""
        self.kubectl(
            "wait", "--for=jsonpath={.status.loadBalancer.ingress}", f"service/{name}", "--timeout=60s"
        )
        return self.kubectl(
            "get", "service", name, "-o", "jsonpath={.status.loadBalancer.ingress[0].hostname}"
        )

    def ways(self, name, count=1):
        """The addresses of a balancer, one a zone, once there are so many."""
        found = set()

        def resolved():
            with contextlib.suppress(StepError):  # the name may not be there yet
                lines = self.lab.run("client", "getent", "ahostsv4", name).splitlines()
                found.update(line.split()[0] for line in lines)
            return len(found) >= count

        self.until(resolved, True)
        return sorted(found)

    def trace(self, url):
        """The stages of a trace from the client, each with its kind of host: without rules and SNAT."""
        said = self.mockcloud("trace", "--name", self.lab.name, "-o", "json", "client", url)
        stages = [(hop["where"].partition("-")[0], hop["stage"]) for hop in json.loads(said)["hops"]]
        return [each for each in stages if each[1] not in ("rule", "snat")]

    def answers_of_zones(self, name):
        """The first answer at the address in each of the three zones."""
        return {ip: self.first_answer(f"http://{ip}/") for ip in self.ways(name, 3)}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """Three nodes in three zones, a web server on each; the controller in the box."""
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("there is no kubectl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab("cloud-services")
        with lab.running("--nodes", "3", "--provider", "cloud", "--tunnel"):
            cluster = Services(lab, kubectl)
            cluster.kubectl("apply", "-f", "-", stdin=OBJECTS)
            cluster.kubectl("rollout", "status", "daemonset/web", "--timeout=60s")
            yield cluster


@pytest.fixture
def make(cloud):
    """Makes Services, which are gone afterwards."""
    names = []

    def make_one(name, *options, **more):
        names.append(name)
        cloud.service(name, *options, **more)
        return cloud.host_name(name)

    yield make_one
    for name in names:
        cloud.kubectl("delete", "service", name, "--ignore-not-found", "--timeout=60s")


def test_a_service_gets_a_balancer_that_is_a_proxy(cloud, make):
    """Without an annotation it is a classic one: targets see the balancer."""
    name = make("classic")

    said = cloud.first_answer(f"http://{name}/")
    story = cloud.trace(f"http://{name}/")

    assert name.endswith(".eu-central-1.elb.mockcloud.test")
    assert said["host"] == name
    assert not said["client"].startswith(CLIENT)
    assert story[:1] == [("client", "name")]
    assert story[-5:] == [
        *(("edge", "proxy"), ("node", "dnat"), ("node", "pod"), ("node", "back")),
        ("client", "answer"),
    ]


def test_its_name_is_reached_from_this_machine(cloud, make):
    """Through the tunnel, at a loopback address for each of its own."""
    make("outside")

    def answer():
        with contextlib.suppress(StepError, OSError):  # neither may be there yet
            found = json.loads(cloud.mockcloud("url", "--name", cloud.lab.name, "outside", "-o", "json"))
            told = next(each for each in found if each["kind"] == "external address")
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            return "node" in opener.open(told["url"], timeout=5).read().decode()
        return False

    cloud.until(answer, True)


def test_an_nlb_keeps_the_address_of_the_client(cloud, make):
    """Each zone is a way in of its own, to the node there, and the pod sees who asks."""
    name = make("nlb", annotations=NLB, externalTrafficPolicy="Local")

    said = cloud.answers_of_zones(name).values()

    assert {each["node"] for each in said} == {"node-1", "node-2", "node-3"}
    assert {each["client"].rpartition(":")[0] for each in said} == {CLIENT}


def test_a_trace_goes_through_the_balancer(cloud, make):
    """By its name: what the edge did, then the node, then the pod."""
    name = make("traced", annotations=NLB, externalTrafficPolicy="Local")
    cloud.answers_of_zones(name)

    assert cloud.trace(f"http://{name}/") == [
        ("client", "name"),
        ("edge", "dnat"),
        ("node", "dnat"),
        ("node", "pod"),
        ("node", "back"),
        ("edge", "back"),
        ("client", "answer"),
    ]


def test_a_silent_connection_is_forgotten_after_so_long(cloud, make):
    """350 s by an NLB, and not the five days of the kernel."""
    name = make("idle", annotations=NLB)
    ip = cloud.ways(name)[0]
    cloud.first_answer(f"http://{ip}/")
    waits = (
        "import socket, sys\n"
        "asked = socket.create_connection((sys.argv[1], 80))\n"
        "for line in sys.stdin:\n"
        "    print('connected', flush=True)\n"
    )

    with cloud.lasting("client", waits, ip) as ask:
        assert ask()
        tracked = cloud.lab.run("edge", "cat", "/proc/net/nf_conntrack").splitlines()

    left = [int(each.split()[4]) for each in tracked if f"dst={ip} " in each and "ESTABLISHED" in each]
    assert left
    assert max(left) <= 350


def test_a_target_cannot_reach_itself_through_its_nlb(cloud, make):
    """With the client's address kept, as in AWS: its own packets come back to it, and are no answer."""
    name = make("hairpin", annotations=NLB, externalTrafficPolicy="Local")
    zones = {said["node"]: ip for ip, said in cloud.answers_of_zones(name).items()}

    assert "timed out" in failure(cloud, "node-1", zones["node-1"])
    assert failure(cloud, "node-1", zones["node-2"]) == ""


def failure(cloud, host, address):
    """Why the host cannot connect."""
    knock = f"import socket; socket.create_connection(({address!r}, 80), 2)"
    try:
        cloud.lab.run(host, sys.executable, "-c", knock)
    except StepError as error:
        return str(error)
    return ""


def test_only_who_is_in_the_source_ranges_is_let_in(cloud, make):
    """By rules of the nodes' security group, since an NLB has none."""
    name = make("ranges", annotations=NLB, loadBalancerSourceRanges=["192.0.2.0/24"])
    ip = cloud.ways(name)[0]
    cloud.until(lambda: "timed out" in failure(cloud, "client", ip), True)

    cloud.service("ranges", annotations=NLB, loadBalancerSourceRanges=[f"{CLIENT}/32"])

    cloud.until(lambda: failure(cloud, "client", ip), "")


def test_udp_flows_do_not_outlive_their_target(cloud, make):
    """The next datagram of a flow comes to another node when its own is off."""
    name = make("udp", "UDP", annotations=NLB)
    arn = cloud.aws("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    attributes = [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}]
    cloud.aws("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
    ip = cloud.ways(name)[0]

    with cloud.lasting("client", DATAGRAMS, ip) as ask:
        said = []
        cloud.until(lambda: said.append(ask()) or said[-1].startswith("node-"), True)
        node = said[-1]
        server = cloud.api.servers.get_by_name(node)
        server.power_off().wait_until_finished()
        try:
            others = {"node-1", "node-2", "node-3"} - {node}
            cloud.until(lambda: ask() in others, True)
        finally:
            server.power_on().wait_until_finished()
    cloud.kubectl("wait", "--for=condition=Ready", f"node/{node}", "--timeout=60s")


def test_a_deleted_service_leaves_nothing(cloud, make):
    """Neither balancers, groups nor rules, and no element of nftables."""
    for number in (1, 2):
        make(f"gone-{number}", annotations=NLB)
    cloud.kubectl("delete", "service", "gone-1", "gone-2", "--timeout=60s")

    elb, ec2 = cloud.aws("elbv2"), cloud.aws("ec2")
    assert elb.describe_load_balancers()["LoadBalancers"] == []
    assert elb.describe_target_groups()["TargetGroups"] == []
    groups = {each["GroupName"]: each for each in ec2.describe_security_groups()["SecurityGroups"]}
    assert len(groups["nodes"]["IpPermissions"]) == 1
    rules = ("nft", "-j", "list", "map", "ip", "mockcloud-edge", "ports")
    cloud.until(lambda: "elem" in cloud.lab.run("edge", *rules), False)


def test_a_stopped_instance_is_a_node_that_is_shut_down(cloud):
    """Its Node gets the taint by which its pods go elsewhere; started again, it is Ready."""
    server = cloud.api.servers.get_by_name("node-3")
    server.power_off().wait_until_finished()
    try:
        taints = ("get", "node", "node-3", "-o", "jsonpath={.spec.taints[*].key}")
        cloud.until(
            lambda: "node.cloudprovider.kubernetes.io/shutdown" in cloud.kubectl(*taints), True, patience=60
        )
    finally:
        server.power_on().wait_until_finished()
    cloud.kubectl("wait", "--for=condition=Ready", "node/node-3", "--timeout=60s")
    cloud.until(lambda: "shutdown" in cloud.kubectl(*taints), False)
