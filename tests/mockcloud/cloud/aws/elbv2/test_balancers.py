"""elbv2's load balancers through boto3: made, waited for, seen, changed, gone; and its exceptions."""

import boto3
import pytest

from mockcloud.cloud.aws.resources import allocation_id, group_id
from mockcloud.cloud.core import addresses, security_groups
from mockcloud.cloud.core.addresses import NewAddress
from mockcloud.cloud.core.security_groups import NewGroup
from mockcloud.cloud.core.values import Family, Use
from mockcloud.cloud.faults import Point

FAST = {"Delay": 0.02, "MaxAttempts": 500}


@pytest.fixture
def make(elbv2, subnets):
    """Makes a network balancer in the first zone."""

    def create(name="web", **more):
        if "SubnetMappings" not in more:
            more.setdefault("Subnets", subnets[:1])
        return elbv2.create_load_balancer(Name=name, Type="network", **more)["LoadBalancers"][0]

    return create


@pytest.fixture
def rules(do, network, catalogue):
    """The ids of two security groups."""
    wanted = [NewGroup(name, "of a test", network.id) for name in ("one", "other")]
    made = [do(lambda draft, w=each: security_groups.create(draft, w, catalogue)) for each in wanted]
    return [group_id(each.id) for each in made]


def test_a_new_one_has_all_that_aws_says_of_it(make, vpc, subnets):
    """Every field that clients read, by its own kind of name."""
    made = make(Subnets=subnets[:2], Tags=[{"Key": "a", "Value": "b"}])
    number = made["LoadBalancerArn"].rpartition("/")[2]
    assert made["LoadBalancerArn"].startswith(
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/net/web/"
    )
    assert made["DNSName"] == f"web-{number}.elb.eu-central-1.mockcloud.test"
    assert (made["Scheme"], made["Type"], made["IpAddressType"]) == ("internet-facing", "network", "ipv4")
    assert (made["VpcId"], made["State"], made["SecurityGroups"]) == (vpc, {"Code": "active"}, [])
    assert made["AvailabilityZones"] == [
        {"ZoneName": "eu-central-1a", "SubnetId": subnets[0], "LoadBalancerAddresses": []},
        {"ZoneName": "eu-central-1b", "SubnetId": subnets[1], "LoadBalancerAddresses": []},
    ]
    assert made["CreatedTime"].tzinfo is not None


def test_boto3_waits_until_it_is_active_and_until_it_is_gone(mock_cloud, elbv2, make):
    """It is provisioning as long as operations take."""
    mock_cloud.ask(lambda running: setattr(running.cloud, "operation_seconds", 0.3))
    made = make()
    assert made["State"]["Code"] == "provisioning"
    arns = [made["LoadBalancerArn"]]
    elbv2.get_waiter("load_balancer_exists").wait(LoadBalancerArns=arns, WaiterConfig=FAST)
    elbv2.get_waiter("load_balancer_available").wait(LoadBalancerArns=arns, WaiterConfig=FAST)
    elbv2.delete_load_balancer(LoadBalancerArn=arns[0])
    elbv2.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=arns, WaiterConfig=FAST)
    elbv2.delete_load_balancer(LoadBalancerArn=arns[0])  # it is gone already


def test_one_whose_making_fails_says_so(mock_cloud, elbv2, make):
    """With the reason that the tester ordered."""
    mock_cloud.fault(Point.OPERATION, path="/elbv2/CreateLoadBalancer", code="x", message="no capacity")
    make()
    (found,) = elbv2.describe_load_balancers(Names=["web"])["LoadBalancers"]
    assert found["State"] == {"Code": "failed", "Reason": "no capacity"}


def test_who_asks_twice_gets_the_same(elbv2, make, subnets):
    """Another one of the name is refused."""
    assert make() == make()
    with pytest.raises(elbv2.exceptions.DuplicateLoadBalancerNameException, match="different settings"):
        make(Subnets=subnets[1:2])


def test_lists_come_in_pages(elbv2, make):
    """boto3's paginator finds all of them, in order."""
    names = [make(f"web-{number}")["LoadBalancerName"] for number in range(5)]
    pages = list(elbv2.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(each["LoadBalancers"]) for each in pages] == [2, 2, 1]
    assert [row["LoadBalancerName"] for each in pages for row in each["LoadBalancers"]] == names
    with pytest.raises(elbv2.exceptions.ClientError, match="marker"):
        elbv2.describe_load_balancers(Marker="nobody's")


def test_what_is_not_there_is_not_found(elbv2, make):
    """By name, by ARN; a text that is no ARN is a mistake of its own."""
    gone = make()["LoadBalancerArn"]
    elbv2.delete_load_balancer(LoadBalancerArn=gone)
    absent = elbv2.exceptions.LoadBalancerNotFoundException
    with pytest.raises(absent, match="web"):
        elbv2.describe_load_balancers(Names=["web"])
    with pytest.raises(absent):
        elbv2.describe_load_balancer_attributes(LoadBalancerArn=gone)
    with pytest.raises(elbv2.exceptions.ClientError, match="not a valid load balancer ARN") as refused:
        elbv2.describe_load_balancers(LoadBalancerArns=["web"])
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_attributes_are_all_there_and_protect(elbv2, make):
    """A protected one stays."""
    arn = make()["LoadBalancerArn"]
    before = attributes(elbv2.describe_load_balancer_attributes(LoadBalancerArn=arn))
    assert before["load_balancing.cross_zone.enabled"] == "false"
    assert before["access_logs.s3.enabled"] == "false"
    wanted = {"deletion_protection.enabled": "true", "load_balancing.cross_zone.enabled": "true"}
    given = [{"Key": key, "Value": value} for key, value in wanted.items()]
    after = elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=given)
    assert attributes(after) == {**before, **wanted}
    with pytest.raises(elbv2.exceptions.OperationNotPermittedException, match="deletion protection"):
        elbv2.delete_load_balancer(LoadBalancerArn=arn)
    bad = [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}]  # an application one's
    with pytest.raises(elbv2.exceptions.ClientError, match="not recognized"):
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=bad)


def attributes(answer) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in answer["Attributes"]}


def test_zones_and_security_groups_are_changed(elbv2, make, subnets, rules):
    """What stays keeps its place."""
    arn = make(SecurityGroups=rules[:1])["LoadBalancerArn"]
    found = elbv2.set_subnets(LoadBalancerArn=arn, Subnets=subnets[:2])["AvailabilityZones"]
    assert [each["SubnetId"] for each in found] == subnets[:2]
    answer = elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=rules)
    assert answer["SecurityGroupIds"] == rules
    assert answer["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] == "on"
    without = make("without")["LoadBalancerArn"]
    with pytest.raises(elbv2.exceptions.InvalidConfigurationRequestException, match="without any"):
        elbv2.set_security_groups(LoadBalancerArn=without, SecurityGroups=rules)


@pytest.mark.parametrize(
    ("more", "exception"),
    [
        ({"Subnets": ["subnet-0123456789abcdef0"]}, "SubnetNotFoundException"),
        ({"Subnets": []}, "ClientError"),
        ({"SecurityGroups": ["sg-0123456789abcdef0"]}, "InvalidSecurityGroupException"),
        ({"IpAddressType": "dualstack"}, "InvalidConfigurationRequestException"),
        ({"Tags": [{"Key": "a"}, {"Key": "a"}]}, "DuplicateTagKeysException"),
        ({"Tags": [{"Key": f"k{number}"} for number in range(51)]}, "TooManyTagsException"),
        ({"Name": "a_b"}, "ClientError"),
    ],
)
def test_each_mistake_has_its_exception(elbv2, make, more, exception):
    """Those that botocore's model has; ValidationError has none."""
    with pytest.raises(getattr(elbv2.exceptions, exception)):
        make(more.pop("Name", "web"), **more)
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []


def test_there_are_as_many_as_the_quota(mock_cloud, elbv2, make, catalogue):
    """And the exception that AWS has for it."""
    quotas = {**catalogue.quotas, "balancer": 1}
    mock_cloud.ask(lambda running: setattr(running.cloud, "catalogue", type(catalogue)(quotas=quotas)))
    make()
    with pytest.raises(elbv2.exceptions.TooManyLoadBalancersException):
        make("other")
    limits = {each["Name"]: each["Max"] for each in elbv2.describe_account_limits()["Limits"]}
    assert limits["network-load-balancers"] == "1"


def test_an_elastic_address_may_be_brought(do, elbv2, make, subnets, catalogue):
    """It is named; another's, or nobody's, is refused."""
    wanted = NewAddress(Use.FLOATING, Family.V4, "fsn1")
    mine = do(lambda draft: addresses.allocate(draft, wanted, catalogue))
    mapping = [{"SubnetId": subnets[0], "AllocationId": allocation_id(mine.id)}]
    (zone,) = make(SubnetMappings=mapping)["AvailabilityZones"]
    assert zone["LoadBalancerAddresses"] == [
        {"IpAddress": str(mine.ip), "AllocationId": allocation_id(mine.id)}
    ]
    with pytest.raises(elbv2.exceptions.ResourceInUseException):
        make("other", SubnetMappings=mapping)
    nobodys = [{"SubnetId": subnets[0], "AllocationId": "eipalloc-0123456789abcdef0"}]
    with pytest.raises(elbv2.exceptions.AllocationIdNotFoundException):
        make("other", SubnetMappings=nobodys)
    with pytest.raises(elbv2.exceptions.InvalidConfigurationRequestException, match="internal"):
        make("other", SubnetMappings=mapping, Scheme="internal")


def test_an_application_one_has_the_default_group_and_two_zones(elbv2, subnets):
    """Where nobody says otherwise."""
    made = elbv2.create_load_balancer(Name="app", Subnets=subnets[:2])["LoadBalancers"][0]
    assert made["Type"] == "application"
    assert len(made["SecurityGroups"]) == 1
    assert ":loadbalancer/app/app/" in made["LoadBalancerArn"]
    with pytest.raises(elbv2.exceptions.ClientError, match="two different Availability Zones"):
        elbv2.create_load_balancer(Name="other", Subnets=subnets[:1])


def test_tags_come_and_go(elbv2, make):
    """Of balancers; of groups and listeners it is the same."""
    arn = make(Tags=[{"Key": "a", "Value": "b"}])["LoadBalancerArn"]
    elbv2.add_tags(
        ResourceArns=[arn], Tags=[{"Key": "a", "Value": "c"}, {"Key": "kubernetes.io/x", "Value": "y/z"}]
    )
    elbv2.remove_tags(ResourceArns=[arn], TagKeys=["kubernetes.io/x", "nobodys"])
    (found,) = elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert found == {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "c"}]}
    with pytest.raises(elbv2.exceptions.TooManyTagsException):
        elbv2.add_tags(ResourceArns=[arn], Tags=[{"Key": f"k{number}"} for number in range(50)])
    with pytest.raises(elbv2.exceptions.DuplicateTagKeysException):
        elbv2.add_tags(ResourceArns=[arn], Tags=[{"Key": "k"}, {"Key": "k"}])


def test_hetzners_are_not_among_them(mock_cloud, elbv2, make):
    """They have targets of their own, as classic ones have."""
    hcloud = pytest.importorskip("hcloud")
    from hcloud.load_balancer_types import LoadBalancerType
    from hcloud.locations import Location

    client = hcloud.Client(mock_cloud.token, api_endpoint=mock_cloud.hcloud_endpoint)
    client.load_balancers.create(
        name="theirs", load_balancer_type=LoadBalancerType(name="lb11"), location=Location(name="fsn1")
    )
    make()
    found = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert [each["LoadBalancerName"] for each in found] == ["web"]
    assert {each.name for each in client.load_balancers.get_all()} == {"theirs", "web"}
