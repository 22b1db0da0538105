"""A lab that is a cloud: balancers made by Hetzner's own client carry packets, and their health is true."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys

import pytest

from testkit.kubectl import find_kubectl
from testkit.lab import Lab, StepError
from tests.e2e.cluster import Cluster

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
boto3, hcloud = pytest.importorskip("boto3"), pytest.importorskip("hcloud")

# Each node answers for itself (externalTrafficPolicy: Local), so that one that is off takes no other along.
OBJECTS = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      tolerations: [{operator: Exists}]
      containers:
      - {name: web, image: traefik/whoami, ports: [{containerPort: 80}]}
      - {name: lines, image: zookeeper, ports: [{containerPort: 2181}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector: {app: web}
  ports:
  - {name: web, port: 80, nodePort: 30080}
  - {name: lines, port: 2181, nodePort: 30281}
"""
WEB, LINES = 30080, 30281
CLIENT = "203.0.113.100"
FIRST = 1001  # the id of the cloud's first server: node-1
# The quickest that Hetzner's API lets one look.
INTERVAL, TIMEOUT, RETRIES = 3, 2, 1


class Cloud(Cluster):
    """A lab with a cloud, and Hetzner's client for it."""

    def __init__(self, lab, kubectl):
        super().__init__(lab, kubectl)
        said = self.mockcloud("cloud", "env", "--lab", lab.name)
        self.environment = dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
        self.api = hcloud.Client(
            self.environment["HCLOUD_TOKEN"],
            api_endpoint=self.environment["HCLOUD_ENDPOINT"],
            poll_interval=0.01,
        )

    def aws(self, service):
        """AWS' own client."""
        told = self.environment
        return boto3.client(
            service,
            endpoint_url=told["AWS_ENDPOINT_URL"],
            region_name=told["AWS_REGION"],
            aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
        )

    @contextlib.contextmanager
    def open_to(self, cidr, protocol, port):
        """The nodes' security group lets this in, for as long as it is entered."""
        ec2 = self.aws("ec2")
        named = [{"Name": "group-name", "Values": ["nodes"]}]
        (group,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
        rule = {"IpProtocol": protocol, "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}
        ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])
        try:
            yield
        finally:
            ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[rule])

    def mockcloud(self, *arguments):
        """What the command prints."""
        command = [sys.executable, "-m", "mockcloud", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout

    def service(self, protocol="tcp", listen=80, to=WEB, **more):
        """A port of a balancer, looked at by TCP."""
        from hcloud.load_balancers import LoadBalancerHealthCheck, LoadBalancerService

        check = LoadBalancerHealthCheck("tcp", to, INTERVAL, TIMEOUT, RETRIES)
        return LoadBalancerService(
            protocol, listen, to, more.pop("proxyprotocol", False), health_check=check, **more
        )

    def make(self, name, *services, nodes=("node-1", "node-2"), private=True):
        """A balancer with these nodes as its targets."""
        from hcloud.load_balancer_types import LoadBalancerType
        from hcloud.load_balancers import LoadBalancerTarget
        from hcloud.locations import Location

        servers = [self.api.servers.get_by_name(each) for each in nodes]
        made = self.api.load_balancers.create(
            name=name,
            load_balancer_type=LoadBalancerType(name="lb11"),
            location=Location(name="fsn1"),
            network=self.api.networks.get_all()[0],
            services=list(services),
            targets=[LoadBalancerTarget("server", server=each, use_private_ip=private) for each in servers],
        )
        made.action.wait_until_finished()
        return made.load_balancer

    def is_healthy(self, balancer, **wanted):
        """The targets come to stand like this (node1="unhealthy"); those that are not named are healthy."""
        balancer.reload()
        nodes = {each.server.id: f"node{each.server.id - FIRST + 1}" for each in balancer.targets}
        ports = len(balancer.services)

        def stands():
            balancer.reload()
            return {
                nodes[target.server.id]: [each.status for each in target.health_status]
                for target in balancer.targets
            }

        self.until(stands, {name: [wanted.get(name, "healthy")] * ports for name in nodes.values()})

    def get(self, url, *options, host="client"):
        """What whoami says, as JSON; StepError where nobody answers."""
        accept = ("-H", "Accept: application/json")
        return json.loads(self.lab.run(host, "curl", "-sS", "--max-time", "5", *accept, *options, url))

    def answers(self, url, *options, host="client", times=8):
        """The same, so many times: all are answered."""
        return [self.get(url, *options, host=host) for _ in range(times)]

    def first_answer(self, url, *options, host="client"):
        """What is said once packets follow what the API tells: they do so within moments."""
        found = []

        def asked():
            with contextlib.suppress(StepError):
                found.append(self.get(url, *options, host=host))
            return bool(found)

        self.until(asked, True)
        return found[0]

    def is_answered_by(self, nodes, url, *options):
        """These nodes and no others come to answer, and one of them each time: the last answers."""
        found = []

        def who():
            try:
                found[:] = self.answers(url, *options)
            except StepError as error:
                return str(error)
            return {each["node"] for each in found}

        self.until(who, set(nodes))
        return found

    @contextlib.contextmanager
    def lasting(self, host, program, *arguments):
        """A program on a host that says a line for each that it is told, while it is entered."""
        command = [sys.executable, "-m", "mockcloud", "exec", "--name", self.lab.name, host, "--"]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [*command, sys.executable, "-c", program, *arguments], stdin=pipe, stdout=pipe, text=True
        ) as running:

            def ask():
                running.stdin.write("again\n")
                running.stdin.flush()
                return running.stdout.readline().strip()

            try:
                yield ask
            finally:
                running.kill()

    def refuses(self, url):
        """Nobody listens there, at last."""

        def asked():
            try:
                self.lab.run("client", "curl", "-sS", "--max-time", "5", "-o", "/dev/null", url)
            except StepError as error:
                return "Couldn't connect" in str(error) or str(error)
            return "answered"

        self.until(asked, True)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """Two nodes, a web server on each."""
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("there is no kubectl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab("cloud")
        with lab.running("--nodes", "2", "--provider", "cloud", "--ccm", "none"):
            cluster = Cloud(lab, kubectl)
            cluster.kubectl("apply", "-f", "-", stdin=OBJECTS)
            cluster.kubectl("rollout", "status", "daemonset/web", "--timeout=60s")
            yield cluster


@pytest.fixture
def make(cloud):
    """Makes balancers, which are gone afterwards."""
    made = []

    def make_one(*services, **more):
        made.append(cloud.make(f"web-{len(made)}", *services, **more))
        return made[-1]

    yield make_one
    left = {each.id for each in cloud.api.load_balancers.get_all()}
    for each in made:
        if each.id in left:
            each.delete()


def url(balancer, port=80, scheme="http"):
    return f"{scheme}://{balancer.public_net.ipv4.ip}:{port}/"


def test_a_balancer_carries_packets_to_both_nodes(cloud, make):
    """Its targets become healthy, each answers in turn, and sees the balancer's address in the network."""
    balancer = make(cloud.service())
    cloud.is_healthy(balancer)

    answers = cloud.is_answered_by({"node-1", "node-2"}, url(balancer))

    assert {each["client"].rpartition(":")[0] for each in answers} == {balancer.private_net[0].ip}


def test_it_answers_by_ipv6_and_by_its_name(cloud, make):
    """For the client, for nodes, and for pods."""
    balancer = make(cloud.service())
    cloud.is_healthy(balancer)
    name = balancer.public_net.ipv4.dns_ptr
    pod = cloud.kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}")

    assert name.endswith(".mockcloud.test")
    assert cloud.first_answer(f"http://[{balancer.public_net.ipv6.ip}]/", "-g")["pod"].startswith("web-")
    for host in ("client", "node-1", "control-plane"):
        assert cloud.first_answer(f"http://{name}/", host=host)["host"] == name
    found = cloud.lab.run(f"default/{pod}", "getent", "ahostsv4", name)
    assert found.split()[0] == balancer.public_net.ipv4.ip


def test_targets_by_public_address(cloud, make):
    """The balancer goes out as itself, by its own public address."""
    balancer = make(cloud.service(), private=False)
    cloud.is_healthy(balancer)

    answers = cloud.is_answered_by({"node-1", "node-2"}, url(balancer))
    seen = {each["client"].rpartition(":")[0] for each in answers}

    assert seen == {balancer.public_net.ipv4.ip}


def test_proxy_protocol_reaches_the_pod(cloud, make):
    """A pod reads who the client is before anything else."""
    balancer = make(cloud.service(to=LINES, proxyprotocol=True))
    cloud.is_healthy(balancer)
    ask = (
        "import socket\n"
        f"asked = socket.create_connection(('{balancer.public_net.ipv4.ip}', 80), 5)\n"
        "asked.sendall(b'end\\n')\n"
        "for line in asked.makefile():\n"
        "    print(line, end='')\n"
        "    if line.strip() == 'end':\n"
        "        break\n"
    )

    def is_told():
        try:
            said = cloud.lab.run("client", sys.executable, "-c", ask)
        except StepError as error:
            return str(error)
        return f"PROXY TCP4 {CLIENT} {balancer.public_net.ipv4.ip} " in said

    cloud.until(is_told, True)


def test_an_instance_that_is_off_takes_no_connections(cloud, make):
    """It is unhealthy within its threshold, the others answer all; it comes back when it is on."""
    balancer = make(cloud.service())
    cloud.is_healthy(balancer)
    server = cloud.api.servers.get_by_name("node-1")

    server.power_off().wait_until_finished()
    try:
        cloud.is_healthy(balancer, node1="unhealthy")
        cloud.is_answered_by({"node-2"}, url(balancer))
    finally:
        server.power_on().wait_until_finished()

    cloud.is_healthy(balancer)
    cloud.kubectl("wait", "--for=condition=Ready", "node/node-1", "--timeout=60s")


def test_targets_come_and_go_while_connections_last(cloud, make):
    """A connection to a target that stays outlives all changes of others."""
    from hcloud.load_balancers import LoadBalancerTarget

    balancer = make(cloud.service(), nodes=["node-1"])
    cloud.is_healthy(balancer)
    other = LoadBalancerTarget("server", server=cloud.api.servers.get_by_name("node-2"), use_private_ip=True)
    ask = (
        "import http.client, sys\n"
        "asked = http.client.HTTPConnection(sys.argv[1], 80, 5)\n"
        "for line in sys.stdin:\n"
        "    asked.request('GET', '/')\n"
        "    print(asked.getresponse().read().decode().split()[0], flush=True)\n"
    )
    cloud.first_answer(url(balancer))
    with cloud.lasting("client", ask, balancer.public_net.ipv4.ip) as goes_on:
        assert goes_on()
        balancer.add_target(other).wait_until_finished()
        cloud.is_healthy(balancer)
        assert goes_on()
        balancer.remove_target(other).wait_until_finished()
        assert goes_on()
        balancer.add_service(cloud.service(listen=81)).wait_until_finished()
        cloud.is_healthy(balancer)
        cloud.is_answered_by({"node-1"}, url(balancer, 81))
        assert goes_on()


def test_http_with_a_cookie(cloud, make):
    """A client with the cookie comes to the same target each time."""
    from hcloud.load_balancers import LoadBalancerServiceHttp

    http = LoadBalancerServiceHttp(cookie_name="MINE", cookie_lifetime=60, sticky_sessions=True)
    balancer = make(cloud.service("http", http=http))
    cloud.is_healthy(balancer)

    cloud.is_answered_by({"node-1", "node-2"}, url(balancer))
    said = cloud.lab.run("client", "curl", "-sS", "-i", url(balancer))
    cookie = next(line for line in said.splitlines() if line.lower().startswith("set-cookie: mine="))

    stuck = cloud.answers(url(balancer), "-H", f"Cookie: {cookie.split(':')[1].split(';')[0].strip()}")
    assert len({each["node"] for each in stuck}) == 1


def test_tls_ends_at_the_balancer(cloud, make):
    """With a certificate of the cloud's; whoever comes by HTTP is sent on."""
    from hcloud.load_balancers import LoadBalancerServiceHttp

    made = cloud.api.certificates.create_managed("managed", ["web.example"])
    made.action.wait_until_finished()
    http = LoadBalancerServiceHttp(certificates=[made.certificate], redirect_http=True)
    balancer = make(cloud.service("https", 443, http=http))
    cloud.is_healthy(balancer)
    ip = balancer.public_net.ipv4.ip

    names = f"import ssl\nprint(ssl.get_server_certificate(('{ip}', 443)))"
    assert cloud.first_answer(url(balancer, 443, "https"), "-k")["pod"].startswith("web-")
    assert cloud.first_answer(url(balancer), "-k", "-L")["pod"].startswith("web-")
    pem = cloud.lab.run("client", sys.executable, "-c", names)
    assert ssl.PEM_cert_to_DER_cert(pem)


def test_an_instance_has_its_public_address_for_whom_its_security_group_lets_in(cloud):
    """Nobody from outside at first; then from outside it is there, and sees who asks."""
    ip = cloud.api.servers.get_by_name("node-1").public_net.ipv4.ip

    assert "timed out" in failure(cloud, ip, WEB)
    with cloud.open_to(f"{CLIENT}/32", "tcp", WEB):
        assert cloud.first_answer(f"http://{ip}:{WEB}/")["client"].startswith(f"{CLIENT}:")
    cloud.until(lambda: "timed out" in failure(cloud, ip, WEB), True)


def test_an_instance_is_told_of_itself(cloud):
    """By the metadata service, from the node and from pods."""
    base = "http://169.254.169.254/latest"
    there = ("--field-selector", "spec.nodeName=node-2", "-o", "jsonpath={.items[0].metadata.name}")
    pod = cloud.kubectl("get", "pods", "-l", "app=web", *there)
    for host, name in (("node-1", "node-1"), (f"default/{pod}", "node-2")):
        seconds = "X-aws-ec2-metadata-token-ttl-seconds: 60"
        curl = f"curl -sS -X PUT -H '{seconds}' {base}/api/token"
        ask = f'curl -sS -H "X-aws-ec2-metadata-token: $({curl})" {base}/meta-data/local-ipv4'
        server = cloud.api.servers.get_by_name(name)
        assert cloud.lab.run(host, "sh", "-ec", ask) == server.private_net[0].ip


def test_nobody_outside_reaches_the_private_network(cloud):
    """But for the API of Kubernetes, which is open to all."""
    assert "timed out" in failure(cloud, "10.0.1.11", WEB)
    assert "No route to host" in failure(cloud, "10.0.0.10", 22)
    assert failure(cloud, "10.0.0.10", 6443) == ""


def failure(cloud, host, port):
    """Why the client cannot connect."""
    try:
        cloud.lab.run("client", sys.executable, "-c", KNOCK, host, str(port))
    except StepError as error:
        return str(error)
    return ""


KNOCK = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"


def test_connections_go_on_while_the_cloud_is_away(cloud, make):
    """Killed, it comes back with all that it had, and no connection noticed."""
    balancer = make(cloud.service())
    cloud.is_healthy(balancer)
    cloud.is_answered_by({"node-1", "node-2"}, url(balancer))
    _, pid = cloud.lab.daemons()["cloud"]

    os.kill(pid, signal.SIGKILL)
    answers = cloud.answers(url(balancer), times=20)

    assert len(answers) == 20
    cloud.until(lambda: cloud.lab.daemons()["cloud"][0], "ready")
    cloud.is_healthy(balancer)
    cloud.is_answered_by({"node-1", "node-2"}, url(balancer))


def test_a_deleted_balancer_leaves_nothing(cloud, make):
    """No port, no program, no address, no name."""
    one, other = (make(cloud.service(listen=port)) for port in (80, 81))
    for each in (one, other):
        cloud.is_healthy(each)
    cloud.first_answer(url(other, 81))

    one.delete()
    cloud.refuses(url(one))
    assert cloud.get(url(other, 81))["pod"].startswith("web-")
    other.delete()
    cloud.refuses(url(other, 81))

    cloud.until(lambda: "haproxy" in cloud.lab.run("edge", "ss", "-Hltnp"), False)
    cloud.until(lambda: one.public_net.ipv4.ip in cloud.lab.run("edge", "nft", "list", "ruleset"), False)
    cloud.until(lambda: "/32" in cloud.lab.run("edge", "ip", "-o", "-4", "address", "show", "eth0"), False)

    def has_a_name():
        with contextlib.suppress(StepError):
            return bool(cloud.lab.run("client", "getent", "hosts", one.public_net.ipv4.dns_ptr))
        return False

    cloud.until(has_a_name, False)
