"""Endpoints objects from the same endpoints as slices."""

from mockcloud.controllers.endpointslice.subsets import port_object, subsets
from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Group, Port

HTTP = Group("IPv4", (Port("http", 80, "TCP", "h2c"),))


def endpoint(address, ready=True, terminating=False, **more):
    return Endpoint(address, ready, ready, terminating, target=("ns", "p", "u"), **more)


def wanted(*endpoints):
    return {HTTP: {each.address: each for each in endpoints}}


def test_subsets_tell_ready_from_not_ready_in_order_of_address():
    """One subset for one set of ports."""
    found = wanted(
        endpoint("10.0.0.2"), endpoint("10.0.0.1", node="n", hostname="h"), endpoint("10.0.0.3", False)
    )
    target = {"kind": "Pod", "namespace": "ns", "name": "p", "uid": "u"}
    assert subsets(found, "IPv4", publish_not_ready=False) == [
        {
            "addresses": [
                {"ip": "10.0.0.1", "hostname": "h", "nodeName": "n", "targetRef": target},
                {"ip": "10.0.0.2", "targetRef": target},
            ],
            "notReadyAddresses": [{"ip": "10.0.0.3", "targetRef": target}],
            "ports": [{"port": 80, "protocol": "TCP", "name": "http", "appProtocol": "h2c"}],
        }
    ]


def test_subsets_leave_out_what_terminates_unless_it_is_published_anyway():
    """Endpoints know no terminating state."""
    found = wanted(endpoint("10.0.0.1", False, terminating=True))
    assert subsets(found, "IPv4", publish_not_ready=False) == []
    assert len(subsets(found, "IPv4", publish_not_ready=True)) == 1


def test_subsets_have_one_family_only():
    """The Service's first."""
    assert subsets(wanted(endpoint("10.0.0.1")), "IPv6", publish_not_ready=False) == []


def test_a_port_without_a_name_has_none():
    """An empty name is not written."""
    assert port_object(Port("", 80, "UDP")) == {"port": 80, "protocol": "UDP"}


def test_a_service_without_ports_still_shows_its_addresses():
    """Headless Services may have none; a port that no pod has is another matter."""
    found = {Group("IPv4", ()): {"10.0.0.1": endpoint("10.0.0.1")}}
    assert subsets(found, "IPv4", publish_not_ready=False) == []
    (only,) = subsets(found, "IPv4", publish_not_ready=False, portless=True)
    assert set(only) == {"addresses"}
