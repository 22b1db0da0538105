"""Requests that are not what they should be, and what AWS says to each; over HTTP, signed by botocore."""

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

VERSIONS = {"ec2": "2016-11-15", "elb": "2012-06-01", "elbv2": "2015-12-01", "sts": "2011-06-15"}
SIGNED = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing"}


@pytest.fixture
def ask(mock_cloud):
    """Sends a form, signed; gives status, code and message of the error."""

    def send(service: str, action: str, **form: str):
        body = urlencode({"Action": action, "Version": VERSIONS[service], **form})
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        asked = AWSRequest("POST", f"{mock_cloud.url}/", headers=headers, data=body)
        keys = mock_cloud.server.where.keys
        SigV4Auth(Credentials(keys.id, keys.secret), SIGNED.get(service, service), "eu-central-1").add_auth(
            asked
        )
        answer = requests.post(asked.url, data=body, headers=dict(asked.headers), timeout=10)
        root = ET.fromstring(answer.content)
        texts = {each.tag.rpartition("}")[2]: each.text for each in root.iter()}
        assert "RequestID" in texts or "RequestId" in texts or "requestId" in texts
        return answer.status_code, texts.get("Code"), texts.get("Message")

    return send


def test_an_operation_that_is_not_here_says_so(ask, mock_cloud):
    """And one that AWS has not, either; both are in the list of calls."""
    assert ask("ec2", "DescribeFleets") == (
        400,
        "UnsupportedOperation",
        "this cloud does not have ec2 DescribeFleets; docs/cloud.md lists what it has",
    )
    assert ask("sts", "Nonsense")[:2] == (400, "InvalidAction")
    assert [(each["path"], each["code"]) for each in mock_cloud.calls("/")] == [
        ("/ec2/DescribeFleets", "UnsupportedOperation"),
        ("/sts/Nonsense", "InvalidAction"),
    ]


@pytest.mark.parametrize(
    ("status", "service", "answer"),
    [
        (429, "sts", (400, "Throttling", "Rate exceeded")),
        (429, "ec2", (503, "RequestLimitExceeded", "Request limit exceeded.")),
        (503, "sts", (503, "ServiceUnavailable", "a fault that was ordered")),
        (503, "ec2", (503, "Unavailable", "a fault that was ordered")),
        (500, "ec2", (500, "InternalError", "a fault that was ordered")),
    ],
)
def test_an_ordered_fault_has_the_services_own_code(ask, mock_cloud, status, service, answer):
    """One without a code; by the path that the list of calls shows."""
    from mockcloud.cloud.faults import Point

    mock_cloud.fault(Point.REQUEST, path=f"/{service}/*", status=status, count=1)
    assert ask(service, "Get") == answer
    assert ask(service, "Get")[1] == "InvalidAction"
    assert mock_cloud.calls(service)[0]["fault"] == "1"
