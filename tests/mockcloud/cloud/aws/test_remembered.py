"""What is remembered is what would be said anew."""

import time
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mockcloud.cloud.aws.api import AwsApi
from mockcloud.cloud.aws.resources import instance_id
from mockcloud.cloud.aws.signing import HttpRequest
from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core.values import Instance
from mockcloud.cloud.keys import KeyPair
from mockcloud.cloud.service import CloudService

KEYS = KeyPair()
HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
NUMBER = "00000000-0000-4000-8000-000000000000"
RUN = {"ImageId": "ami-12345678", "MinCount": "1", "MaxCount": "1"}
READS = (
    {"Action": "DescribeInstances"},
    {"Action": "DescribeInstances", "Filter.1.Name": "instance-state-name", "Filter.1.Value.1": "running"},
    {"Action": "DescribeInstanceStatus"},
    {"Action": "DescribeAddresses"},
    {"Action": "DescribeRouteTables"},
)


def request(form: dict[str, str]) -> HttpRequest:
    """Signed."""
    body = urlencode({**form, "Version": "2016-11-15"})
    asked = AWSRequest("POST", "http://127.0.0.1/", headers=dict(HEADERS), data=body)
    SigV4Auth(Credentials(KEYS.id, KEYS.secret), "ec2", "eu-central-1").add_auth(asked)
    headers = {"host": "127.0.0.1", **{name.lower(): value for name, value in asked.headers.items()}}
    return HttpRequest("POST", "/", "", headers, body.encode())


class Histories(RuleBasedStateMachine):
    """Orders, and time that passes; two APIs of one cloud, of which one has never been asked before."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.cloud = CloudService(Clock(lambda: self.seconds, 1_000.0), operation_seconds=3.0)
        self.api = AwsApi(self.cloud, KEYS)

    def ask(self, api: AwsApi, form: dict[str, str]) -> bytes:
        return api.answer(api.look_at(request(form)), time.time(), NUMBER).body

    @rule()
    def run(self):
        self.ask(self.api, {"Action": "RunInstances", **RUN})

    @rule(number=st.integers(1001, 1004), order=st.sampled_from(["Start", "Stop", "Terminate"]))
    def order(self, number, order):
        self.ask(self.api, {"Action": f"{order}Instances", "InstanceId.1": instance_id(number)})

    @rule()
    def allocate(self):
        self.ask(self.api, {"Action": "AllocateAddress"})

    @rule(seconds=st.sampled_from([0.5, 1.0, 3.0, 600.0, 3_597.0, 3_600.0]))
    def wait(self, seconds):
        self.seconds += seconds

    @invariant()
    def what_is_remembered_is_what_would_be_said_anew(self):
        for form in READS:
            assert self.ask(self.api, form) == self.ask(AwsApi(self.cloud, KEYS), form)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)


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
