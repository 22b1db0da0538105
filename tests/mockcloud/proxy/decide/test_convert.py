"""Services and EndpointSlices as the API gives them."""

from ipaddress import ip_address, ip_network

import pytest

from mockcloud.proxy.decide.convert import service_view, slice_view
from mockcloud.proxy.decide.views import Family, PortView, Protocol, ServiceKey, Target
from testkit import objects

META = {"namespace": "default", "name": "web"}


def service(labels=None, annotations=None, status=None, **spec):
    metadata = {**META, "labels": labels or {}, "annotations": annotations or {}}
    spec = {"clusterIPs": ["10.96.0.1"], "ports": [], **spec}
    return objects.service(metadata=metadata, status=status, **spec)


def endpoint_slice(endpoints, labels=None, kind="IPv4"):
    ports = [{"name": "http", "port": 8080}]
    return objects.endpoint_slice(
        "web", *endpoints, name="x", family=kind, ports=ports, metadata={"labels": labels}
    )


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(service(clusterIPs=["None"]), id="headless"),
        pytest.param(service(type="ExternalName", clusterIPs=None), id="external-name"),
        pytest.param(service({"service.kubernetes.io/service-proxy-name": "x"}), id="other-proxy"),
        pytest.param(service({"service.kubernetes.io/headless": ""}), id="said-to-be-headless"),
        pytest.param(service(clusterIPs=None), id="not-allocated-yet"),
    ],
)
def test_services_without_rules(obj):
    """What kube-proxy skips, we skip."""
    assert service_view(obj) is None


def test_a_load_balancer_service_is_read_whole():
    """All that the rules need, and only addresses that are ours to answer for."""
    view = service_view(
        service(
            type="LoadBalancer",
            ports=[
                {"name": "http", "port": 80, "nodePort": 30080},
                {"name": "dns", "port": 53, "protocol": "UDP"},
            ],
            externalIPs=["203.0.113.9"],
            externalTrafficPolicy="Local",
            sessionAffinity="ClientIP",
            loadBalancerSourceRanges=["10.0.0.1/8"],
            status={
                "loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"ip": "192.0.2.2", "ipMode": "Proxy"}]}
            },
        )
    )
    assert view is not None
    assert view.key == ServiceKey("default", "web")
    assert view.ports == (PortView("http", Protocol.TCP, 80, 30080), PortView("dns", Protocol.UDP, 53))
    assert view.vips == (ip_address("192.0.2.1"),)
    assert view.external_ips == (ip_address("203.0.113.9"),)
    assert view.source_ranges == (ip_network("10.0.0.0/8"),)
    assert (view.external_local, view.internal_local, view.affinity_seconds) == (True, False, 10800)


def test_slices_say_conditions_with_their_defaults():
    """A condition that is not said is true, except for `terminating`."""
    found = slice_view(
        endpoint_slice(
            [
                {"addresses": ["10.244.1.2"]},
                {"addresses": ["10.244.1.3"], "conditions": {"ready": False}, "nodeName": "node-1"},
                {
                    "addresses": ["10.244.1.4"],
                    "conditions": {"ready": False, "serving": True, "terminating": True},
                },
                {"addresses": ["not an address"]},
            ]
        )
    )
    assert found is not None
    [(name, endpoints)] = found.endpoints
    assert (found.family, name) == (Family.IPV4, ("http", Protocol.TCP))
    assert [(one.target, one.ready, one.serving, one.terminating) for one in endpoints] == [
        (Target("10.244.1.2", 8080), True, True, False),
        (Target("10.244.1.3", 8080), False, True, False),
        (Target("10.244.1.4", 8080), False, True, True),
    ]


@pytest.mark.parametrize(
    "obj",
    [
        pytest.param(endpoint_slice([], {"service.kubernetes.io/headless": ""}), id="headless"),
        pytest.param(endpoint_slice([], kind="FQDN"), id="names"),
        pytest.param(endpoint_slice([], {"kubernetes.io/service-name": ""}), id="nobodys"),
    ],
)
def test_slices_without_rules(obj):
    """Such slices concern no table."""
    assert slice_view(obj) is None
