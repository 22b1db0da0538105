"""Which ports of a cluster the outside reaches, and where they are on this machine."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.tunnel.decide.doors import (
    EXTERNAL,
    NODE_PORT,
    Target,
    external,
    loopback,
    names,
    ports,
    scheme,
    targets,
    url,
)
from testkit import objects

NODE = {
    "status": {
        "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": "a"}]
    }
}


def service(name: str, kind: str, *listed: dict, addresses: tuple[str, ...] = ()) -> dict:
    made = objects.service(name, type=kind, ports=list(listed))
    return {**made, "status": {"loadBalancer": {"ingress": [{"ip": each} for each in addresses]}}}


def test_what_the_outside_reaches():
    """External addresses and node ports, TCP and UDP; nothing of a ClusterIP, and no SCTP."""
    web = {"port": 80, "nodePort": 30080, "protocol": "TCP", "name": "http"}
    dns = {"port": 53, "nodePort": 30053, "protocol": "UDP"}
    sctp = {"port": 9, "nodePort": 30009, "protocol": "SCTP"}
    found = targets(
        [
            service("shop", "LoadBalancer", web, dns, sctp, addresses=("10.0.0.200",)),
            service("in", "ClusterIP", web),
        ],
        [NODE, {}],
        {},
    )
    whose = ("default", "shop")
    assert found == [
        Target(*whose, EXTERNAL, "10.0.0.200", 53, "UDP", "", ""),
        Target(*whose, EXTERNAL, "10.0.0.200", 80, "TCP", "http", "http"),
        Target(*whose, NODE_PORT, "10.0.0.1", 30053, "UDP", "", ""),
        Target(*whose, NODE_PORT, "10.0.0.1", 30080, "TCP", "http", "http"),
    ]


def test_one_place_is_opened_once():
    """Two Services may share an address by hand: the first counts."""
    pair = [service(name, "LoadBalancer", {"port": 80}, addresses=("10.0.0.200",)) for name in ("a", "b")]
    assert [each.service for each in targets(pair, [], {})] == ["a"]


def test_a_service_without_an_address_has_none():
    """Nor one whose balancer has a name only, until it is known whose."""
    named = {"status": {"loadBalancer": {"ingress": [{"hostname": "x.example"}]}}}
    assert external(named, {}) == []
    assert external(named, {"x.example": ["198.18.0.3", "198.18.0.4"]}) == ["198.18.0.3", "198.18.0.4"]
    assert external({"spec": {"externalIPs": ["10.0.0.9"]}}, {}) == ["10.0.0.9"]
    both = {"status": {"loadBalancer": {"ingress": [{"hostname": "x.example", "ip": "10.0.0.1"}]}}}
    assert names([named, both]) == ["x.example"]


@pytest.mark.parametrize(
    ("port", "wanted"),
    [
        ({"port": 80}, "http"),
        ({"port": 443}, "https"),
        ({"port": 7, "name": "https-api"}, "https"),
        ({"port": 7, "appProtocol": "kubernetes.io/ws"}, "http"),
        ({"port": 7, "name": "http"}, "http"),
        ({"port": 443, "name": "http"}, "http"),
        ({"port": 5432, "name": "postgres"}, ""),
        ({"port": 80, "protocol": "UDP"}, ""),
    ],
)
def test_what_a_port_speaks(port, wanted):
    """What it says counts more than its number."""
    assert scheme(port) == wanted


@pytest.mark.parametrize(
    ("port", "first_open", "wanted"),
    [
        (80, 0, (80, 0)),
        (80, 1024, (8080, 0)),
        (8080, 1024, (8080, 0)),
        (1023, 65535, (9023, 0)),
        (65000, 65535, (0,)),
    ],
)
def test_which_ports_are_tried(port, first_open, wanted):
    """Its own, or 8000 higher; then any."""
    assert ports(port, first_open) == wanted


def test_urls():
    """Without the port that a scheme has anyway."""
    assert url("http", "127.1.2.3", 80) == "http://127.1.2.3/"
    assert url("https", "127.1.2.3", 8443) == "https://127.1.2.3:8443/"
    assert url("", "127.1.2.3", 5432) == "127.1.2.3:5432"


@given(st.lists(st.ip_addresses(), unique=True, max_size=40))
def test_each_address_has_a_loopback_address_of_its_own(addresses):
    """In 127.0.0.0/8, whatever the lab's are; and the same in whatever order they come."""
    texts = [str(each) for each in addresses]
    found = loopback("test", texts)
    assert found == loopback("test", reversed(texts))
    assert sorted(found) == sorted(texts)
    assert len(set(found.values())) == len(texts)
    assert all(ipaddress.ip_address(each).is_loopback for each in found.values())


def test_labs_do_not_share_loopback_addresses():
    """By their names; the last numbers can be recognized."""
    one, other = (loopback(name, ["192.168.10.200"])["192.168.10.200"] for name in ("one", "other"))
    assert one != other
    assert one.endswith(".10.200")
