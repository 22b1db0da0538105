"""VPCs, subnets, route tables, addresses and tags, by boto3."""

import boto3
import pytest


@pytest.fixture
def table(ec2):
    """The main table's id."""
    (found,) = ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])[
        "RouteTables"
    ]
    return found["RouteTableId"]


def test_there_is_a_default_vpc_with_a_subnet_in_each_zone(ec2):
    """And a route to the internet, by which a subnet is known to be public."""
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    zones = [each["ZoneName"] for each in ec2.describe_availability_zones()["AvailabilityZones"]]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    assert (
        [each["AvailabilityZone"] for each in subnets] == zones == [f"eu-central-1{each}" for each in "abc"]
    )
    assert {each["AvailableIpAddressCount"] for each in subnets} == {4091}
    (table,) = ec2.describe_route_tables()["RouteTables"]
    assert [each["GatewayId"][:4] for each in table["Routes"]] == ["loca", "igw-"]


def test_a_route_to_an_instance(ec2, run, table, refused):
    """Made, shown, refused a second time, black while the instance is stopped, gone."""
    (number,) = run()
    asked = {"RouteTableId": table, "DestinationCidrBlock": "10.244.1.0/24"}
    ec2.create_route(InstanceId=number, **asked)

    def route():
        (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        return next(
            (each for each in found["Routes"] if each["DestinationCidrBlock"] == "10.244.1.0/24"), None
        )

    assert (route()["InstanceId"], route()["State"], route()["Origin"]) == (number, "active", "CreateRoute")
    assert refused(ec2.create_route, InstanceId=number, **asked)[0] == "RouteAlreadyExists"
    ec2.stop_instances(InstanceIds=[number])
    assert route()["State"] == "blackhole"
    ec2.delete_route(**asked)
    assert route() is None
    assert refused(ec2.delete_route, **asked)[0] == "InvalidRoute.NotFound"
    assert refused(ec2.create_route, GatewayId="igw-1", **asked)[0] == "UnsupportedOperation"


def test_a_balancers_interfaces_are_shown_as_its_own(ec2, refused):
    """One in each subnet, under the name by which tools look for them; found by id, too."""
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
    made = boto3.client("elbv2").create_load_balancer(Name="web", Type="network", Subnets=subnets[:2])
    path = made["LoadBalancers"][0]["LoadBalancerArn"].partition("loadbalancer/")[2]
    wanted = [{"Name": "description", "Values": [f"ELB {path}"]}]
    found = ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]
    assert sorted(each["SubnetId"] for each in found) == sorted(subnets[:2])
    assert all(each["RequesterManaged"] and each["Association"]["PublicIp"] for each in found)
    numbers = [each["NetworkInterfaceId"] for each in found]
    assert ec2.describe_network_interfaces(NetworkInterfaceIds=numbers)["NetworkInterfaces"] == found
    missing = {"NetworkInterfaceIds": ["eni-0123456789abcdef0"]}
    assert refused(ec2.describe_network_interfaces, **missing)[0] == "InvalidNetworkInterfaceID.NotFound"


def test_an_address_of_ones_own(ec2, run, shown, refused):
    """Allocated, given to an instance, in use, given back, released."""
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "owner", "Value": "me"}]}]
    made = ec2.allocate_address(Domain="vpc", TagSpecifications=tags)
    allocation = made["AllocationId"]
    (number,) = run()
    before = shown(number)["PublicIpAddress"]
    association = ec2.associate_address(AllocationId=allocation, InstanceId=number)["AssociationId"]
    assert shown(number)["PublicIpAddress"] == made["PublicIp"] != before
    (address,) = ec2.describe_addresses(Filters=[{"Name": "tag:owner", "Values": ["me"]}])["Addresses"]
    assert (address["InstanceId"], address["AssociationId"]) == (number, association)
    assert refused(ec2.release_address, AllocationId=allocation)[0] == "InvalidIPAddress.InUse"
    ec2.disassociate_address(AssociationId=association)
    ec2.release_address(AllocationId=allocation)
    assert refused(ec2.describe_addresses, AllocationIds=[allocation])[0] == "InvalidAllocationID.NotFound"


def test_tags_of_all_that_has_tags(ec2, run, table, refused):
    """Set together or not at all; taken by key, or by key and value; found by filters."""
    (number,) = run()
    subnet = ec2.describe_subnets()["Subnets"][0]
    resources = [number, subnet["SubnetId"], subnet["VpcId"], table]
    tags = [
        {"Key": "kubernetes.io/cluster/lab", "Value": "owned"},
        {"Key": "kubernetes.io/role/elb", "Value": ""},
    ]
    wanted = [*resources, "subnet-0123456789abcdef0"]
    assert refused(ec2.create_tags, Resources=wanted, Tags=tags)[0] == "InvalidSubnetID.NotFound"
    ec2.create_tags(Resources=resources, Tags=tags)
    cluster = [{"Name": "tag:kubernetes.io/cluster/lab", "Values": ["owned"]}]

    def found():
        return (
            [each["SubnetId"] for each in ec2.describe_subnets(Filters=cluster)["Subnets"]],
            [each["VpcId"] for each in ec2.describe_vpcs(Filters=cluster)["Vpcs"]],
            [each["RouteTableId"] for each in ec2.describe_route_tables(Filters=cluster)["RouteTables"]],
            [
                each["Instances"][0]["InstanceId"]
                for each in ec2.describe_instances(Filters=cluster)["Reservations"]
            ],
        )

    assert found() == ([subnet["SubnetId"]], [subnet["VpcId"]], [table], [number])
    other = [{"Key": "kubernetes.io/cluster/lab", "Value": "shared"}, {"Key": "kubernetes.io/role/elb"}]
    ec2.delete_tags(Resources=resources, Tags=other)
    assert ec2.describe_vpcs()["Vpcs"][0]["Tags"] == tags[:1]
    ec2.delete_tags(Resources=resources)
    assert found() == ([], [], [], [])


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("aws:mine", "", "InvalidParameterValue"),
        ("k" * 129, "", "InvalidParameterValue"),
        ("k", "v" * 257, "InvalidParameterValue"),
    ],
)
def test_tags_that_cannot_be(ec2, refused, key, value, code):
    """Reserved, or too long."""
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    assert refused(ec2.create_tags, Resources=[vpc], Tags=[{"Key": key, "Value": value}])[0] == code


def test_fifty_tags_are_the_most(ec2, refused):
    """Of one resource."""
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    ec2.create_tags(Resources=[vpc], Tags=tags[:50])
    assert refused(ec2.create_tags, Resources=[vpc], Tags=tags[50:])[0] == "TagLimitExceeded"


def test_what_is_not_here_is_told_with_what_is(ec2, refused):
    """Another region, another zone, another VPC."""
    assert "eu-central-1" in refused(ec2.describe_regions, RegionNames=["us-east-1"])[1]
    assert "eu-central-1a" in refused(ec2.describe_availability_zones, ZoneNames=["us-east-1a"])[1]
    assert refused(ec2.describe_vpcs, VpcIds=["vpc-0123456789abcdef0"])[0] == "InvalidVpcID.NotFound"
