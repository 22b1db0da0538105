"""boto3 against a cloud in this process."""

import boto3
import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def ec2(mock_cloud):
    """AWS' client, which finds the cloud by its environment."""
    return boto3.client("ec2")


@pytest.fixture
def refused():
    """The code and the message of a call that is refused."""

    def ask(call, **asked):
        with pytest.raises(ClientError) as caught:
            call(**asked)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return ask


@pytest.fixture
def run(ec2):
    """Makes instances; gives their ids."""

    def make(count: int = 1, **more):
        asked = {"ImageId": "ami-12345678", "InstanceType": "t3.micro", **more}
        return [
            each["InstanceId"]
            for each in ec2.run_instances(MinCount=count, MaxCount=count, **asked)["Instances"]
        ]

    return make


@pytest.fixture
def shown(ec2):
    """One instance, as it is shown."""

    def describe(number: str):
        (reservation,) = ec2.describe_instances(InstanceIds=[number])["Reservations"]
        (instance,) = reservation["Instances"]
        return instance

    return describe
