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


def test_what_it_is_not_about():
    """There are two ways only."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Sideways"]}
    found = NETWORK_POLICY.problems({"metadata": {"name": "p", "namespace": "default"}, "spec": spec}, None)
    assert [str(cause) for cause in found] == [
        'spec.policyTypes[1]: Unsupported value: "Sideways": supported values: "Egress", "Ingress"'
    ]
