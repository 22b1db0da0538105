"""A lab that is a cloud: balancers made by AWS' own client carry packets as AWS' do."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest

from testkit.kubectl import find_kubectl
from testkit.lab import Lab, StepError
from tests.e2e.test_cloud import CLIENT, LINES, OBJECTS, WEB, Cloud, failure

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
pytest.importorskip("boto3")

PRIVATE = "10.0.0.0/16"  # from where targets are looked at
NODES = ("node-1", "node-2")  # in the first zone, in the second
QUICK = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2, "UnhealthyThresholdCount": 2}


class AwsCloud(Cloud):
    """With what AWS' clients have of it."""

    def __init__(self, lab, kubectl):
        super().__init__(lab, kubectl)
        self.ec2, self.elb, self.elbv2 = (self.aws(each) for each in ("ec2", "elb", "elbv2"))
        reservations = self.ec2.describe_instances()["Reservations"]
        found = [each for made in reservations for each in made["Instances"]]
        self.instances = {each["PrivateDnsName"].split(".")[0]: each["InstanceId"] for each in found}
        self.subnets = self.environment["MOCKCLOUD_SUBNET_IDS"].split(",")[:2]
        self.vpc = self.environment["MOCKCLOUD_VPC_ID"]

    def states(self, group):
        """Node -> the state of the target that it is."""
        names = {number: name for name, number in self.instances.items()}
        told = self.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {names[each["Target"]["Id"]]: each["TargetHealth"]["State"] for each in told}

    def addresses(self, name):
        """To which a name resolves, for the client."""
        try:
            lines = self.lab.run("client", "getent", "ahostsv4", name).splitlines()
        except StepError:  # there is no such name
            return set()
        return {each.split()[0] for each in lines}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """Two nodes in two zones, a web server on each, open to the client and to health checks."""
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("there is no kubectl")
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab("cloud-aws")
        stack.enter_context(lab.running("--nodes", "2", "--provider", "cloud", "--ccm", "none"))
        made = AwsCloud(lab, kubectl)
        made.kubectl("apply", "-f", "-", stdin=OBJECTS)
        made.kubectl("rollout", "status", "daemonset/web", "--timeout=60s")
        for port in (WEB, LINES):
            stack.enter_context(made.open_to(PRIVATE, "tcp", port))
        yield made


@pytest.fixture
def client_is_let_in(cloud):
    """By the nodes' security group: they see the client's own address."""
    with cloud.open_to(f"{CLIENT}/32", "tcp", WEB):
        yield


class Nlb:
    """A network balancer in both zones, port 80 to a group of both nodes."""

    def __init__(self, cloud, port=WEB):
        self.cloud, api = cloud, cloud.elbv2
        made = api.create_load_balancer(Name="web", Type="network", Subnets=cloud.subnets)["LoadBalancers"][0]
        self.arn, self.name = made["LoadBalancerArn"], made["DNSName"]
        wanted = {"Protocol": "TCP", "Port": port, "VpcId": cloud.vpc, **QUICK}
        self.group = api.create_target_group(Name="nodes", **wanted)["TargetGroups"][0]["TargetGroupArn"]
        self.register(*NODES)
        action = [{"Type": "forward", "TargetGroupArn": self.group}]
        api.create_listener(LoadBalancerArn=self.arn, Protocol="TCP", Port=80, DefaultActions=action)
        self.stand(dict.fromkeys(NODES, "healthy"))
        cloud.until(lambda: len(cloud.addresses(self.name)), 2)
        self.ips = sorted(cloud.addresses(self.name))  # in the order of zones, since they were given so

    def stand(self, wanted):
        """Targets come to stand like this."""
        self.cloud.until(lambda: self.cloud.states(self.group), wanted)

    def register(self, *nodes):
        targets = [{"Id": self.cloud.instances[each]} for each in nodes]
        self.cloud.elbv2.register_targets(TargetGroupArn=self.group, Targets=targets)

    def deregister(self, *nodes):
        targets = [{"Id": self.cloud.instances[each]} for each in nodes]
        self.cloud.elbv2.deregister_targets(TargetGroupArn=self.group, Targets=targets)

    def set(self, name, value):
        """An attribute of the group."""
        given = [{"Key": name, "Value": value}]
        self.cloud.elbv2.modify_target_group_attributes(TargetGroupArn=self.group, Attributes=given)

    def gone(self):
        self.cloud.elbv2.delete_load_balancer(LoadBalancerArn=self.arn)
        self.cloud.elbv2.delete_target_group(TargetGroupArn=self.group)


@pytest.fixture
def nlb(cloud):
    """Web servers behind port 80."""
    made = Nlb(cloud)
    yield made
    made.gone()


def test_each_zone_has_an_address_that_leads_to_its_node_with_the_clients_own(cloud, nlb, client_is_let_in):
    """An address in each zone, which keeps to it; the pod sees who asks."""
    answers = [cloud.first_answer(f"http://{ip}/") for ip in nlb.ips]

    assert [each["node"] for each in answers] == list(NODES)
    assert {each["client"].rpartition(":")[0] for each in answers} == {CLIENT}
    assert cloud.first_answer(f"http://{nlb.name}/")["host"] == nlb.name


def test_security_groups_are_in_the_way_of_who_keeps_his_address(cloud, nlb):
    """Healthy for the balancer, closed to the client: with the balancer's address it is let in."""
    cloud.until(lambda: "timed out" in failure(cloud, nlb.ips[0], 80), True)

    nlb.set("preserve_client_ip.enabled", "false")

    cloud.until(lambda: failure(cloud, nlb.ips[0], 80), "")
    assert cloud.get(f"http://{nlb.ips[0]}/")["client"].startswith("10.0.")


def test_across_zones_each_address_leads_to_both_nodes(cloud, nlb, client_is_let_in):
    """As the group says."""
    nlb.set("load_balancing.cross_zone.enabled", "true")

    cloud.is_answered_by(NODES, f"http://{nlb.ips[0]}/")


def test_a_stopped_instance_is_unused_and_its_zone_leaves_the_name(cloud, nlb, client_is_let_in):
    """The name leads to those that serve; both zones are back when it runs again."""
    number = cloud.instances["node-1"]
    cloud.ec2.stop_instances(InstanceIds=[number])
    try:
        nlb.stand({"node-1": "unused", "node-2": "healthy"})
        cloud.until(lambda: cloud.addresses(nlb.name), {nlb.ips[1]})
        cloud.is_answered_by({"node-2"}, f"http://{nlb.name}/")
    finally:
        cloud.ec2.start_instances(InstanceIds=[number])
    nlb.stand(dict.fromkeys(NODES, "healthy"))
    cloud.until(lambda: cloud.addresses(nlb.name), set(nlb.ips))
    cloud.kubectl("wait", "--for=condition=Ready", "node/node-1", "--timeout=60s")


def test_who_drains_keeps_its_connections_and_gets_no_new_ones(cloud, nlb, client_is_let_in):
    """Through an address of both zones."""
    nlb.set("load_balancing.cross_zone.enabled", "true")
    nlb.deregister("node-2")
    cloud.is_answered_by({"node-1"}, f"http://{nlb.ips[0]}/")
    ask = (
        "import http.client, sys\n"
        f"asked = http.client.HTTPConnection('{nlb.ips[0]}', 80, 5)\n"
        "for line in sys.stdin:\n"
        "    asked.request('GET', '/')\n"
        "    print(asked.getresponse().read().decode(), end='end\\n', flush=True)\n"
    )
    command = [sys.executable, "-m", "mockcloud", "exec", "--name", cloud.lab.name, "client", "--"]
    with subprocess.Popen(
        [*command, sys.executable, "-c", ask], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as lasting:
        try:

            def said():
                lasting.stdin.write("again\n")
                lasting.stdin.flush()
                return "".join(iter(lasting.stdout.readline, "end\n"))

            assert "node: node-1" in said()
            nlb.register("node-2")
            nlb.stand(dict.fromkeys(NODES, "healthy"))
            nlb.deregister("node-1")
            cloud.is_answered_by({"node-2"}, f"http://{nlb.ips[0]}/")
            assert cloud.states(nlb.group)["node-1"] == "draining"
            assert "node: node-1" in said()
        finally:
            lasting.kill()


def test_a_target_cannot_ask_itself_while_the_clients_address_is_kept(cloud, nlb, client_is_let_in):
    """The hairpin that AWS is known for; the other node can."""
    knock = "import socket, sys; socket.create_connection((sys.argv[1], 80), 2)"

    def asks(node):
        found = subprocess.run(
            [
                *(sys.executable, "-m", "mockcloud", "exec", "--name", cloud.lab.name, node, "--"),
                *(sys.executable, "-c", knock, nlb.ips[0]),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if found.returncode == 0 else found.stderr.splitlines()[-1]

    cloud.until(lambda: asks("node-2"), "")
    assert "timed out" in asks("node-1")


@pytest.fixture
def front(cloud):
    """A security group that lets the client in at port 80: the network's default group lets in nobody."""
    made = cloud.ec2.create_security_group(GroupName="front", Description="x", VpcId=cloud.vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": f"{CLIENT}/32"}]}
    cloud.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
    yield made
    cloud.elb.delete_load_balancer(LoadBalancerName="web")
    cloud.ec2.delete_security_group(GroupId=made)


def make_classic(cloud, port, group):
    """A classic balancer in both zones, port 80 to both nodes; its name. It goes with its security group."""
    told = {"Protocol": "TCP", "LoadBalancerPort": 80, "InstanceProtocol": "TCP", "InstancePort": port}
    wanted = {"Listeners": [told], "Subnets": cloud.subnets, "SecurityGroups": [group]}
    cloud.elb.create_load_balancer(LoadBalancerName="web", **wanted)
    thresholds = {"UnhealthyThreshold": 2, "HealthyThreshold": 2}
    check = {"Target": f"TCP:{port}", "Interval": 5, "Timeout": 2, **thresholds}
    cloud.elb.configure_health_check(LoadBalancerName="web", HealthCheck=check)
    who = [{"InstanceId": each} for each in cloud.instances.values()]
    cloud.elb.register_instances_with_load_balancer(LoadBalancerName="web", Instances=who)

    def states():
        told = cloud.elb.describe_instance_health(LoadBalancerName="web")["InstanceStates"]
        return {each["State"] for each in told}

    cloud.until(states, {"InService"})
    (made,) = cloud.elb.describe_load_balancers()["LoadBalancerDescriptions"]
    return made["DNSName"]


def test_a_classic_balancer_is_a_proxy_to_all_instances(cloud, front):
    """They see its private address, from whichever of its own the client asks."""
    name = make_classic(cloud, WEB, front)

    for ip in cloud.addresses(name):
        answers = cloud.is_answered_by(NODES, f"http://{ip}/")
        assert {each["client"].rpartition(":")[0].rpartition(".")[0] for each in answers} == {"10.0.1"}


def test_the_proxy_protocol_of_a_classic_balancer_tells_who_asks(cloud, front):
    """As the AWS controller's annotation sets it."""
    name = make_classic(cloud, LINES, front)
    attribute = {"AttributeName": "ProxyProtocol", "AttributeValue": "true"}
    cloud.elb.create_load_balancer_policy(
        LoadBalancerName="web",
        PolicyName="proxy",
        PolicyTypeName="ProxyProtocolPolicyType",
        PolicyAttributes=[attribute],
    )
    cloud.elb.set_load_balancer_policies_for_backend_server(
        LoadBalancerName="web", InstancePort=LINES, PolicyNames=["proxy"]
    )
    ask = (
        "import socket\n"
        f"asked = socket.create_connection(('{name}', 80), 5)\n"
        "asked.sendall(b'end\\n')\n"
        "for line in asked.makefile():\n"
        "    print(line, end='')\n"
        "    if line.strip() == 'end':\n"
        "        break\n"
    )

    def is_told():
        try:
            return f"PROXY TCP4 {CLIENT} " in cloud.lab.run("client", sys.executable, "-c", ask)
        except StepError as error:
            return str(error)

    cloud.until(is_told, True)


def test_deleted_balancers_leave_nothing(cloud):
    """No port, no address, no name."""
    made = Nlb(cloud)
    made.gone()

    cloud.until(lambda: made.ips[0] in cloud.lab.run("edge", "nft", "list", "ruleset"), False)
    cloud.until(lambda: "/32" in cloud.lab.run("edge", "ip", "-o", "-4", "address", "show", "eth0"), False)
    assert cloud.elbv2.describe_target_groups()["TargetGroups"] == []
    cloud.until(lambda: cloud.addresses(made.name), set())


@contextlib.contextmanager
def ordered(cloud, *fault):
    """A fault of the lab's cloud, for as long as it is entered."""
    number = cloud.mockcloud("cloud", "fault", "--lab", cloud.lab.name, *fault).strip()
    try:
        yield
    finally:
        cloud.mockcloud("cloud", "faults", "--lab", cloud.lab.name, "--remove", number)


def power(cloud):
    """What the API tells of each node."""
    reservations = cloud.ec2.describe_instances()["Reservations"]
    names = {number: name for name, number in cloud.instances.items()}
    found = [each for made in reservations for each in made["Instances"]]
    return {names[each["InstanceId"]]: each["State"]["Name"] for each in found}


def test_a_zone_dies_and_comes_back(cloud, nlb, client_is_let_in):
    """Its address is silent and leaves the name, its node fails; the other zone serves. It is told to run."""
    first, second = nlb.ips
    assert [cloud.first_answer(f"http://{each}/")["node"] for each in nlb.ips] == list(NODES)

    with ordered(cloud, "--zone", "eu-central-1b"):
        cloud.until(lambda: cloud.addresses(nlb.name), {first})
        cloud.until(lambda: "timed out" in failure(cloud, second, 80), True)
        nlb.stand({"node-1": "healthy", "node-2": "unhealthy"})
        cloud.is_answered_by({"node-1"}, f"http://{first}/")
        assert power(cloud) == dict.fromkeys(NODES, "running")

    nlb.stand(dict.fromkeys(NODES, "healthy"))
    cloud.until(lambda: cloud.addresses(nlb.name), {first, second})
    assert cloud.first_answer(f"http://{second}/")["node"] == "node-2"


def test_an_instance_freezes_and_wakes_up(cloud, nlb, client_is_let_in):
    """It answers no packet and is told to run; health that lies keeps it in use; awake it serves."""
    second = nlb.ips[1]

    with ordered(cloud, "--instance", "node-2"):
        nlb.stand({"node-1": "healthy", "node-2": "unhealthy"})
        assert power(cloud) == dict.fromkeys(NODES, "running")
        with ordered(cloud, "--target", "node-2", "--health", "healthy"):
            nlb.stand(dict.fromkeys(NODES, "healthy"))
            cloud.until(lambda: "timed out" in failure(cloud, second, 80), True)

    nlb.stand(dict.fromkeys(NODES, "healthy"))
    assert cloud.first_answer(f"http://{second}/")["node"] == "node-2"
