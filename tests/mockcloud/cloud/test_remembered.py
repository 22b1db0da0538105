"""What is remembered is what would be said anew, in both dialects."""

import time
from contextlib import suppress
from functools import cache
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mockcloud.ccm.aws.client import AwsRefusal
from mockcloud.cloud.aws.api import AwsApi
from mockcloud.cloud.aws.default_vpc import default_ids
from mockcloud.cloud.aws.resources import instance_id
from mockcloud.cloud.aws.signing import HttpRequest
from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core.health import Health, HealthStatus
from mockcloud.cloud.core.values import Instance
from mockcloud.cloud.faults import Point
from mockcloud.cloud.hetzner.api import HetznerApi
from mockcloud.cloud.hetzner.replies import Request
from mockcloud.cloud.keys import KeyPair
from mockcloud.cloud.service import CloudService
from tests.mockcloud.ccm.aws.cloud import ask as ask_aws

KEYS = KeyPair()
HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
NUMBER = "00000000-0000-4000-8000-000000000000"
RUN = {"ImageId": "ami-12345678", "MinCount": "1", "MaxCount": "1"}
EC2, ELBV2, ELB = "2016-11-15", "2015-12-01", "2012-06-01"
READS = (
    (EC2, {"Action": "DescribeInstances"}),
    (
        EC2,
        {
            "Action": "DescribeInstances",
            "Filter.1.Name": "instance-state-name",
            "Filter.1.Value.1": "running",
        },
    ),
    (EC2, {"Action": "DescribeInstanceStatus"}),
    (EC2, {"Action": "DescribeAddresses"}),
    (EC2, {"Action": "DescribeRouteTables"}),
    (ELBV2, {"Action": "DescribeLoadBalancers"}),
    (ELBV2, {"Action": "DescribeTargetGroups"}),
    (ELB, {"Action": "DescribeLoadBalancers"}),
    (ELB, {"Action": "DescribeInstanceHealth", "LoadBalancerName": "old"}),
)
PATHS = (
    "/servers",
    "/servers/1001",
    "/load_balancers",
    "/load_balancers/1001",
    "/actions",
    "/servers/actions",
)


def request(form: dict[str, str], version: str = EC2) -> HttpRequest:
    """Signed."""
    return _signed(urlencode({**form, "Version": version}), version)


@cache  # signing takes as long as an answer
def _signed(body: str, version: str) -> HttpRequest:
    asked = AWSRequest("POST", "http://127.0.0.1/", headers=dict(HEADERS), data=body)
    service = "ec2" if version == EC2 else "elasticloadbalancing"
    SigV4Auth(Credentials(KEYS.id, KEYS.secret), service, "eu-central-1").add_auth(asked)
    headers = {"host": "127.0.0.1", **{name.lower(): value for name, value in asked.headers.items()}}
    return HttpRequest("POST", "/", "", headers, body.encode())


def answered(api: AwsApi, form: dict[str, str], version: str = EC2) -> bytes:
    return api.answer(api.look_at(request(form, version)), time.time(), NUMBER).body


class Histories(RuleBasedStateMachine):
    """Orders, time that passes, targets that turn; one of two APIs of a cloud has never been asked before."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.cloud = CloudService(Clock(lambda: self.seconds, 1_000.0), operation_seconds=3.0)
        self.aws, self.hetzner = AwsApi(self.cloud, KEYS), HetznerApi(self.cloud)
        self.seen = Health()
        self.cloud.believe(lambda *_: self.seen, lambda *_: self.seen)
        self.group = ""

    def order_of_aws(self, service, operation, **params):
        return ask_aws(self.cloud, service, operation, params)

    @initialize()
    def balancers(self):
        """A classic and a network one with the first instance, and one of Hetzner's with every instance."""
        answered(self.aws, {"Action": "RunInstances", **RUN})
        ids = default_ids(self.cloud)
        subnets = ids["MOCKCLOUD_SUBNET_IDS"].split(",")[:1]
        listener = {"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 80}
        order, name, first = self.order_of_aws, {"LoadBalancerName": "old"}, instance_id(1001)
        order("elb", "create_load_balancer", **name, Listeners=[listener], Subnets=subnets)
        order("elb", "register_instances_with_load_balancer", **name, Instances=[{"InstanceId": first}])
        made = {"Name": "new", "Protocol": "TCP", "Port": 80, "VpcId": ids["MOCKCLOUD_VPC_ID"]}
        [group] = order("elbv2", "create_target_group", **made)["TargetGroups"]
        self.group = group["TargetGroupArn"]
        [balancer] = order("elbv2", "create_load_balancer", Name="new", Type="network", Subnets=subnets)[
            "LoadBalancers"
        ]
        action = [{"Type": "forward", "TargetGroupArn": self.group}]
        arn = {"LoadBalancerArn": balancer["LoadBalancerArn"]}
        order("elbv2", "create_listener", **arn, Port=80, Protocol="TCP", DefaultActions=action)
        self.turn_in(registers=True)
        service = {"protocol": "tcp", "listen_port": 80, "destination_port": 80}
        target = {"type": "label_selector", "label_selector": {"selector": "!nothing"}}
        body = {"name": "h", "load_balancer_type": "lb11", "location": "fsn1", "services": [service]}
        self.hetzner.answer("POST", "/load_balancers", Request(body={**body, "targets": [target]}))

    @rule()
    def run(self):
        answered(self.aws, {"Action": "RunInstances", **RUN})

    @rule(number=st.integers(1001, 1003), order=st.sampled_from(["Start", "Stop", "Terminate"]))
    def order(self, number, order):
        answered(self.aws, {"Action": f"{order}Instances", "InstanceId.1": instance_id(number)})

    @rule()
    def allocate(self):
        answered(self.aws, {"Action": "AllocateAddress"})

    @rule(registers=st.booleans())
    def turn_in(self, registers):
        """A target is let go, which takes five minutes, or taken again, unless it does not run."""
        operation = f"{'register' if registers else 'deregister'}_targets"
        with suppress(AwsRefusal):
            self.order_of_aws(
                "elbv2", operation, TargetGroupArn=self.group, Targets=[{"Id": instance_id(1001)}]
            )

    @rule(status=st.sampled_from(list(HealthStatus)), detail=st.sampled_from(["", "refused"]))
    def turn(self, status, detail):
        """As the edge does."""
        self.seen = Health(status, detail)
        self.cloud.beliefs += 1

    @rule(dead=st.booleans())
    def outage(self, dead):
        """As a tester orders."""
        faults = self.cloud.faults
        faults.clear()
        if dead:
            faults.add(Point.EDGE, zone="fsn1")

    @rule(seconds=st.sampled_from([0.5, 1.0, 3.0, 300.0, 600.0, 3_597.0, 3_600.0]))
    def wait(self, seconds):
        self.seconds += seconds

    @invariant()
    def what_is_remembered_is_what_would_be_said_anew(self):
        health = {"Action": "DescribeTargetHealth", "TargetGroupArn": self.group}
        for version, form in (*READS, (ELBV2, health)):
            assert answered(self.aws, form, version) == answered(AwsApi(self.cloud, KEYS), form, version)
        for path in PATHS:
            asked = ("GET", path, Request())
            assert self.hetzner.answer(*asked) == HetznerApi(self.cloud).answer(*asked)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)


def test_an_answer_is_made_once():
    """The second time it is remembered, with the id of the second request; after a change it is made anew."""
    cloud = CloudService(Clock(lambda: 0.0, 1_000.0))
    api = AwsApi(cloud, KEYS)
    asked = api.look_at(request({"Action": "DescribeInstances"}))
    first, second = (api.answer(asked, time.time(), number).body for number in ("first-id", "second-id"))
    assert second == first.replace(b"first-id", b"second-id")
    api.answer(api.look_at(request({"Action": "RunInstances", **RUN})), time.time(), NUMBER)
    (made,) = cloud.state.all(Instance)
    assert instance_id(made.id).encode() in api.answer(asked, time.time(), NUMBER).body


def test_a_list_of_hetzners_is_made_once():
    """It is the same bytes, until something is made."""
    cloud = CloudService(Clock(lambda: 0.0, 1_000.0))
    api = HetznerApi(cloud)
    first, second = (api.answer("GET", "/networks", Request()).body for _ in range(2))
    assert first is second
    body = {"name": "mine", "ip_range": "10.9.0.0/16"}
    assert api.answer("POST", "/networks", Request(body=body)).status == 201
    assert b'"mine"' in api.answer("GET", "/networks", Request()).body
