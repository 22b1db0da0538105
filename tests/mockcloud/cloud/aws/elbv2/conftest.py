"""A network balancer and a target group, as the AWS controller makes them."""

import pytest


@pytest.fixture
def balancer(elbv2, subnets):
    """The ARN of one in the first zone."""
    made = elbv2.create_load_balancer(Name="web", Type="network", Subnets=subnets[:1])
    return made["LoadBalancers"][0]["LoadBalancerArn"]


@pytest.fixture
def make_group(elbv2, vpc):
    """Makes target groups; gives what is told of them."""

    def make(name="nodes", **more):
        wanted = {"Protocol": "TCP", "Port": 30_080, "VpcId": vpc, **more}
        return elbv2.create_target_group(Name=name, **wanted)["TargetGroups"][0]

    return make


@pytest.fixture
def group(make_group):
    """The ARN of one."""
    return make_group()["TargetGroupArn"]


@pytest.fixture
def listen(elbv2):
    """Makes listeners; gives what is told of them."""

    def make(balancer, group, port=80, protocol="TCP", **more):
        action = [{"Type": "forward", "TargetGroupArn": group}]
        wanted = {"Protocol": protocol, "Port": port, "DefaultActions": action, **more}
        return elbv2.create_listener(LoadBalancerArn=balancer, **wanted)["Listeners"][0]

    return make
