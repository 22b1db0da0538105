"""ConfigMaps, Secrets, Leases, Nodes, Events."""

import base64

import pytest

from mockcloud.kube.meaning.defaults import with_defaults
from mockcloud.kube.meaning.rules import cluster

BIG = "x" * (1024 * 1024 + 1)


def texts(causes):
    return [str(cause) for cause in causes]


def data(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("new", "starts"),
    [
        pytest.param({"data": {"a.yaml": "x"}}, [], id="right"),
        pytest.param(
            {"data": {"a b": "x"}}, ['data[a b]: Invalid value: "a b": a valid config key must'], id="key"
        ),
        pytest.param(
            {"data": {"a": "x"}, "binaryData": {"a": "eA=="}},
            ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
            id="in-both",
        ),
        pytest.param({"data": {"a": BIG}}, [": Too long: may not be more than 1048576 bytes"], id="too-big"),
    ],
)
def test_config_maps(new, starts):
    """One row a rule; the beginnings of the texts."""
    found = texts(cluster.config_map_problems(new, None))
    assert [text.startswith(start) for text, start in zip(found, starts, strict=True)] == [True] * len(starts)


def test_an_immutable_config_map_stays_as_it_is():
    """Neither the data nor the flag."""
    old = {"immutable": True, "data": {"a": "1"}}
    assert texts(cluster.config_map_problems(old, old)) == []
    assert texts(cluster.config_map_problems({"data": {"a": "2"}}, old)) == [
        "immutable: Forbidden: field is immutable when `immutable` is set",
        "data: Forbidden: field is immutable when `immutable` is set",
    ]


@pytest.mark.parametrize(
    ("new", "found"),
    [
        pytest.param({"data": {"a": data("1")}}, [], id="opaque"),
        pytest.param(
            {"type": "kubernetes.io/tls", "data": {"tls.crt": data("x")}},
            ["data[tls.key]: Required value"],
            id="tls",
        ),
        pytest.param(
            {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": data("no")}},
            [
                'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid'
                " character in JSON"
            ],
            id="docker-config",
        ),
        pytest.param(
            {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": data("{}")}},
            [],
            id="docker",
        ),
        pytest.param(
            {"type": "kubernetes.io/basic-auth"},
            ["data[username]: Required value", "data[password]: Required value"],
            id="basic-auth",
        ),
        pytest.param(
            {"type": "kubernetes.io/service-account-token"},
            ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
            id="account-token",
        ),
        pytest.param(
            {"data": {"a": data(BIG)}}, ["data: Too long: may not be more than 1048576 bytes"], id="big"
        ),
    ],
)
def test_secrets(new, found):
    """A type has its keys."""
    assert texts(cluster.secret_problems(with_defaults("Secret", new), None)) == found


def test_a_secret_keeps_its_type():
    """What was made for TLS stays so."""
    old, new = {"type": "Opaque"}, {"type": "example.com/mine"}
    assert texts(cluster.secret_problems(new, old)) == [
        'type: Invalid value: "example.com/mine": field is immutable'
    ]


def test_leases():
    """A lease lasts some time, and only a strategy has a preference."""
    lease = {"spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1, "preferredHolder": "me"}}
    assert texts(cluster.lease_problems(lease, None)) == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
        "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined",
    ]
    assert texts(cluster.lease_problems({"spec": {"leaseDurationSeconds": 15}}, None)) == []


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
    assert texts(cluster.node_problems({"spec": spec}, None)) == found


def test_a_node_keeps_its_pod_ranges_and_provider_id():
    """Both are set once."""
    old = {"spec": {"podCIDRs": ["10.244.1.0/24"], "providerID": "lab://a"}}
    assert texts(cluster.node_problems({"spec": {}}, {"spec": {}})) == []
    assert texts(cluster.node_problems(old, {"spec": {}})) == []
    assert texts(cluster.node_problems({"spec": {}}, old)) == [
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
        'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ]


def test_a_node_says_each_address_once():
    """In its status."""
    addresses = [{"type": "InternalIP", "address": "10.0.0.1"}] * 2
    found = texts(cluster.node_problems({"status": {"addresses": addresses}}, {}))
    assert found == ['status.addresses[1]: Duplicate value: {"type":"InternalIP","address":"10.0.0.1"}']


@pytest.mark.parametrize(
    ("namespace", "about", "right"),
    [
        pytest.param("default", "default", True, id="same"),
        pytest.param("a", "b", False, id="other"),
        pytest.param("default", "", True, id="of-a-node"),
        pytest.param("a", "", False, id="of-a-node-elsewhere"),
    ],
)
def test_events_stand_where_their_object_does(namespace, about, right):
    """Those of cluster-wide objects in default."""
    event = {"metadata": {"namespace": namespace}, "involvedObject": {"namespace": about}}
    text = f'involvedObject.namespace: Invalid value: "{about}": does not match event.namespace'
    assert texts(cluster.event_problems(event, None)) == ([] if right else [text])
