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


def aws(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The AWS CLI, which answers in lines of text."""
    command = [AWS, *arguments, "--output", "text"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_cli_does_what_guides_do_with_it(mock_cloud):
    """An instance, by shorthand and by query; a wait; a rule; an error with its code, and an exit status."""
    asked = [
        "--image-id",
        "ami-12345678",
        "--instance-type",
        "t3.micro",
        "--query",
        "Instances[0].InstanceId",
    ]
    tags = ["--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=web}]"]
    number = aws("ec2", "run-instances", *asked, *tags).stdout.strip()
    assert aws("ec2", "wait", "instance-running", "--instance-ids", number).returncode == 0
    query = ["--query", "Reservations[].Instances[].[InstanceId,State.Name,Tags[0].Value]"]
    found = aws("ec2", "describe-instances", "--filters", "Name=tag:Name,Values=web", *query)
    assert found.stdout.split() == [number, "running", "web"]
    rule = ["--group-name", "default", "--protocol", "tcp", "--port", "80", "--cidr", "0.0.0.0/0"]
    assert aws("ec2", "authorize-security-group-ingress", *rule).returncode == 0
    again = aws("ec2", "authorize-security-group-ingress", *rule)
    assert again.returncode != 0
    assert "(InvalidPermission.Duplicate)" in again.stderr


def test_who_speaks_hetzners_dialect_does_not_load_aws():
    """Models and all cost 0.4 s and 25 MiB; a process of its own shows that nobody asked for them."""
    code = (
        "import sys, urllib.request\n"
        "from mockcloud.cloud.in_process import in_process_cloud\n"
        "with in_process_cloud() as cloud:\n"
        "    asked = urllib.request.Request(cloud.url + '/v1/servers')\n"
        "    asked.add_header('Authorization', 'Bearer ' + cloud.token)\n"
        "    assert urllib.request.urlopen(asked).status == 200\n"
        "sys.exit('botocore' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
