"""Whatever is asked, the answer is AWS': what is asked for, or an error with a code."""

import time
from functools import cache
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockcloud.cloud.aws import ids, resources
from mockcloud.cloud.aws.api import AwsApi
from mockcloud.cloud.aws.services import OPERATIONS
from mockcloud.cloud.aws.signing import HttpRequest
from mockcloud.cloud.aws.wire.models import SIGNING_NAMES, operation_model, protocol
from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core import default_network
from mockcloud.cloud.core.state import State
from mockcloud.cloud.core.values import Instance
from mockcloud.cloud.keys import KeyPair
from mockcloud.cloud.service import CloudService

KEYS = KeyPair()
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
ALL = [(service, operation) for service, served in OPERATIONS.items() for operation in sorted(served)]
DEEPEST = 4
RUN = {"ImageId": "ami-12345678", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}


class Asking:
    """A cloud that has one of some things, and a client of it."""

    def __init__(self) -> None:
        self.cloud = CloudService(Clock(lambda: 0.0, 1_000.0))
        self.api = AwsApi(self.cloud, KEYS)
        self.ask("ec2", "RunInstances", RUN)
        allocation = self.ask("ec2", "AllocateAddress", {})["AllocationId"]
        (made,) = self.cloud.state.all(Instance)
        network = default_network.find(self.cloud.state)
        subnets = [resources.subnet_id(network.id, each.range) for each in network.subnets]
        balancer = self.ask(
            "elbv2", "CreateLoadBalancer", {"Name": "web", "Type": "network", "Subnets": subnets}
        )
        group = {"Name": "web", "Protocol": "TCP", "Port": 80, "VpcId": resources.vpc_id(network.id)}
        groups = self.ask("elbv2", "CreateTargetGroup", group)
        listener = {"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 80}
        self.ask(
            "elb",
            "CreateLoadBalancer",
            {"LoadBalancerName": "old", "Listeners": [listener], "Subnets": subnets},
        )
        self.names = [
            resources.instance_id(made.id),
            *(resources.group_id(each) for each in made.security_groups),
            resources.vpc_id(network.id),
            *subnets,
            resources.interface_id(made.id, network.id),
            ids.make("rtb", network.id),
            allocation,
            balancer["LoadBalancers"][0]["LoadBalancerArn"],
            groups["TargetGroups"][0]["TargetGroupArn"],
            "i-0123456789abcdef0",
            "sg-0123456789abcdef0",
        ]

    def ask(self, service: str, operation: str, asked: dict) -> dict:
        """botocore's serializer, signature and parser around the API."""
        model = operation_model(service, operation)
        serializer = create_serializer(protocol(service), include_validation=False)
        body = urlencode(serializer.serialize_to_request(asked, model)["body"])
        signed = AWSRequest("POST", "http://127.0.0.1/", headers=dict(FORM), data=body)
        SigV4Auth(Credentials(KEYS.id, KEYS.secret), SIGNING_NAMES[service], "eu-central-1").add_auth(signed)
        headers = {"host": "127.0.0.1", **{name.lower(): value for name, value in signed.headers.items()}}
        request = HttpRequest("POST", "/", "", headers, body.encode())
        answer = self.api.answer(self.api.look_at(request), time.time(), "id")
        response = {"status_code": answer.status, "headers": {}, "body": answer.body}
        found = create_parser(protocol(service)).parse(response, model.output_shape)
        assert answer.status == 200 or found["Error"]["Code"], found
        return found


@cache
def asking() -> tuple[Asking, State]:
    """Made once, and what it had then."""
    made = Asking()
    return made, made.cloud.state


WORDS = st.sampled_from(
    [
        *("web", "old", "default", "instance", "ip", "eu-central-1a", "t3.micro"),
        *("tcp", "TCP", "-1", "80", "1", "10.0.0.0/8", "172.31.0.4", "::/0"),
        *("true", "tag:a", "vpc-id", "*", "", "é<&>"),
    ]
)
SCALARS = {
    "integer": st.sampled_from([-1, 0, 1, 5, 80, 443, 70_000]),
    "long": st.sampled_from([-1, 0, 1, 80]),
    "float": st.floats(-1, 2),
    "double": st.floats(-1, 2),
    "boolean": st.booleans(),
    "blob": st.binary(max_size=4),
    "timestamp": st.datetimes(),
}


def texts(shape):
    """Of an enumeration, of a thing that is there, or any word."""
    found = st.sampled_from(asking()[0].names) | WORDS
    return st.sampled_from(shape.enum) | found if shape.enum else found


@st.composite
def values(draw, shape, deep: int = 0):
    match shape.type_name:
        case "structure":
            return draw(structures(shape, deep))
        case "list":
            return draw(st.lists(values(shape.member, deep + 1), min_size=1, max_size=2))
        case "map":
            return {}
        case "string":
            return draw(texts(shape))
    return draw(SCALARS[shape.type_name])


@st.composite
def structures(draw, shape, deep: int = 0):
    """All that is required, and some of the rest."""
    rest = [
        name
        for name, inner in shape.members.items()
        if name not in shape.required_members
        and name != "DryRun"
        and (deep < DEEPEST or inner.type_name in SCALARS or inner.type_name == "string")
    ]
    more = draw(st.lists(st.sampled_from(rest), max_size=4, unique=True)) if rest else []
    return {name: draw(values(shape.members[name], deep + 1)) for name in (*shape.required_members, *more)}


@pytest.mark.parametrize(("service", "operation"), ALL, ids=[f"{each} {name}" for each, name in ALL])
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_an_answer_or_an_error(service, operation, data):
    """Never neither: whatever a client can write, botocore's parser understands what comes."""
    shape = operation_model(service, operation).input_shape
    asked = data.draw(structures(shape)) if shape is not None else {}
    client, began_with = asking()
    client.cloud.begin_anew(began_with)
    client.ask(service, operation, asked)
