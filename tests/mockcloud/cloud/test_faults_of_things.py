"""Faults of things, of operations and of reads, as boto3 and Hetzner's client meet them without a lab."""

import urllib.error
import urllib.request

import boto3
import hcloud
import pytest
from botocore.exceptions import ClientError
from hcloud.load_balancer_types.domain import LoadBalancerType
from hcloud.load_balancers.domain import LoadBalancerTarget, LoadBalancerTargetIP
from hcloud.locations.domain import Location

from mockcloud.cloud.ordering import WrongFault

LB11, FSN1 = LoadBalancerType("lb11"), Location("fsn1")


@pytest.fixture
def hetzner(mock_cloud):
    """Hetzner's client."""
    return hcloud.Client(mock_cloud.token, api_endpoint=mock_cloud.hcloud_endpoint, poll_interval=0.01)


@pytest.fixture
def ec2(mock_cloud):
    """AWS' client, which does not try again."""
    return boto3.client("ec2")


@pytest.fixture
def group(mock_cloud, ec2):
    """Behind a network balancer in two zones, an instance in each: asks for state and reason of both."""
    elbv2 = boto3.client("elbv2")
    subnets = sorted(ec2.describe_subnets()["Subnets"], key=lambda each: each["AvailabilityZone"])[:2]
    vpc, ids = subnets[0]["VpcId"], [each["SubnetId"] for each in subnets]
    made = [
        ec2.run_instances(
            ImageId="ami-12345678", InstanceType="t3.nano", MinCount=1, MaxCount=1, SubnetId=each
        )
        for each in ids
    ]
    found = elbv2.create_target_group(Name="g", Protocol="TCP", Port=80, VpcId=vpc)
    arn = found["TargetGroups"][0]["TargetGroupArn"]
    nodes = [each["Instances"][0]["InstanceId"] for each in made]
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": each} for each in nodes])
    balancer = elbv2.create_load_balancer(Name="web", Type="network", Subnets=ids)["LoadBalancers"][0]
    action = [{"Type": "forward", "TargetGroupArn": arn}]
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="TCP", Port=80, DefaultActions=action
    )

    def stands():
        told = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return [(each["TargetHealth"]["State"], each["TargetHealth"].get("Reason")) for each in told]

    stands.nodes = nodes
    return stands


FIRST_LOOK = ("initial", "Elb.InitialHealthChecking")
NO_ANSWER = ("unhealthy", "Target.Timeout")


@pytest.mark.parametrize("zone", ["eu-central-1b", "nbg1"])
def test_a_zone_that_dies_takes_its_targets_along(mock_cloud, ec2, group, zone):
    """By either cloud's name; its instances are told to run, and it comes back."""
    assert group() == [FIRST_LOOK, FIRST_LOOK]
    number = mock_cloud.fault("edge", zone=zone)
    assert group() == [FIRST_LOOK, NO_ANSWER]
    states = [
        each["State"]["Name"]
        for made in ec2.describe_instances()["Reservations"]
        for each in made["Instances"]
    ]
    assert states == ["running", "running"]
    mock_cloud.mend(number)
    assert group() == [FIRST_LOOK, FIRST_LOOK]


def test_an_instance_that_is_frozen_does_not_answer(mock_cloud, group):
    """By AWS' id; reset ends it."""
    mock_cloud.fault("edge", instance=group.nodes[0])
    assert group() == [NO_ANSWER, FIRST_LOOK]


def test_health_is_told_as_it_was_ordered(mock_cloud, group):
    """Whatever is true, and the zone may be dead."""
    mock_cloud.fault("edge", target=group.nodes[0], health="healthy")
    mock_cloud.fault("edge", target=group.nodes[1], health="unhealthy")
    mock_cloud.fault("edge", zone="eu-central-1a")
    assert group() == [("healthy", None), ("unhealthy", "Target.FailedHealthChecks")]


def test_health_is_told_to_hetzners_client_too(mock_cloud, hetzner):
    """Of a target that is an address."""
    from hcloud.load_balancers.domain import LoadBalancerHealthCheck, LoadBalancerService

    check = LoadBalancerHealthCheck(protocol="tcp", port=80, interval=15, timeout=10, retries=3)
    service = LoadBalancerService(
        protocol="tcp", listen_port=80, destination_port=80, proxyprotocol=False, health_check=check
    )
    target = LoadBalancerTarget(type="ip", ip=LoadBalancerTargetIP(ip="192.0.2.7"))
    hetzner.load_balancers.create("web", LB11, location=FSN1, services=[service], targets=[target])
    mock_cloud.fault("edge", target="192.0.2.7", health="unhealthy")
    (told,) = hetzner.load_balancers.get_by_name("web").targets[0].health_status
    assert told.status == "unhealthy"


def test_provisioning_that_never_ends(mock_cloud, hetzner, ec2):
    """A year later it goes on, in both dialects; what is made next is made."""
    mock_cloud.fault("operation", path="*oad*alancer*", stuck=True, count=2)
    stuck = hetzner.load_balancers.create("h", LB11, location=FSN1)
    elbv2, subnet = boto3.client("elbv2"), ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    elbv2.create_load_balancer(Name="a", Type="network", Subnets=[subnet])
    mock_cloud.advance(365 * 86_400)
    assert elbv2.describe_load_balancers(Names=["a"])["LoadBalancers"][0]["State"]["Code"] == "provisioning"
    assert hetzner.actions.get_by_id(stuck.action.id).status == "running"
    assert hetzner.load_balancers.create("next", LB11, location=FSN1).action.status == "success"


def test_provisioning_that_fails(mock_cloud, hetzner, ec2):
    """As each cloud tells it."""
    mock_cloud.fault("operation", path="*oad*alancer*", count=2, code="no_capacity")
    action = hetzner.load_balancers.create("h", LB11, location=FSN1).action
    assert (action.status, action.error["code"]) == ("error", "no_capacity")
    elbv2, subnet = boto3.client("elbv2"), ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    elbv2.create_load_balancer(Name="a", Type="network", Subnets=[subnet])
    assert elbv2.describe_load_balancers()["LoadBalancers"][0]["State"]["Code"] == "failed"


def test_throttled_as_hetzner_does_it(mock_cloud, hetzner):
    """429 with the code that its clients wait for, and headers that say that nothing is left; once, here."""
    mock_cloud.fault(path="/v1/servers", status=429, count=1)
    request = urllib.request.Request(
        f"{mock_cloud.hcloud_endpoint}/servers", headers={"Authorization": f"Bearer {mock_cloud.token}"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=90)
    with caught.value as answer:
        assert (answer.code, b'"rate_limit_exceeded"' in answer.read()) == (429, True)
        headers = {name: int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset")}
    assert (headers["Limit"], headers["Remaining"]) == (3600, 0)
    assert hetzner.servers.get_all() == []


@pytest.mark.parametrize(
    ("service", "ask", "code"),
    [("ec2", "describe_vpcs", "RequestLimitExceeded"), ("elbv2", "describe_load_balancers", "Throttling")],
)
def test_throttled_as_aws_does_it(mock_cloud, service, ask, code):
    """By each service's code; boto3 tries again by itself, so that one alone is not seen."""
    number = mock_cloud.fault(path=f"/{service}/*", status=429)
    with pytest.raises(ClientError, match=code):
        getattr(boto3.client(service), ask)()
    mock_cloud.mend(number)
    mock_cloud.fault(path=f"/{service}/*", status=429, count=1)
    getattr(boto3.client(service), ask)()


def test_reads_lag_behind_in_hetzners_dialect(mock_cloud, hetzner):
    """What is made is there for others only when the lag is over, and nothing is lost by looking."""
    hetzner.networks.create("before", "10.1.0.0/16")
    mock_cloud.fault("read", path="/v1/networks*", lag=30)
    mock_cloud.ask(lambda running: running.cloud.clock.set_rate(0))
    mock_cloud.advance(1)
    hetzner.networks.create("after", "10.2.0.0/16")
    assert [each.name for each in hetzner.networks.get_all()] == ["before"]
    mock_cloud.advance(29)
    assert [each.name for each in hetzner.networks.get_all()] == ["before"]
    mock_cloud.advance(1)
    assert [each.name for each in hetzner.networks.get_all()] == ["before", "after"]


def test_reads_lag_behind_in_aws_dialect(mock_cloud, ec2):
    """What was made is not found, or not in its state, until the lag is over; the fault away, it is there."""
    mock_cloud.ask(lambda running: running.cloud.clock.set_rate(0))
    number = mock_cloud.fault("read", path="/ec2/*", lag=5)
    assert ec2.describe_vpcs()["Vpcs"] == []  # the default VPC is made by looking, and not seen yet
    made = ec2.create_security_group(GroupName="new", Description="new")["GroupId"]
    with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound"):
        ec2.describe_security_groups(GroupIds=[made])
    mock_cloud.mend(number)
    assert ec2.describe_security_groups(GroupIds=[made])["SecurityGroups"][0]["GroupName"] == "new"
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1


def test_a_read_that_lags_shows_operations_as_they_were(mock_cloud, hetzner):
    """One that has ended meanwhile runs on; remembered answers are of their own time."""
    mock_cloud.ask(lambda running: running.cloud.clock.set_rate(0))
    mock_cloud.ask(lambda running: setattr(running.cloud, "operation_seconds", 10.0))
    action = hetzner.load_balancers.create("h", LB11, location=FSN1).action
    mock_cloud.advance(12)
    assert hetzner.actions.get_by_id(action.id).status == "success"
    mock_cloud.fault("read", path="/v1/actions*", lag=5)
    assert hetzner.actions.get_by_id(action.id).status == "running"


@pytest.mark.parametrize(
    ("point", "fields", "said"),
    [
        pytest.param("edge", {}, "needs one of: zone; instance; target with health", id="nothing"),
        pytest.param("edge", {"zone": "fsn1", "instance": "a"}, "needs one of", id="two things"),
        pytest.param("edge", {"target": "a"}, "target with health", id="no health"),
        pytest.param("edge", {"zone": "mars"}, "zone 'mars': expected one of fsn1, nbg1", id="zone"),
        pytest.param("edge", {"zone": "fsn1", "count": 1}, "count: Extra inputs", id="count"),
        pytest.param("read", {"path": "*"}, "lag: Field required", id="no lag"),
        pytest.param("request", {"stuck": True, "status": 500}, "stuck: Extra inputs", id="stuck"),
        pytest.param("request", {}, "needs a status, a delay or both", id="no deed"),
        pytest.param("moon", {}, "point 'moon': expected request, answer, operation, read, edge", id="point"),
    ],
)
def test_what_makes_no_sense_is_refused(mock_cloud, point, fields, said):
    """With what was expected, and nothing is in force."""
    with pytest.raises(WrongFault, match=said):
        mock_cloud.fault(point, **fields)
    assert mock_cloud.ask(lambda running: running.faults.all) == []
