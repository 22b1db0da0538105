"""boto3 against a cloud in this process, with the default network and instances in it."""

import boto3
import pytest

from mockcloud.cloud.aws.account import AREA
from mockcloud.cloud.aws.resources import instance_id, subnet_id, vpc_id
from mockcloud.cloud.core import default_network, instances
from mockcloud.cloud.core.instances import NewInstance


@pytest.fixture
def do(mock_cloud):
    """Runs a command of the core in the cloud."""
    return lambda command: mock_cloud.ask(lambda running: running.cloud.run(command))


@pytest.fixture
def catalogue(mock_cloud):
    """What the cloud offers."""
    return mock_cloud.ask(lambda running: running.cloud.catalogue)


@pytest.fixture
def network(do, catalogue):
    """The default network: a subnet in each of three zones."""
    return do(lambda draft: default_network.ensure(draft, catalogue, AREA))


@pytest.fixture
def vpc(network):
    """Its id."""
    return vpc_id(network.id)


@pytest.fixture
def subnets(network):
    """Their ids, by zone."""
    return [subnet_id(network.id, each.range) for each in network.subnets]


@pytest.fixture
def make_instance(do, catalogue, network):
    """Makes instances that run in the network; gives the core's value."""

    def make(name, zone="fsn1"):
        wanted = NewInstance(name, "cx22", "debian-12", zone, networks=[network.id], public={})
        return do(lambda draft: instances.create(draft, wanted, catalogue))[0]

    return make


@pytest.fixture
def node(make_instance):
    """The id of an instance in the first zone."""
    return instance_id(make_instance("node-1").id)


@pytest.fixture
def elbv2(mock_cloud):
    """The client."""
    return boto3.client("elbv2")
