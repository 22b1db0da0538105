"""NetworkPolicies and pods, as views."""

from ipaddress import ip_network

import pytest

from mockcloud.policy.decide.convert import pod_view, policy_view
from mockcloud.policy.decide.selectors import Selector, selector
from mockcloud.policy.decide.views import Block, PodPeer, PortView, Rule, Way
from mockcloud.proxy.decide.views import Protocol
from testkit import objects

APP = {"matchLabels": {"app": "web"}}


def policy(**spec):
    types = [way.capitalize() for way in ("ingress", "egress") if way in spec]
    return {"metadata": {"name": "p", "namespace": "default"}, "spec": {"policyTypes": types, **spec}}


def test_a_policy():
    """Each way that it is about, with its rules."""
    peers = [
        {"podSelector": APP},
        {"namespaceSelector": {}},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
    ]
    ports = [
        {"port": 80},
        {"port": 90, "endPort": 99, "protocol": "UDP"},
        {"port": "http"},
        {"protocol": "SCTP"},
    ]
    view = policy_view(policy(podSelector=APP, ingress=[{"from": peers, "ports": ports}], egress=[{}]))
    block = Block(ip_network("10.0.0.0/8"), (ip_network("10.1.0.0/16"),))
    assert view.rules[Way.INGRESS] == (
        Rule(
            (PodPeer(selector(APP), None), PodPeer(Selector(), Selector()), block),
            (
                PortView(Protocol.TCP, 80),
                PortView(Protocol.UDP, 90, 99),
                PortView(Protocol.TCP, "http"),
                PortView(Protocol.SCTP),
            ),
        ),
    )
    assert (view.rules[Way.EGRESS], view.selector) == ((Rule(),), selector(APP))
    assert policy_view(policy(podSelector={}, ingress=[])).rules == {Way.INGRESS: ()}


@pytest.mark.parametrize(
    "bad", [{"ports": [{"port": 0}]}, {"ports": [{"port": True}]}, {"from": [{"ipBlock": {"cidr": "x"}}]}]
)
def test_what_cannot_be_read(bad):
    """nft is told nothing that is not what it looks like."""
    with pytest.raises(ValueError, match=r"expected|appear"):
        policy_view(policy(ingress=[bad]))


def test_pods():
    """Those with addresses of their own, also before their status says so."""
    status = {"podIPs": [{"ip": "10.244.1.2"}, {"ip": "fd00:0::1"}]}
    port = {"name": "http", "containerPort": 8080}
    pod = objects.pod("p", containers=[objects.container("c", ports=[port])])
    assert pod_view({**pod, "status": status}).ips == ("10.244.1.2", "fd00::1")
    assert pod_view(pod, ["10.244.1.2"]).ports == (("http", Protocol.TCP, 8080),)
    assert pod_view(pod) is None
    assert pod_view({**pod, "status": {**status, "phase": "Failed"}}) is None
    assert pod_view(objects.pod("p", hostNetwork=True), ["10.244.1.2"]) is None
