"""Which Services a change concerns."""

from ipaddress import ip_address

from mockcloud.proxy.decide.service_map import ServiceMap
from mockcloud.proxy.decide.views import (
    EndpointView,
    Family,
    PortView,
    Protocol,
    ServiceKey,
    ServiceView,
    SliceView,
    Target,
)

WEB, API = ServiceKey("default", "web"), ServiceKey("default", "api")
NAMED = ("http", Protocol.TCP)


def part(service, *ips, family=Family.IPV4):
    found = tuple(EndpointView(Target(ip, 80), True, True, False, "node-1") for ip in ips)
    return SliceView(service, family, ((NAMED, found),))


def view(key):
    return ServiceView(key, (ip_address("10.96.0.1"),), (PortView("http", Protocol.TCP, 80),))


def ips(world, family=Family.IPV4):
    return [endpoint.target.ip for _, found in world.endpoints(WEB, family) for endpoint in found]


def test_endpoints_of_all_slices_of_the_family_count():
    """A Service's endpoints may be spread over slices, and come before the Service does."""
    world = ServiceMap()
    assert world.put_slice(("default", "web-1"), part(WEB, "10.244.1.2")) == {WEB}
    world.put_slice(("default", "web-2"), part(WEB, "10.244.2.2"))
    world.put_slice(("default", "web-6"), part(WEB, "fd00::2", family=Family.IPV6))
    assert world.put_service(WEB, view(WEB)) == {WEB}
    assert ips(world) == ["10.244.1.2", "10.244.2.2"]
    assert ips(world, Family.IPV6) == ["fd00::2"]
    world.put_slice(("default", "web-1"), None)
    assert ips(world) == ["10.244.2.2"]


def test_a_relabelled_slice_concerns_both_services():
    """The Service it left must lose its endpoints, too."""
    world = ServiceMap()
    world.put_slice(("default", "x"), part(WEB, "10.244.1.2"))
    assert world.put_slice(("default", "x"), part(API, "10.244.1.2")) == {WEB, API}


def test_what_is_the_same_concerns_nobody():
    """Most updates of a Service (its annotations, its status's conditions) mean nothing to the rules."""
    world = ServiceMap()
    world.put_service(WEB, view(WEB))
    world.put_slice(("default", "x"), part(WEB, "10.244.1.2"))
    assert world.put_service(WEB, view(WEB)) == set()
    assert world.put_slice(("default", "x"), part(WEB, "10.244.1.2")) == set()
    assert world.put_service(API, None) == set()
