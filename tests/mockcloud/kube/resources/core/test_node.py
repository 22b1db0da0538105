"""Nodes."""

import pytest

from mockcloud.kube.resources.core.node import NODE


def texts(causes):
    return [str(cause) for cause in causes]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param({"podCIDRs": ["10.244.1.0/24", "fd00:10:244:1::/64"]}, [], id="dual-stack"),
        pytest.param(
            {"podCIDRs": ["10.244.1.0/24", "10.244.2.0/24"]},
            [
                'spec.podCIDRs: Invalid value: ["10.244.1.0/24","10.244.2.0/24"]:'
                " may specify no more than one CIDR for each IP family"
            ],
            id="two-of-one-family",
        ),
        pytest.param(
            {"taints": [{"key": "a", "effect": "Foo"}]},
            [
                'metadata.taints[0].effect: Unsupported value: "Foo": supported values:'
                ' "NoSchedule", "PreferNoSchedule", "NoExecute"'
            ],
            id="effect",
        ),
        pytest.param(
            {"taints": [{"key": "a"}]}, ["metadata.taints[0].effect: Required value"], id="no-effect"
        ),
        pytest.param(
            {"taints": [{"key": "a", "effect": "NoExecute"}] * 2},
            [
                'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoExecute"}:'
                " taints must be unique by key and effect pair"
            ],
            id="same-taint",
        ),
    ],
)
def test_nodes(spec, found):
    """One row a rule."""
    assert texts(NODE.validate({"spec": spec}, None)) == found


def test_a_node_keeps_its_pod_ranges_and_provider_id():
    """Both are set once."""
    old = {"spec": {"podCIDRs": ["10.244.1.0/24"], "providerID": "lab://a"}}
    assert texts(NODE.validate({"spec": {}}, {"spec": {}})) == []
    assert texts(NODE.validate(old, {"spec": {}})) == []
    assert texts(NODE.validate({"spec": {}}, old)) == [
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
        'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ]


def test_a_node_says_each_address_once():
    """In its status."""
    addresses = [{"type": "InternalIP", "address": "10.0.0.1"}] * 2
    found = texts(NODE.validate({"status": {"addresses": addresses}}, {}))
    assert found == ['status.addresses[1]: Duplicate value: {"type":"InternalIP","address":"10.0.0.1"}']
