"""elb's balancers through boto3: every field is there, every modelled exception where AWS raises it."""

import pytest

from mockcloud.cloud.aws.resources import group_id
from mockcloud.cloud.core import security_groups
from mockcloud.cloud.core.security_groups import NewGroup
from mockcloud.cloud.core.values import Operation
from mockcloud.cloud.faults import Point
from tests.mockcloud.cloud.aws.elb.conftest import WEB


def test_a_new_one_has_every_field_that_the_controller_reads_unasked(elb, make, vpc, subnets):
    """A missing HealthCheck makes it panic."""
    made = make(Tags=[{"Key": "a", "Value": "b"}])
    created, groups = made.pop("CreatedTime"), made.pop("SecurityGroups")
    name = "web-1001.eu-central-1.elb.mockcloud.test"
    assert created.tzinfo is not None
    assert len(groups) == 1
    assert made == {
        "LoadBalancerName": "web",
        "DNSName": name,
        "CanonicalHostedZoneName": name,
        "CanonicalHostedZoneNameID": "Z215JYRZR1TBD5",
        "ListenerDescriptions": [{"Listener": WEB, "PolicyNames": []}],
        "Policies": {
            "AppCookieStickinessPolicies": [],
            "LBCookieStickinessPolicies": [],
            "OtherPolicies": [],
        },
        "BackendServerDescriptions": [],
        "AvailabilityZones": ["eu-central-1a"],
        "Subnets": subnets[:1],
        "VPCId": vpc,
        "Instances": [],
        "HealthCheck": {
            "Target": "TCP:30080",
            "Interval": 30,
            "Timeout": 5,
            "UnhealthyThreshold": 2,
            "HealthyThreshold": 10,
        },
        "SourceSecurityGroup": {"OwnerAlias": "123456789012", "GroupName": "default"},
        "Scheme": "internet-facing",
    }


def test_zones_stand_for_the_default_networks_subnets(elb, make, subnets):
    """As scripts have it that know no subnets; protocols in whichever letters."""
    made = make(
        listeners=[{"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 8080}],
        AvailabilityZones=["eu-central-1a", "eu-central-1c"],
        Scheme="internal",
    )
    assert made["Subnets"] == [subnets[0], subnets[2]]
    assert made["DNSName"].startswith("internal-web-")
    listener = made["ListenerDescriptions"][0]["Listener"]
    assert (listener["Protocol"], listener["InstanceProtocol"]) == ("HTTP", "HTTP")


def test_the_first_thing_that_anybody_asks_may_be_a_balancer(mock_cloud, elb):
    """The default network is there from the first look on; a fault that was ordered meets the balancer."""
    mock_cloud.fault(Point.OPERATION, path="/elb/CreateLoadBalancer", code="x", message="no capacity")
    elb.create_load_balancer(LoadBalancerName="web", Listeners=[WEB], AvailabilityZones=["eu-central-1b"])
    made = mock_cloud.ask(lambda running: running.cloud.state.all(Operation)[-1])
    assert (made.command, made.failure.message) == ("create_load_balancer", "no capacity")


def test_who_asks_twice_gets_the_same(elb, make):
    """Another one of the name is refused; one that is gone may be deleted again."""
    assert make() == make()
    with pytest.raises(elb.exceptions.DuplicateAccessPointNameException):
        make(listeners=[{**WEB, "InstancePort": 30_081}])
    elb.delete_load_balancer(LoadBalancerName="web")
    elb.delete_load_balancer(LoadBalancerName="web")
    assert elb.describe_load_balancers()["LoadBalancerDescriptions"] == []


def test_lists_come_in_pages(elb, make):
    """boto3's paginator finds all of them."""
    names = [make(f"web-{number}")["LoadBalancerName"] for number in range(3)]
    pages = list(elb.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 2}))
    found = [row["LoadBalancerName"] for each in pages for row in each["LoadBalancerDescriptions"]]
    assert (len(pages), found) == (2, names)


@pytest.mark.parametrize(
    ("more", "exception"),
    [
        ({"Subnets": ["subnet-0123456789abcdef0"]}, "SubnetNotFoundException"),
        ({"SecurityGroups": ["sg-0123456789abcdef0"]}, "InvalidSecurityGroupException"),
        ({"Scheme": "secret"}, "InvalidSchemeException"),
        ({"Tags": [{"Key": "a"}, {"Key": "a"}]}, "DuplicateTagKeysException"),
        ({"Tags": [{"Key": f"k{number}"} for number in range(11)]}, "TooManyTagsException"),
        ({"listeners": [{**WEB, "InstanceProtocol": "HTTP"}]}, "InvalidConfigurationRequestException"),
        ({"listeners": [{**WEB, "Protocol": "SCTP"}]}, "ClientError"),
        (
            {"listeners": [{**WEB, "Protocol": "SSL", "SSLCertificateId": "arn:aws:acm:x"}]},
            "CertificateNotFoundException",
        ),
        ({"AvailabilityZones": ["us-east-1a"]}, "ClientError"),
    ],
)
def test_each_mistake_has_its_exception(elb, make, more, exception):
    """Nothing is made."""
    with pytest.raises(getattr(elb.exceptions, exception)):
        make(**more)
    assert elb.describe_load_balancers()["LoadBalancerDescriptions"] == []


def test_what_is_not_there_is_not_found(elb, mock_cloud):
    """Whatever is asked of it."""
    absent = elb.exceptions.AccessPointNotFoundException
    for ask in (
        lambda: elb.describe_load_balancers(LoadBalancerNames=["web"]),
        lambda: elb.describe_load_balancer_attributes(LoadBalancerName="web"),
        lambda: elb.describe_instance_health(LoadBalancerName="web"),
        lambda: elb.describe_tags(LoadBalancerNames=["web"]),
    ):
        with pytest.raises(absent, match="There is no ACTIVE Load Balancer named 'web'"):
            ask()


def test_listeners_come_and_go(elb, web, described):
    """The one that is there already is no mistake, another on its port is."""
    more = {**WEB, "LoadBalancerPort": 81}
    elb.create_load_balancer_listeners(LoadBalancerName=web, Listeners=[WEB, more])
    with pytest.raises(elb.exceptions.DuplicateListenerException):
        elb.create_load_balancer_listeners(LoadBalancerName=web, Listeners=[{**WEB, "InstancePort": 1}])
    elb.delete_load_balancer_listeners(LoadBalancerName=web, LoadBalancerPorts=[80, 4711])
    assert [each["Listener"] for each in described(web)["ListenerDescriptions"]] == [more]


def test_subnets_and_security_groups_are_changed(do, elb, web, network, catalogue, subnets, described):
    """One subnet a zone; the last one stays; a balancer's security group stays, too."""
    found = elb.attach_load_balancer_to_subnets(LoadBalancerName=web, Subnets=subnets[1:2])
    assert found["Subnets"] == subnets[:2]
    found = elb.detach_load_balancer_from_subnets(LoadBalancerName=web, Subnets=subnets[:1])
    assert found["Subnets"] == subnets[1:2]
    with pytest.raises(elb.exceptions.InvalidConfigurationRequestException):
        elb.detach_load_balancer_from_subnets(LoadBalancerName=web, Subnets=subnets[1:2])
    wanted = NewGroup("k8s-elb", "of a test", network.id)
    made = do(lambda draft: security_groups.create(draft, wanted, catalogue))
    group = group_id(made.id)
    found = elb.apply_security_groups_to_load_balancer(LoadBalancerName=web, SecurityGroups=[group])
    assert found["SecurityGroups"] == [group]
    assert described(web)["SourceSecurityGroup"]["GroupName"] == "k8s-elb"


def test_the_health_check_is_as_it_was_configured(elb, web, described):
    """As the controller does it for local traffic."""
    check = {
        "Target": "HTTP:32123/healthz",
        "Interval": 10,
        "Timeout": 5,
        "UnhealthyThreshold": 6,
        "HealthyThreshold": 2,
    }
    assert elb.configure_health_check(LoadBalancerName=web, HealthCheck=check)["HealthCheck"] == check
    assert described(web)["HealthCheck"] == check
    for target, words in (
        ("HTTP:80", "path that begins with a slash"),
        ("TCP:80/x", "has no path"),
        ("TCP", "a protocol and a port"),
        ("TCP:0", "a protocol and a port"),
        ("ICMP:1", "not a protocol"),
    ):
        with pytest.raises(elb.exceptions.ClientError, match=words):
            elb.configure_health_check(LoadBalancerName=web, HealthCheck={**check, "Target": target})


def test_attributes_are_all_there(elb, web):
    """With AWS' defaults, changed one by one."""
    before = {
        "CrossZoneLoadBalancing": {"Enabled": False},
        "AccessLog": {"Enabled": False},
        "ConnectionDraining": {"Enabled": False, "Timeout": 300},
        "ConnectionSettings": {"IdleTimeout": 60},
        "AdditionalAttributes": [{"Key": "elb.http.desyncmitigationmode", "Value": "defensive"}],
    }
    found = elb.describe_load_balancer_attributes(LoadBalancerName=web)["LoadBalancerAttributes"]
    assert found == before
    changes = {
        "ConnectionSettings": {"IdleTimeout": 1200},
        "ConnectionDraining": {"Enabled": True, "Timeout": 60},
        "AccessLog": {"Enabled": True, "S3BucketName": "logs", "EmitInterval": 5},
    }
    answer = elb.modify_load_balancer_attributes(LoadBalancerName=web, LoadBalancerAttributes=changes)
    logs = {**changes["AccessLog"], "S3BucketPrefix": ""}
    assert answer["LoadBalancerName"] == web
    assert answer["LoadBalancerAttributes"] == {**before, **changes, "AccessLog": logs}
    bad = {"AdditionalAttributes": [{"Key": "nobodys", "Value": "x"}]}
    with pytest.raises(elb.exceptions.LoadBalancerAttributeNotFoundException):
        elb.modify_load_balancer_attributes(LoadBalancerName=web, LoadBalancerAttributes=bad)


def test_tags_come_and_go(elb, web):
    """Ten at most."""
    elb.add_tags(LoadBalancerNames=[web], Tags=[{"Key": "a", "Value": "b"}, {"Key": "c"}])
    elb.remove_tags(LoadBalancerNames=[web], Tags=[{"Key": "c"}])
    (found,) = elb.describe_tags(LoadBalancerNames=[web])["TagDescriptions"]
    assert found == {"LoadBalancerName": web, "Tags": [{"Key": "a", "Value": "b"}]}
    with pytest.raises(elb.exceptions.TooManyTagsException):
        elb.add_tags(LoadBalancerNames=[web], Tags=[{"Key": f"k{number}"} for number in range(10)])


def test_limits_are_the_catalogues(mock_cloud, elb, make, catalogue):
    """And the exception that AWS has for it."""
    quotas = {**catalogue.quotas, "balancer": 1}
    mock_cloud.ask(lambda running: setattr(running.cloud, "catalogue", type(catalogue)(quotas=quotas)))
    make()
    with pytest.raises(elb.exceptions.TooManyAccessPointsException):
        make("other")
    limits = {each["Name"]: each["Max"] for each in elb.describe_account_limits()["Limits"]}
    assert limits["classic-load-balancers"] == "1"
