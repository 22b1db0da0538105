"""boto3 and the AWS CLI, by nothing but their environment."""

import json
import subprocess
import sys
from pathlib import Path

import boto3

AWS = Path(sys.executable).parent / "aws"


def test_boto3_works_out_of_the_box(mock_cloud):
    """The fixture is all that a test needs."""
    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert [each["path"] for each in mock_cloud.calls()] == ["/sts/GetCallerIdentity"]


def test_the_cli_works_out_of_the_box(mock_cloud):
    """As a process, by the environment that it inherits."""
    found = subprocess.run([AWS, "sts", "get-caller-identity"], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout)["Arn"] == "arn:aws:iam::123456789012:user/mockcloud"
    assert mock_cloud.calls("sts")[0]["status"] == 200
