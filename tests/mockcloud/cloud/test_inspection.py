"""`mockcloud cloud balancers|calls|fault|faults|bill`, on a cloud that runs."""

import contextlib
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import hcloud
import pytest
import requests
from botocore.exceptions import ClientError
from hcloud.load_balancer_types.domain import LoadBalancerType
from hcloud.load_balancers.domain import (
    LoadBalancerHealthCheck,
    LoadBalancerService,
    LoadBalancerTarget,
    LoadBalancerTargetIP,
)
from hcloud.locations.domain import Location

pytestmark = pytest.mark.usefixtures("mock_cloud")


def run(*words, code=0):
    """What the command prints."""
    command = [sys.executable, "-m", "mockcloud", "cloud", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def hetzner(mock_cloud):
    return hcloud.Client(mock_cloud.token, api_endpoint=mock_cloud.hcloud_endpoint)


def test_balancers_of_both_apis_are_listed_with_their_targets(hetzner):
    """Nobody looks at targets without an edge: their health is unknown."""
    target = LoadBalancerTarget(type="ip", ip=LoadBalancerTargetIP(ip="192.0.2.7"))
    check = LoadBalancerHealthCheck(protocol="tcp", port=8080, interval=15, timeout=10, retries=3)
    service = LoadBalancerService(
        protocol="tcp", listen_port=80, destination_port=8080, proxyprotocol=False, health_check=check
    )
    made = hetzner.load_balancers.create(
        "web", LoadBalancerType("lb11"), location=Location("fsn1"), services=[service], targets=[target]
    )
    ec2, elbv2 = boto3.client("ec2"), boto3.client("elbv2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    elbv2.create_load_balancer(Name="net", Type="network", Subnets=[subnet])
    head, net, web, *rest = run("balancers").splitlines()
    assert head.split() == ["NAME", "KIND", "STATE", "ADDRESS", "PORT", "TARGET", "HEALTH"]
    assert net.split()[:3] == ["net", "network", "active"]
    assert net.split()[3].split(",") == ["198.18.0.2", "172.31.0.4"]
    assert net.split()[4:] == ["none", "-", "-"]
    address = made.load_balancer.public_net.ipv4.ip
    assert web.split()[0] == "web"
    assert f"{address}," in web
    assert web.split()[-3:] == ["80/tcp", "192.0.2.7:8080", "unknown"]
    assert rest == []
    assert json.loads(run("balancers", "-o", "json"))[1]["ports"][0]["targets"][0]["port"] == 8080


def test_calls_are_listed_and_followed(mock_cloud, hetzner):
    """Of both APIs, with the code of an error; followed, one comes as it is made."""
    boto3.client("sts").get_caller_identity()
    lines = run("calls").splitlines()
    assert lines[-1].split()[1:] == ["aws", "200", "POST", "/sts/GetCallerIdentity"]
    follow = [sys.executable, "-m", "mockcloud", "cloud", "calls", "-f", "--status", "4"]
    with subprocess.Popen(follow, stdout=subprocess.PIPE, text=True) as following:
        try:
            with pytest.raises(hcloud.APIException):
                hetzner.servers.get_by_id(7)
            assert following.stdout.readline().split()[2:] == ["404", "GET", "/v1/servers/7", "not_found"]
        finally:
            following.terminate()


def test_a_fault_is_ordered_met_and_taken_away():
    """By AWS' own code for the status."""
    number = run("fault", "--path", "/sts/*", "--status", "429", "--count", "1000").strip()
    assert run("faults").splitlines()[1].split() == [
        *(number, "request", "*", "/sts/*", "1", "1000", "429"),
    ]
    with pytest.raises(ClientError, match="Throttling"):
        boto3.client("sts").get_caller_identity()
    assert run("faults", "--remove", number) == "no faults\n"
    boto3.client("sts").get_caller_identity()
    assert "needs a status, a delay or both" in run("fault", code=1)


def test_faults_of_things_are_ordered_and_listed():
    """The point is what the options are for; the others are as /_mock refuses them."""
    run("fault", "--zone", "eu-central-1b")
    run("fault", "--instance", "node-1")
    run("fault", "--target", "192.0.2.7", "--health", "healthy")
    run("fault", "--path", "/elbv2/*", "--stuck", "--count", "1")
    run("fault", "--lag", "2.5")
    assert [line.split(maxsplit=6)[1:] for line in run("faults").splitlines()[1:]] == [
        ["edge", "-", "-", "1", "always", "zone nbg1 is dead"],
        ["edge", "-", "-", "1", "always", "instance node-1 is frozen"],
        ["edge", "-", "-", "1", "always", "target 192.0.2.7 is told healthy"],
        ["operation", "*", "/elbv2/*", "1", "1", "never ends"],
        ["read", "*", "*", "1", "always", "2.5 s ago"],
    ]
    assert "zone 'mars': expected one of fsn1" in run("fault", "--zone", "mars", code=1)
    assert run("faults", "--clear") == "no faults\n"


def test_the_bill_adds_up(hetzner):
    """An IPv4 address costs, too."""
    hetzner.load_balancers.create("web", LoadBalancerType("lb11"), location=Location("fsn1"))
    *_, balancer, address, total = (line.rsplit(None, 2) for line in run("bill").splitlines())
    assert float(balancer[1]) + float(address[1]) == pytest.approx(float(total[1]))


def test_a_cloud_that_is_not_there_is_named():
    """No stack trace."""
    said = run("bill", "--url", "http://127.0.0.1:1", code=1)
    assert said.startswith("Error: no mock cloud answers at http://127.0.0.1:1: ")
    assert "Traceback" not in said


@pytest.mark.parametrize("url", ["", "localhost:8077", "http://[::1", "http://127.0.0.1:1/a b", "http://x:y"])
def test_a_url_that_is_none_is_told_by_one_line(url):
    """Never with a stack trace."""
    (said,) = run("calls", "--url", url, code=1).splitlines()
    assert said.startswith(f"Error: no mock cloud answers at {url}: ")


@contextlib.contextmanager
def another_server(body):
    """Answers everything with this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("command", ["balancers", "calls", "faults", "bill"])
@pytest.mark.parametrize("body", [b"{}", b"[]", b"<html>"])
def test_another_server_is_not_taken_for_a_mock_cloud(command, body):
    """AWS_ENDPOINT_URL may be anybody's."""
    with another_server(body) as url:
        (said,) = run(command, "--url", url, code=1).splitlines()
    assert said.startswith(f"Error: no mock cloud answers at {url}: ")


@pytest.mark.parametrize("option", ["--delay", "--probability"])
def test_what_is_no_number_is_refused_by_the_option_that_has_it(option):
    """NaN is within no bounds."""
    assert f"Invalid value for '{option}': nan is not a number" in run("fault", option, "nan", code=2)


def test_quotas_can_be_changed(mock_cloud):
    """60 rules in a security group, as at AWS, are 2 where a tester wants it; what is no quota is named."""

    def ask(body):
        return requests.post(f"{mock_cloud.url}/_mock/quotas", json=body, timeout=90)

    assert ask({}).json()["security_group_rules"] == 60
    assert ask({"security_group_rules": 2}).json()["security_group_rules"] == 2
    ec2 = boto3.client("ec2")
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    for port in (80, 443):
        ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp="0.0.0.0/0"
        )
    with pytest.raises(ClientError, match="RulesPerSecurityGroupLimitExceeded"):
        ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
        )
    assert ask({"balancers": 2}).json()["error"].startswith("balancers: 2: expected a number for one of ")
