"""What is read out of the API's objects."""

from ipaddress import ip_address

import pytest

from mockcloud.dns.decide.convert import service_view, slice_view
from mockcloud.dns.decide.views import EndpointView, PortView, ServiceKey, ServiceView


@pytest.mark.parametrize(
    ("spec", "view"),
    [
        pytest.param(
            {"clusterIP": "10.96.0.1", "ports": [{"port": 80, "name": "http"}]},
            ServiceView((ip_address("10.96.0.1"),), (PortView("http", "tcp", 80),)),
            id="one-address",
        ),
        pytest.param(
            {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1", "fd00::1"]},
            ServiceView((ip_address("10.96.0.1"), ip_address("fd00::1"))),
            id="both-families",
        ),
        pytest.param({"clusterIP": "None", "clusterIPs": ["None"]}, ServiceView(), id="headless"),
        pytest.param(
            {"publishNotReadyAddresses": True}, ServiceView(publish_not_ready=True), id="publishes-all"
        ),
        pytest.param(
            {"type": "ExternalName", "externalName": "a.example.com", "clusterIP": "10.96.0.1"},
            ServiceView(external_name="a.example.com"),
            id="external",
        ),
        pytest.param({}, ServiceView(), id="nothing"),
    ],
)
def test_a_service_is_read(service, spec, view):
    """Addresses, ports, and where it leads."""
    assert service_view(service("web", **spec)) == view


def test_a_slice_is_read(endpoints):
    """Whose it is, who is ready (a condition that is not said is true), and host names."""
    obj = endpoints("web", ("10.0.0.1", "web-0", False), "10.0.0.2", ports=(("http", 8080),))
    obj["endpoints"][1]["conditions"] = {}
    obj["endpoints"][1]["addresses"] = ["10.0.0.2", "10.0.0.99"]

    view = slice_view(obj)

    assert view.service == ServiceKey("default", "web")
    assert view.ports == (PortView("http", "tcp", 8080),)
    assert view.endpoints == (
        EndpointView(ip_address("10.0.0.1"), "web-0", ready=False),
        EndpointView(ip_address("10.0.0.2"), "", ready=True),
    )


@pytest.mark.parametrize("hostname", ["", "x" * 64, "ä", None], ids=["empty", "long", "not-ascii", "none"])
def test_a_host_name_that_is_no_label_is_none(endpoints, hostname):
    """The endpoint keeps the name that its address gives it."""
    obj = endpoints("web", ("10.0.0.1", hostname, True))

    assert slice_view(obj).endpoints[0].hostname == ""


def test_what_is_no_address_and_no_ones_slice_is_left_out(endpoints):
    """Hand-made slices may hold anything that the API lets through."""
    odd = endpoints("web", "host.example.com", kind="FQDN", ports=())
    nobody = endpoints("web", "10.0.0.1")
    del nobody["metadata"]["labels"]

    assert slice_view(odd).endpoints == ()
    assert slice_view(nobody) is None
