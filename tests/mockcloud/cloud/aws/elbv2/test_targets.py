"""elbv2's targets through boto3: registered, waited for, drained; states and reasons as AWS tells them."""

import pytest

from mockcloud.cloud.aws.resources import instance_id
from mockcloud.cloud.core import instances
from mockcloud.cloud.core.health import Health, HealthReason, HealthStatus
from mockcloud.cloud.overview import overview

FAST = {"Delay": 0.02, "MaxAttempts": 500}


@pytest.fixture
def seen(mock_cloud):
    """Says what whoever looks at targets has seen of all of them."""

    def tell(*told, **more):
        known = Health(*told, **more)
        mock_cloud.ask(lambda running: running.cloud.believe(looks_at_groups=lambda *_: known))

    return tell


@pytest.fixture
def health(elbv2, group):
    """The health of the group's targets: id and port, state, reason, description."""

    def found(*targets):
        more = {"Targets": list(targets)} if targets else {}
        answer = elbv2.describe_target_health(TargetGroupArn=group, **more)
        return [
            (
                (each["Target"]["Id"], each["Target"]["Port"]),
                each["TargetHealth"]["State"],
                each["TargetHealth"].get("Reason"),
                each["TargetHealth"].get("Description"),
            )
            for each in answer["TargetHealthDescriptions"]
        ]

    return found


@pytest.fixture
def register(elbv2, group):
    """Registers targets with the group."""
    return lambda *targets: elbv2.register_targets(TargetGroupArn=group, Targets=list(targets))


def test_boto3_waits_until_targets_serve_and_until_they_are_gone(
    mock_cloud, elbv2, balancer, group, listen, node, register, health, seen
):
    """First checks, in service, draining by the cloud's clock, gone."""
    listen(balancer, group)
    register({"Id": node})
    first = ((node, 30_080), "initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
    assert health() == [first]
    seen(HealthStatus.HEALTHY)
    elbv2.get_waiter("target_in_service").wait(TargetGroupArn=group, WaiterConfig=FAST)
    assert health() == [((node, 30_080), "healthy", None, None)]
    elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": node}])
    draining = ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
    assert health() == [((node, 30_080), *draining)]
    mock_cloud.advance(300)
    assert health() == []
    target = [{"Id": node}]
    elbv2.get_waiter("target_deregistered").wait(TargetGroupArn=group, Targets=target, WaiterConfig=FAST)
    unused = ("unused", "Target.NotRegistered", "Target is not registered to the target group")
    assert health({"Id": node}) == [((node, 30_080), *unused)]


@pytest.mark.parametrize(
    ("reason", "code", "expected", "words"),
    [
        (HealthReason.TIMEOUT, None, "Target.Timeout", "Request timed out"),
        (HealthReason.FAILED, None, "Target.FailedHealthChecks", "Health checks failed"),
        (
            HealthReason.STATUS_CODE,
            503,
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [503]",
        ),
    ],
)
def test_an_unhealthy_target_has_the_reason(
    balancer, group, listen, node, register, health, seen, reason, code, expected, words
):
    """As whoever looked at it has seen it."""
    listen(balancer, group)
    register({"Id": node})
    seen(HealthStatus.UNHEALTHY, http_status=code, reason=reason)
    assert health() == [((node, 30_080), "unhealthy", expected, words)]


def test_a_target_that_gets_nothing_is_unused(
    mock_cloud, do, elbv2, balancer, group, listen, make_instance, register, health, seen
):
    """No listener, another zone, a stopped instance, also for people; a terminated one is no target."""
    seen(HealthStatus.HEALTHY)
    one, far = make_instance("one"), make_instance("far", "nbg1")
    register({"Id": instance_id(one.id)}, {"Id": instance_id(far.id)})
    assert [each[1:3] for each in health()] == [("unused", "Target.NotInUse")] * 2
    listen(balancer, group)
    assert [each[1:3] for each in health()] == [("healthy", None), ("unused", "Target.NotInUse")]
    do(lambda draft: instances.order(draft, one, "stop_server"))
    assert health()[0][1:3] == ("unused", "Target.InvalidState")
    (row,) = mock_cloud.ask(lambda server: overview(server.cloud))
    assert [(each["instance"], each["health"], each["why"]) for each in row["ports"][0]["targets"]] == [
        ("one", "unused", "Target.InvalidState"),
        ("far", "unused", "Target.NotInUse"),
    ]
    do(lambda draft: instances.delete(draft, one))
    assert [each[0][0] for each in health()] == [instance_id(far.id)]
    with pytest.raises(elbv2.exceptions.InvalidTargetException):
        health({"Id": instance_id(one.id)})
    elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": instance_id(one.id)}])


def test_two_ports_of_an_instance_are_two_targets_and_are_checked_there(elbv2, group, node, register):
    """The port of the check is that of each target, unless the group has one."""
    register({"Id": node}, {"Id": node, "Port": 31_000})
    found = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [(each["Target"]["Port"], each["HealthCheckPort"]) for each in found] == [
        (30_080, "30080"),
        (31_000, "31000"),
    ]
    elbv2.modify_target_group(TargetGroupArn=group, HealthCheckPort="10256")
    found = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert {each["HealthCheckPort"] for each in found} == {"10256"}
    elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": node}])
    found = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [each["Target"]["Port"] for each in found] == [31_000]


def test_addresses_are_targets_with_zones(elbv2, make_group):
    """In the VPC the zone is known; outside somebody has to say it."""
    group = make_group("pods", TargetType="ip")["TargetGroupArn"]
    targets = [{"Id": "172.31.16.9"}, {"Id": "10.1.2.3", "AvailabilityZone": "all", "Port": 8080}]
    elbv2.register_targets(TargetGroupArn=group, Targets=targets)
    found = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [each["Target"] for each in found] == [
        {"Id": "172.31.16.9", "Port": 30_080, "AvailabilityZone": "eu-central-1b"},
        {"Id": "10.1.2.3", "Port": 8080, "AvailabilityZone": "all"},
    ]
    for bad, words in (("10.1.2.3", "must be specified"), ("web.example", "not a valid IP address")):
        with pytest.raises(elbv2.exceptions.ClientError, match=words):
            elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": bad}])
    with pytest.raises(elbv2.exceptions.InvalidTargetException):
        elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "8.8.8.8", "AvailabilityZone": "all"}])


def test_each_mistake_has_its_exception(mock_cloud, elbv2, catalogue, group, node, register):
    """Who is nobody, and too many."""
    with pytest.raises(elbv2.exceptions.InvalidTargetException, match="i-0123456789abcdef0"):
        register({"Id": node}, {"Id": "i-0123456789abcdef0"})
    assert elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"] == []
    mock_cloud.ask(lambda running: setattr(running.cloud, "catalogue", type(catalogue)(group_targets=1)))
    with pytest.raises(elbv2.exceptions.TooManyTargetsException):
        register({"Id": node}, {"Id": node, "Port": 1})
    with pytest.raises(elbv2.exceptions.TargetGroupNotFoundException):
        elbv2.register_targets(TargetGroupArn=group[:-1] + "0", Targets=[{"Id": node}])
