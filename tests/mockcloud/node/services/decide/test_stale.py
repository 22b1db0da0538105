"""Which UDP flows are to be forgotten."""

from ipaddress import ip_address

import pytest

from mockcloud.node.services.decide.stale import Flow, Front, stale, udp_fronts
from mockcloud.node.services.decide.views import (
    EndpointView,
    Family,
    PortView,
    Protocol,
    ServiceKey,
    ServiceView,
    Target,
)

CLUSTER_IP, NODE = Target("10.96.0.10", 53), Target("192.168.10.11", 30053)
SERVER, GONE = Target("10.244.1.2", 5353), Target("10.244.1.3", 5353)
FRONT = Front(frozenset({CLUSTER_IP}), 30053, frozenset({SERVER}))


@pytest.mark.parametrize(
    ("to", "server", "forgotten"),
    [
        pytest.param(CLUSTER_IP, SERVER, False, id="served"),
        pytest.param(CLUSTER_IP, GONE, True, id="its-endpoint-is-gone"),
        pytest.param(CLUSTER_IP, CLUSTER_IP, True, id="never-translated"),
        pytest.param(NODE, SERVER, False, id="node-port-served"),
        pytest.param(NODE, GONE, True, id="node-port-gone"),
        pytest.param(Target("10.96.0.10", 54), GONE, False, id="another-port"),
        pytest.param(Target("10.96.0.11", 53), GONE, False, id="another-service"),
    ],
)
def test_flows_to_endpoints_that_are_gone(to, server, forgotten):
    """Only those to one of the fronts, whose answering side is none of its servers."""
    flow = Flow(to, server)
    assert stale([flow], [FRONT]) == ([flow] if forgotten else [])


def test_fronts_are_the_udp_ports_that_somebody_serves():
    """All addresses of the family; terminating endpoints that still serve keep their flows."""
    ports = (PortView("dns", Protocol.UDP, 53, 30053), PortView("dns-tcp", Protocol.TCP, 53))
    service = ServiceView(
        ServiceKey("default", "dns"),
        (ip_address("10.96.0.10"), ip_address("fd00::10")),
        ports,
        external_ips=(ip_address("203.0.113.1"),),
        vips=(ip_address("192.168.10.200"),),
    )
    leaving = EndpointView(SERVER, ready=False, serving=True, terminating=True, node="node-1")
    gone = EndpointView(GONE, ready=False, serving=False, terminating=True, node="node-1")
    found = list(udp_fronts(service, [(port, [leaving, gone]) for port in ports], Family.IPV4))
    addresses = {Target(ip, 53) for ip in ("10.96.0.10", "203.0.113.1", "192.168.10.200")}
    assert found == [Front(frozenset(addresses), 30053, frozenset({SERVER}))]
    assert list(udp_fronts(service, [(ports[0], [gone])], Family.IPV4)) == [], "nobody serves: flows are left"
