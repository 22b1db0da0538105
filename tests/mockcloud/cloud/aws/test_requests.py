"""Requests that are not what they should be, and what AWS says to each; over HTTP, signed by botocore."""

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

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
        answer = requests.post(asked.url, data=body, headers=dict(asked.headers), timeout=90)
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
    ("service", "operation", "path"),
    [
        ("s3", "list_buckets", "/s3/-"),  # XML by REST: the URL alone says which operation
        ("iam", "list_users", "/iam/ListUsers"),
        ("cloudfront", "list_distributions", "/cloudfront/-"),
        ("dynamodb", "list_tables", "/dynamodb/ListTables"),  # JSON
        ("eks", "list_clusters", "/eks/-"),  # JSON by REST, at a path of its own
    ],
)
def test_a_service_that_is_not_here_says_so(mock_cloud, service, operation, path):
    """To AWS' own client, in whichever protocol the service has; and it is in the list of calls."""
    with pytest.raises(ClientError) as caught:
        getattr(boto3.client(service), operation)()
    error = caught.value.response["Error"]
    assert error["Code"] == "UnsupportedOperation"
    assert (
        error["Message"] == f"this cloud does not have the service {service}: there are ec2, elb, elbv2, sts"
    )
    assert [(each["path"], each["status"], each["code"]) for each in mock_cloud.calls("/")] == [
        (path, 400, "UnsupportedOperation")
    ]


def test_a_body_that_nobody_reads_is_refused_in_xml(mock_cloud):
    """So that a client can tell what is the matter."""
    answer = requests.post(f"{mock_cloud.url}/", data=b"x" * (1 << 20) + b"x", timeout=90)
    assert answer.status_code == 413
    assert ET.fromstring(answer.content).find(".//{*}Code").text == "RequestEntityTooLarge"


@pytest.mark.parametrize(
    ("status", "service", "answer"),
    [
        (429, "sts", (400, "Throttling", "Rate exceeded")),
        (429, "ec2", (503, "RequestLimitExceeded", "Request limit exceeded.")),
        (503, "sts", (503, "ServiceUnavailable", "an injected fault")),
        (503, "ec2", (503, "Unavailable", "an injected fault")),
        (500, "ec2", (500, "InternalError", "an injected fault")),
    ],
)
def test_an_ordered_fault_has_the_services_own_code(ask, mock_cloud, status, service, answer):
    """One without a code; by the path that the list of calls shows."""
    from mockcloud.cloud.faults import Point

    mock_cloud.fault(Point.REQUEST, path=f"/{service}/*", status=status, count=1)
    assert ask(service, "Get") == answer
    assert ask(service, "Get")[1] == "InvalidAction"
    assert mock_cloud.calls(service)[0]["fault"] == "1"


@pytest.mark.parametrize(
    ("action", "form", "answer"),
    [
        ("DeleteRoute", {}, ("MissingParameter", "The request must contain the parameter RouteTableId")),
        (
            "DescribeSubnets",
            {"MaxResults": "many"},
            ("InvalidParameterValue", "Value (many) for parameter MaxResults is invalid. Expected: integer"),
        ),
        (
            "DescribeSubnets",
            {"MaxResults": "2"},
            (
                "InvalidParameterValue",
                "Value (2) for parameter MaxResults is invalid. Expected: a value greater than or equal to 5",
            ),
        ),
        (
            "DescribeSubnets",
            {"Colour": "red"},
            ("UnknownParameter", "The parameter Colour is not recognized"),
        ),
        (
            "DescribeSubnets",
            {"Filter.1.Colour": "red"},
            ("UnknownParameter", "The parameter Filter.1.Colour is not recognized"),
        ),
        (
            "DescribeSubnets",
            {"DryRun": "perhaps"},
            ("InvalidParameterValue", "Value (perhaps) for parameter DryRun is invalid. Expected: boolean"),
        ),
    ],
)
def test_what_ec2s_model_does_not_allow(ask, action, form, answer):
    """One thing at a time, by the name that the parameter has in the request."""
    assert ask("ec2", action, **form) == (400, *answer)


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        ({}, ["Value null at 'name' failed to satisfy constraint: Member must not be null"]),
        (
            {"Name": "web", "Protocol": "HTTPX", "Port": "70000"},
            [
                "Value 'HTTPX' at 'protocol' failed to satisfy constraint: "
                "Member must satisfy enum value set: "
                "[HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP, GENEVE, QUIC, TCP_QUIC]",
                "Value '70000' at 'port' failed to satisfy constraint: "
                "Member must have value less than or equal to 65535",
            ],
        ),
        (
            {"Name": "web", "Port": "http"},
            ["Value 'http' at 'Port' failed to satisfy constraint: Member must be of type integer"],
        ),
    ],
)
def test_what_a_query_services_model_does_not_allow(ask, form, problems):
    """All of it together, counted."""
    many = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
    expected = f"{many} detected: {'; '.join(problems)}"
    assert ask("elbv2", "CreateTargetGroup", **form) == (400, "ValidationError", expected)
