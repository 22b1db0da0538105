"""The real Python client against a cloud on a socket."""

import pytest

from mockcloud.cloud.in_process import in_process_cloud


@pytest.fixture(scope="module")
def hcloud():
    """Hetzner's client library."""
    return pytest.importorskip("hcloud")


@pytest.fixture
def cloud():
    """An empty cloud, whose operations take no time."""
    with in_process_cloud() as running:
        yield running


@pytest.fixture
def client(hcloud, cloud):
    """Hetzner's client, which asks for an action every 10 ms."""
    return hcloud.Client(cloud.token, api_endpoint=cloud.hcloud_endpoint, poll_interval=0.01)


@pytest.fixture
def network(client):
    """A network with one subnet."""
    from hcloud.networks import NetworkSubnet

    subnet = NetworkSubnet(type="cloud", network_zone="eu-central", ip_range="10.0.1.0/24")
    return client.networks.create(name="private", ip_range="10.0.0.0/16", subnets=[subnet])


@pytest.fixture
def make_server(client):
    """Makes servers in fsn1."""
    from hcloud.images import Image
    from hcloud.locations import Location
    from hcloud.server_types import ServerType

    def make(name: str, **more):
        made = client.servers.create(
            name=name,
            server_type=ServerType(name="cx22"),
            image=Image(name="debian-12"),
            location=Location(name="fsn1"),
            **more,
        )
        made.action.wait_until_finished()
        return made.server

    return make


@pytest.fixture
def make_balancer(client):
    """Makes balancers in fsn1."""
    from hcloud.load_balancer_types import LoadBalancerType
    from hcloud.locations import Location

    def make(name: str = "web", **more):
        made = client.load_balancers.create(
            name=name,
            load_balancer_type=LoadBalancerType(name="lb11"),
            location=Location(name="fsn1"),
            **more,
        )
        made.action.wait_until_finished()
        made.load_balancer.reload()
        return made.load_balancer

    return make
