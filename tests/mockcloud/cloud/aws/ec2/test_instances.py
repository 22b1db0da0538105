"""Instances, by boto3."""

import pytest

from mockcloud.cloud.aws.resources import instance_id
from mockcloud.cloud.core import instances
from mockcloud.cloud.core.instances import NewInstance
from mockcloud.cloud.faults import Point

HOUR = 3600.0
NOBODY = "i-0123456789abcdef0"


def names_of(ec2, **asked):
    found = ec2.describe_instances(**asked)["Reservations"]
    return {each["InstanceId"] for reservation in found for each in reservation["Instances"]}


def test_an_instances_life(ec2, run, shown):
    """By boto3's own waiters, from pending to terminated."""
    (number,) = run()
    ec2.get_waiter("instance_running").wait(InstanceIds=[number])
    ec2.get_waiter("instance_status_ok").wait(InstanceIds=[number])
    (stopping,) = ec2.stop_instances(InstanceIds=[number])["StoppingInstances"]
    assert (stopping["PreviousState"]["Name"], stopping["CurrentState"]["Name"]) == ("running", "stopping")
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[number])
    ec2.start_instances(InstanceIds=[number])
    ec2.get_waiter("instance_running").wait(InstanceIds=[number])
    ec2.reboot_instances(InstanceIds=[number])
    assert shown(number)["State"] == {"Code": 16, "Name": "running"}
    ec2.terminate_instances(InstanceIds=[number])
    ec2.get_waiter("instance_terminated").wait(InstanceIds=[number])


def test_states_last_as_long_as_operations_do(mock_cloud, ec2, run, shown):
    """Pending, stopping and shutting-down, by the cloud's clock; meanwhile other orders are refused."""
    mock_cloud.ask(lambda server: setattr(server.cloud, "operation_seconds", 60.0))
    (number,) = run()
    assert shown(number)["State"]["Name"] == "pending"
    with pytest.raises(ec2.exceptions.ClientError, match="IncorrectInstanceState"):
        ec2.stop_instances(InstanceIds=[number])
    mock_cloud.advance(61)
    for order, meanwhile, then in (
        (ec2.stop_instances, "stopping", "stopped"),
        (ec2.start_instances, "pending", "running"),
        (ec2.terminate_instances, "shutting-down", "terminated"),
    ):
        order(InstanceIds=[number])
        assert shown(number)["State"]["Name"] == meanwhile
        mock_cloud.advance(61)
        assert shown(number)["State"]["Name"] == then


def test_what_has_ended_is_shown_for_an_hour(mock_cloud, ec2, run, refused):
    """Then it is as if it had never been; an order to it is refused, or says that it has ended."""
    (number,) = run()
    for _ in range(2):
        (row,) = ec2.terminate_instances(InstanceIds=[number])["TerminatingInstances"]
    assert row["CurrentState"]["Name"] == "terminated"
    assert refused(ec2.start_instances, InstanceIds=[number])[0] == "IncorrectInstanceState"
    assert names_of(ec2) == {number}
    mock_cloud.advance(HOUR)
    assert names_of(ec2) == set()
    assert refused(ec2.describe_instances, InstanceIds=[number])[0] == "InvalidInstanceID.NotFound"


def test_an_instance_has_all_that_controllers_look_at(ec2, run, shown):
    """Where it is, its names and addresses, its groups, its interface."""
    subnet = ec2.describe_subnets()["Subnets"][1]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "kubernetes.io/cluster/lab", "Value": "owned"}]}]
    (number,) = run(SubnetId=subnet["SubnetId"], TagSpecifications=tags)
    found = shown(number)
    assert found["Placement"]["AvailabilityZone"] == "eu-central-1b"
    assert (found["VpcId"], found["SubnetId"]) == (subnet["VpcId"], subnet["SubnetId"])
    assert found["PrivateIpAddress"] == "172.31.16.4"
    assert found["PrivateDnsName"] == "ip-172-31-16-4.eu-central-1.compute.internal"
    assert found["PublicIpAddress"].startswith("198.18.")
    assert found["Tags"] == tags[0]["Tags"]
    (card,) = found["NetworkInterfaces"]
    assert (card["PrivateIpAddress"], card["Groups"]) == ("172.31.16.4", found["SecurityGroups"])
    (alone,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[card["NetworkInterfaceId"]])[
        "NetworkInterfaces"
    ]
    assert alone["Attachment"]["InstanceId"] == number
    (topology,) = ec2.describe_instance_topology(InstanceIds=[number])["Instances"]
    assert (topology["ZoneId"], len(topology["NetworkNodes"])) == ("euc1-az2", 3)


def test_instances_of_one_request_share_a_reservation(ec2, run):
    """And a request with the same token makes none."""
    run(3)
    run()
    sizes = [len(each["Instances"]) for each in ec2.describe_instances()["Reservations"]]
    assert sorted(sizes) == [1, 3]
    assert run(2, ClientToken="once") == run(2, ClientToken="once")
    assert len(names_of(ec2)) == 6


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("instance-state-name", ["running"], "ab"),
        ("instance-state-code", ["80"], "c"),
        ("tag:role", ["web"], "ac"),
        ("tag:role", ["w*", "d?"], "abc"),
        ("tag:role", ["\\*"], ""),
        ("tag-key", ["role"], "abc"),
        ("availability-zone", ["eu-central-1a"], "abc"),
        ("private-ip-address", ["172.31.0.4"], "a"),
        ("private-dns-name", ["ip-172-31-0-5.*"], "b"),
        ("source-dest-check", ["true"], "abc"),
        ("instance.group-name", ["default"], "abc"),
        ("vpc-id", ["vpc-0"], ""),
    ],
)
def test_filters(ec2, run, name, values, found):
    """Each by one of its values, * and ? for any text."""
    numbers = {}
    for letter, role in (("a", "web"), ("b", "db"), ("c", "web")):
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": role}]}]
        (numbers[letter],) = run(TagSpecifications=tags)
    ec2.stop_instances(InstanceIds=[numbers["c"]])
    both = [{"Name": name, "Values": values}, {"Name": "instance-type", "Values": ["t3.micro"]}]
    assert names_of(ec2, Filters=both) == {numbers[letter] for letter in found}


def test_pages(ec2, run):
    """By boto3's paginator: each once."""
    numbers = {number for _ in range(7) for number in run()}
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(each["Reservations"]) for each in pages] == [5, 2]
    found = [each["Instances"][0]["InstanceId"] for page in pages for each in page["Reservations"]]
    assert (set(found), len(found)) == (numbers, 7)


def test_what_is_changed_stays_changed(ec2, run, shown):
    """Whether it checks addresses, its groups, its protection."""
    (number,) = run()
    ec2.modify_instance_attribute(InstanceId=number, SourceDestCheck={"Value": False})
    group = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    ec2.modify_instance_attribute(InstanceId=number, Groups=[group])
    assert shown(number)["SourceDestCheck"] is False
    assert shown(number)["SecurityGroups"] == [{"GroupId": group, "GroupName": "web"}]
    ec2.modify_instance_attribute(InstanceId=number, DisableApiTermination={"Value": True})
    with pytest.raises(ec2.exceptions.ClientError, match="OperationNotPermitted"):
        ec2.terminate_instances(InstanceIds=[number])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"InstanceType": "t3.huge"}, "InvalidParameterValue"),
        ({"InstanceType": "x1.16xlarge"}, "Unsupported"),
        ({"ImageId": "debian"}, "InvalidAMIID.Malformed"),
        ({"SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound"),
        ({"SubnetId": "here"}, "InvalidSubnetID.Malformed"),
        ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
        ({"SecurityGroups": ["nobody"]}, "InvalidGroup.NotFound"),
        ({"Placement": {"AvailabilityZone": "eu-central-1z"}}, "InvalidParameterValue"),
        ({"PrivateIpAddress": "172.31.0.1"}, "InvalidParameterValue"),
        ({"PrivateIpAddress": "nowhere"}, "InvalidParameterValue"),
        ({"MinCount": 3, "MaxCount": 2}, "InvalidParameterValue"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_a_launch_that_cannot_be(ec2, refused, asked, code):
    """Each has its code, and nothing is made."""
    whole = {"ImageId": "ami-12345678", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, **asked}
    assert refused(ec2.run_instances, **whole)[0] == code
    assert names_of(ec2) == set()


def test_who_is_not_there_is_named(ec2, run, refused):
    """One, several, and what is no id."""
    (number,) = run()
    code, said = refused(ec2.stop_instances, InstanceIds=[number, NOBODY])
    assert (code, said) == ("InvalidInstanceID.NotFound", f"The instance ID '{NOBODY}' does not exist")
    _, said = refused(ec2.describe_instances, InstanceIds=[NOBODY, "i-00000000000000000"])
    assert said == f"The instance IDs '{NOBODY}, i-00000000000000000' do not exist"
    assert refused(ec2.describe_instances, InstanceIds=["web"])[0] == "InvalidInstanceID.Malformed"
    wrong = [{"Name": "colour", "Values": ["red"]}]
    assert refused(ec2.describe_instances, Filters=wrong) == (
        "InvalidParameterValue",
        "The filter 'colour' is invalid",
    )
    assert refused(ec2.describe_instances, MaxResults=5, NextToken="x")[0] == "InvalidParameterValue"
    names = {"InstanceIds": [number], "MaxResults": 5}
    assert refused(ec2.describe_instances, **names)[0] == "InvalidParameterCombination"


def test_both_clouds_see_the_same_machines(mock_cloud, ec2, run, shown):
    """What was made in one is there in the other, and is gone in both."""
    hcloud = pytest.importorskip("hcloud")
    client = hcloud.Client(mock_cloud.token, api_endpoint=mock_cloud.hcloud_endpoint, poll_interval=0.01)
    (number,) = run()
    (server,) = client.servers.get_all()
    assert (server.name, server.status) == (shown(number)["PrivateDnsName"], "running")
    assert server.public_net.ipv4.ip == shown(number)["PublicIpAddress"]
    client.servers.power_off(server).wait_until_finished()
    assert shown(number)["State"]["Name"] == "stopped"
    client.servers.delete(server).wait_until_finished()
    assert shown(number)["State"]["Name"] == "terminated"


@pytest.mark.parametrize(
    ("size", "at_aws"), [("cx22", "t3.medium"), ("cx32", "c5.xlarge"), ("cx42", "c5.2xlarge")]
)
def test_hetzners_types_have_names_of_aws(do, catalogue, network, shown, size, at_aws):
    """The type of as many cores and as much memory: a label cx22 is on no node at AWS."""
    wanted = NewInstance("node", size, "debian-12", "fsn1", networks=[network.id], public={})
    made, _, _ = do(lambda draft: instances.create(draft, wanted, catalogue))
    sizes = {each.name: (each.cores, each.memory) for each in catalogue.instance_sizes}
    theirs = {each.name: (each.cores, each.memory) for each in catalogue.aws_instance_sizes}

    assert shown(instance_id(made.id))["InstanceType"] == at_aws
    assert theirs[at_aws] == sizes[size]


def test_another_regions_machines_are_not_seen(mock_cloud, ec2, refused):
    """What Hetzner's dialect makes in the United States is not in eu-central-1, by whatever name."""
    wanted = NewInstance("far", "cx22", "debian-12", "ash")
    made = mock_cloud.ask(
        lambda server: server.cloud.run(lambda draft: instances.create(draft, wanted, server.cloud.catalogue))
    )
    assert names_of(ec2) == set()
    asked = {"InstanceIds": [instance_id(made[0].id)]}
    assert refused(ec2.describe_instances, **asked)[0] == "InvalidInstanceID.NotFound"


def test_a_client_token_is_for_one_request(ec2, run, refused):
    """The same again gives the same instances; with other parameters it is refused."""
    asked = {"ImageId": "ami-0123456789abcdef0", "MinCount": 1, "MaxCount": 2, "ClientToken": "mine"}
    first, again = (ec2.run_instances(**asked)["Instances"] for _ in range(2))
    assert [each["InstanceId"] for each in first] == [each["InstanceId"] for each in again]
    for other in ({"MaxCount": 1}, {"InstanceType": "t3.nano"}):
        assert refused(ec2.run_instances, **asked | other)[0] == "IdempotentParameterMismatch"
    assert len(names_of(ec2)) == 2


def test_a_lost_answer_makes_no_second_instance(mock_cloud, ec2, run):
    """It was made and kept; the client asks again with the same token, and is told of the same one."""
    mock_cloud.fault(Point.ANSWER, path="/ec2/RunInstances", count=1)
    (number,) = run()
    assert names_of(ec2) == {number}
    assert len(mock_cloud.calls("RunInstances")) == 2


def test_throttling_is_retried_by_the_client(mock_cloud, ec2):
    """As AWS' clients do with the real one."""
    mock_cloud.fault(Point.REQUEST, path="/ec2/DescribeInstances", status=429, count=1)
    assert names_of(ec2) == set()
    codes = [each["code"] for each in mock_cloud.calls("DescribeInstances")]
    assert codes == ["RequestLimitExceeded", ""]
