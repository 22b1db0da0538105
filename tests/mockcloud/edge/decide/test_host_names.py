"""What names resolve to."""

from ipaddress import IPv4Address

from mockcloud.cloud.core.elastic.forwarding import forwardings
from mockcloud.cloud.core.elastic_values import BalancerKind
from mockcloud.edge.decide.host_names import resolved
from mockcloud.edge.decide.takers import port
from tests.mockcloud.cloud.core.elastic.cloud import NOW, Cloud

BOTH = ("fsn1", "nbg1")
NAME = "web-00000000000003e9.elb.eu-central-1.mockcloud.test"


def judged(cloud, healthy=()):
    """The ports of a state, where these instances are healthy and no others."""
    found = forwardings(cloud.state, NOW)

    def takes(_, backend):
        return backend.instance in healthy

    return [port(each, found.pools, takes) for each in found.ports]


def addresses(cloud, healthy=(), name=NAME, silent=()):
    return [str(each) for each in resolved(cloud.state, judged(cloud, healthy), silent)[name]]


def scene(**more):
    """A network balancer in two zones, with an instance in each."""
    cloud = Cloud()
    cloud.near, cloud.far = cloud.instance("near"), cloud.instance("far", "nbg1")
    group = cloud.register(cloud.group(), cloud.near.id, cloud.far.id)
    cloud.frontend(cloud.balancer(zones=BOTH, **more), group)
    return cloud


def test_a_zone_that_is_dead_is_not_in_the_name():
    """Also where its ports have healthy targets, in another zone."""
    cloud = scene()
    both = [cloud.near.id, cloud.far.id]
    assert addresses(cloud, both, silent={IPv4Address("198.18.0.1")}) == ["198.18.0.2"]


def test_a_zone_without_a_healthy_target_is_not_in_the_name():
    """Unless no zone has one."""
    cloud = scene()
    assert addresses(cloud, [cloud.near.id, cloud.far.id]) == ["198.18.0.1", "198.18.0.2"]
    assert addresses(cloud, [cloud.far.id]) == ["198.18.0.2"]
    assert addresses(cloud) == ["198.18.0.1", "198.18.0.2"]


def test_an_internal_one_is_known_by_its_private_addresses():
    """Public names may be, as at AWS."""
    cloud = scene(public=False)
    assert addresses(cloud, [cloud.near.id]) == ["10.0.1.4"]


def test_others_have_all_of_their_addresses_and_hetzners_names_stay():
    """A classic one is a proxy: each of its addresses reaches all instances."""
    cloud = Cloud()
    cloud.balancer(kind=BalancerKind.CLASSIC, zones=BOTH)
    assert addresses(cloud, name="web-1001.eu-central-1.elb.mockcloud.test") == ["198.18.0.1", "198.18.0.2"]
    assert addresses(cloud, name="static.1.0.18.198.clients.mockcloud.test") == ["198.18.0.1"]
