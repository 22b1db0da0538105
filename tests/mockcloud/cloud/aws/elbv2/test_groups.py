"""elbv2's target groups through boto3."""

import pytest


def test_a_new_group_is_as_aws_makes_it(make_group, vpc):
    """With the check that it has by default; what only HTTP has is not there."""
    made = make_group(Tags=[{"Key": "a", "Value": "b"}])
    arn = made.pop("TargetGroupArn")
    assert arn.startswith("arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/nodes/")
    assert made == {
        "TargetGroupName": "nodes",
        "Protocol": "TCP",
        "Port": 30_080,
        "VpcId": vpc,
        "HealthCheckProtocol": "TCP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 10,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "LoadBalancerArns": [],
        "TargetType": "instance",
        "IpAddressType": "ipv4",
    }


def test_a_group_as_the_aws_controller_makes_it_for_local_traffic(make_group):
    """Checked on the health check node port; thresholds of three."""
    made = make_group(
        HealthCheckProtocol="HTTP",
        HealthCheckPort="32123",
        HealthCheckPath="/healthz",
        HealthCheckIntervalSeconds=10,
        HealthyThresholdCount=3,
        UnhealthyThresholdCount=3,
    )
    assert (made["HealthCheckPort"], made["HealthCheckPath"]) == ("32123", "/healthz")
    assert (made["Matcher"], made["HealthCheckTimeoutSeconds"]) == ({"HttpCode": "200-399"}, 6)


def test_groups_are_found_by_balancer_name_and_arn(elbv2, balancer, group, make_group, listen):
    """A group says who forwards to it."""
    make_group("idle")
    listen(balancer, group)
    for chosen in ({"LoadBalancerArn": balancer}, {"Names": ["nodes"]}, {"TargetGroupArns": [group]}):
        (found,) = elbv2.describe_target_groups(**chosen)["TargetGroups"]
        assert (found["TargetGroupArn"], found["LoadBalancerArns"]) == (group, [balancer])
    pages = elbv2.get_paginator("describe_target_groups").paginate(PaginationConfig={"PageSize": 1})
    assert [len(each["TargetGroups"]) for each in pages] == [1, 1]
    with pytest.raises(elbv2.exceptions.TargetGroupNotFoundException, match="One or more"):
        elbv2.describe_target_groups(Names=["nodes", "absent"])
    with pytest.raises(elbv2.exceptions.ClientError, match="exclude each other"):
        elbv2.describe_target_groups(Names=["nodes"], TargetGroupArns=[group])


def test_a_group_in_use_cannot_go(elbv2, balancer, group, listen):
    """As soon as the balancer is gone it can, and a second time it is no error."""
    listen(balancer, group)
    with pytest.raises(elbv2.exceptions.ResourceInUseException, match="in use by a listener or a rule"):
        elbv2.delete_target_group(TargetGroupArn=group)
    elbv2.delete_load_balancer(LoadBalancerArn=balancer)
    elbv2.delete_target_group(TargetGroupArn=group)
    elbv2.delete_target_group(TargetGroupArn=group)
    assert elbv2.describe_target_groups()["TargetGroups"] == []


def test_the_same_group_twice_is_one_and_another_is_refused(elbv2, make_group):
    """By name and settings."""
    assert make_group() == make_group()
    with pytest.raises(elbv2.exceptions.DuplicateTargetGroupNameException):
        make_group(Port=30_081)


def test_checks_and_attributes_are_changed(elbv2, group):
    """What is not said stays."""
    changed = elbv2.modify_target_group(
        TargetGroupArn=group, HealthCheckPort="10256", HealthCheckProtocol="HTTP", HealthCheckPath="/healthz"
    )["TargetGroups"][0]
    assert (changed["HealthCheckPort"], changed["HealthCheckIntervalSeconds"]) == ("10256", 30)
    given = [
        {"Key": "proxy_protocol_v2.enabled", "Value": "true"},
        {"Key": "preserve_client_ip.enabled", "Value": "false"},
    ]
    elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=given)
    found = elbv2.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    assert all(each in found for each in given)
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "300"} in found
    bad = [{"Key": "nobodys", "Value": "true"}]
    with pytest.raises(elbv2.exceptions.ClientError, match="'nobodys' is not recognized"):
        elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=bad)


@pytest.mark.parametrize(
    ("more", "exception"),
    [
        ({"HealthCheckProtocol": "UDP"}, "InvalidConfigurationRequestException"),
        ({"HealthCheckEnabled": False}, "InvalidConfigurationRequestException"),
        ({"HealthCheckPort": "0"}, "ClientError"),
        ({"HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 20}, "ClientError"),
        ({"TargetType": "lambda"}, "InvalidConfigurationRequestException"),
        ({"Protocol": "GENEVE"}, "UnsupportedProtocolException"),
        ({"VpcId": "vpc-0123456789abcdef0"}, "ClientError"),
        ({"Name": "x" * 33}, "ClientError"),
    ],
)
def test_each_mistake_has_its_exception(elbv2, make_group, more, exception):
    """Nothing is made."""
    with pytest.raises(getattr(elbv2.exceptions, exception)):
        make_group(more.pop("Name", "nodes"), **more)
    assert elbv2.describe_target_groups()["TargetGroups"] == []
