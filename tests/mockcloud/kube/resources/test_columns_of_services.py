"""The columns of Services, Endpoints and EndpointSlices."""

import pytest

from mockcloud.kube.resources.core.endpoints import ENDPOINTS
from mockcloud.kube.resources.discovery import ENDPOINT_SLICE
from mockcloud.kube.resources.services.service import SERVICE, external_ip
from testkit import objects

NOW = 0.0


def service(type_: str, *ingress: dict, **spec: object) -> dict:
    status = {"loadBalancer": {"ingress": list(ingress)}}
    return objects.service(type=type_, status=status, **{"ports": None, **spec})


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param(service("LoadBalancer"), "<pending>", id="pending"),
        pytest.param(
            service("LoadBalancer", {"ip": "10.0.0.2"}, {"ip": "10.0.0.1"}), "10.0.0.1,10.0.0.2", id="two"
        ),
        pytest.param(
            service("LoadBalancer", {"hostname": "lb.example.com"}), "lb.example.com", id="hostname"
        ),
        pytest.param(
            service("LoadBalancer", {"ip": "10.0.0.1"}, externalIPs=["1.1.1.1"]),
            "10.0.0.1,1.1.1.1",
            id="both",
        ),
        pytest.param(service("ClusterIP"), "<none>", id="none"),
        pytest.param(service("NodePort", externalIPs=["1.1.1.1"]), "1.1.1.1", id="external-ips"),
        pytest.param(
            service("ExternalName", externalName="db.example.com"), "db.example.com", id="external-name"
        ),
        pytest.param(
            service("LoadBalancer", {"ip": "2001:db8:1234:5678:9abc:def0:1234:5678"}),
            "2001:db8:1234:5678:9abc:def0:1234:5678",
            id="long-is-not-cut",
        ),
    ],
)
def test_external_ip(shown, expected):
    """EXTERNAL-IP for each type and state."""
    assert external_ip(shown) == expected


def test_service_row():
    """Ports with and without nodePort, the first cluster IP, the selector."""
    ports = [{"port": 80, "nodePort": 30080, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]
    shown = service(
        "NodePort", clusterIPs=["10.96.0.9", "fd00::9"], ports=ports, selector={"b": "2", "a": "1"}
    )
    assert SERVICE.printer.row(shown, NOW) == [
        "web", "NodePort", "10.96.0.9", "<none>", "80:30080/TCP,53/UDP", "<unknown>", "a=1,b=2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("subsets", "expected"),
    [
        pytest.param([], "<none>", id="none"),
        pytest.param([{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}], "10.0.0.1:80", id="one"),
        pytest.param(
            [{"addresses": [{"ip": "fd00::1"}], "ports": [{"port": 80}]}], "[fd00::1]:80", id="ipv6"
        ),
        pytest.param([{"addresses": [{"ip": "10.0.0.1"}]}], "10.0.0.1", id="no-port"),
        pytest.param(
            [{"addresses": [{"ip": f"10.0.0.{n}"} for n in range(5)], "ports": [{"port": 80}]}],
            "10.0.0.0:80,10.0.0.1:80,10.0.0.2:80 + 2 more...",
            id="many",
        ),
        pytest.param(
            [{"notReadyAddresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}], "", id="none-ready"
        ),
    ],
)
def test_endpoints(subsets, expected):
    """Address and port of each ready endpoint."""
    assert ENDPOINTS.printer.row({"metadata": {"name": "web"}, "subsets": subsets}, NOW)[1] == expected


def test_endpoint_slice_row():
    """Ports and addresses, and the words for none."""
    endpoints = [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"]}]
    metadata = {"name": "web-abc"}
    full = {"metadata": metadata, "addressType": "IPv4", "ports": [{"port": 80}, {}], "endpoints": endpoints}
    row = ENDPOINT_SLICE.printer.row
    assert row(full, NOW) == [
        "web-abc",
        "IPv4",
        "80,*",
        "10.0.0.1,10.0.0.2",
        "<unknown>",
    ]
    empty = {"metadata": metadata, "addressType": "IPv4", "endpoints": []}
    assert row(empty, NOW)[2:4] == ["<unset>", "<unset>"]
