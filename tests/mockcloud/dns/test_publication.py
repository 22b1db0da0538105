"""Service kube-dns and the slices that lead to a node's own daemon."""

import pytest

from mockcloud.dns.publication import service, slices
from mockcloud.dns.settings import parse

BASE = ["--node-name", "node-1", "--kubeconfig", "/k"]
SINGLE = parse([*BASE, "--node-ip", "192.168.10.11"])
DUAL = parse([*BASE, "--node-ip", "192.168.10.11,fd00:10::11", "--cluster-dns", "10.96.0.10,fd00:10:96::a"])


@pytest.mark.parametrize(
    ("settings", "addresses", "policy"),
    [
        pytest.param(SINGLE, ["10.96.0.10"], "SingleStack", id="ipv4"),
        pytest.param(DUAL, ["10.96.0.10", "fd00:10:96::a"], "RequireDualStack", id="both-families"),
    ],
)
def test_the_service_is_kubeadms(settings, addresses, policy):
    """Name, address, ports and labels that people look for; kept to the node, and without a selector."""
    found = service(settings)

    assert found["metadata"]["name"] == "kube-dns"
    assert found["metadata"]["labels"]["k8s-app"] == "kube-dns"
    assert found["spec"]["clusterIPs"] == addresses
    assert found["spec"]["ipFamilyPolicy"] == policy
    assert found["spec"]["internalTrafficPolicy"] == "Local"
    assert [(port["name"], port["protocol"], port["port"]) for port in found["spec"]["ports"]] == [
        ("dns", "UDP", 53),
        ("dns-tcp", "TCP", 53),
    ]
    assert "selector" not in found["spec"]


def test_a_slice_a_family_leads_to_the_node():
    """With nodeName: or a policy of Local would find nothing on it."""
    found = slices(DUAL)

    assert [(each["addressType"], each["endpoints"][0]["addresses"]) for each in found] == [
        ("IPv4", ["192.168.10.11"]),
        ("IPv6", ["fd00:10::11"]),
    ]
    assert {each["endpoints"][0]["nodeName"] for each in found} == {"node-1"}
    assert {each["metadata"]["labels"]["kubernetes.io/service-name"] for each in found} == {"kube-dns"}
    assert len({each["metadata"]["name"] for each in found}) == 2


def test_a_family_that_the_service_lacks_has_no_slice():
    """A node has IPv6 in every lab; the cluster's Services only with --ipv6."""
    settings = parse([*BASE, "--node-ip", "192.168.10.11,fd00:10::11"])

    assert [each["addressType"] for each in slices(settings)] == ["IPv4"]
