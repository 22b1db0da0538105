"""NetworkPolicies."""

import pytest

from mockcloud.kube.resources.networking import NETWORK_POLICY


@pytest.mark.parametrize(
    ("spec", "types"),
    [
        ({}, ["Ingress"]),
        ({"egress": [{}]}, ["Ingress", "Egress"]),
        ({"egress": []}, ["Ingress"]),
        ({"policyTypes": ["Egress"]}, ["Egress"]),
    ],
)
def test_whose_traffic_it_is_about(spec, types):
    """What is stated holds; else it follows from the rules."""
    found = NETWORK_POLICY.defaults({"metadata": {"name": "p"}, "spec": {"podSelector": {}, **spec}})
    assert found["spec"]["policyTypes"] == types


def test_ports_are_of_tcp():
    """Unless they say otherwise."""
    rule = {"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]}
    found = NETWORK_POLICY.defaults({"metadata": {"name": "p"}, "spec": {"ingress": [rule, {}]}})
    assert [port["protocol"] for port in found["spec"]["ingress"][0]["ports"]] == ["TCP", "UDP"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        pytest.param({"from": [{}]}, "from[0]: Required value: must specify a peer", id="no-peer"),
        pytest.param(
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}]},
            'from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
            id="except",
        ),
        pytest.param(
            {"ports": [{"port": 80, "endPort": 79, "protocol": "TCP"}]},
            "ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`",
            id="range",
        ),
    ],
)
def test_what_may_pass(rule, said):
    """As upstream words it; the contract has the others."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]}
    found = NETWORK_POLICY.problems({"metadata": {"name": "p", "namespace": "default"}, "spec": spec}, None)
    assert [str(cause) for cause in found] == [f"spec.ingress[0].{said}"]


def test_what_it_is_not_about():
    """There are two ways only."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Sideways"]}
    found = NETWORK_POLICY.problems({"metadata": {"name": "p", "namespace": "default"}, "spec": spec}, None)
    assert [str(cause) for cause in found] == [
        'spec.policyTypes[1]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"'
    ]
