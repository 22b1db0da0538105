"""A classic balancer, as the AWS controller makes it for a Service without an annotation."""

import boto3
import pytest

WEB = {"Protocol": "TCP", "LoadBalancerPort": 80, "InstanceProtocol": "TCP", "InstancePort": 30_080}


@pytest.fixture
def elb(mock_cloud):
    """The client."""
    return boto3.client("elb")


@pytest.fixture
def make(elb, subnets):
    """Makes balancers in the first zone; gives what is told of them."""

    def create(name="web", listeners=(WEB,), **more):
        if "AvailabilityZones" not in more:
            more.setdefault("Subnets", subnets[:1])
        elb.create_load_balancer(LoadBalancerName=name, Listeners=list(listeners), **more)
        return elb.describe_load_balancers(LoadBalancerNames=[name])["LoadBalancerDescriptions"][0]

    return create


@pytest.fixture
def web(make):
    """The name of one."""
    return make()["LoadBalancerName"]


@pytest.fixture
def described(elb):
    """What is told of a balancer by its name."""
    return lambda name: elb.describe_load_balancers(LoadBalancerNames=[name])["LoadBalancerDescriptions"][0]
