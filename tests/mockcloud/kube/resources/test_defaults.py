"""Defaults, kind by kind."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.resources.apps.statefulset import STATEFUL_SET
from mockcloud.kube.resources.built_in import BUILT_IN as ALL
from mockcloud.kube.resources.core.endpoints import ENDPOINTS
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.core.persistentvolumeclaim import PERSISTENT_VOLUME_CLAIM
from mockcloud.kube.resources.core.secret import SECRET
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.discovery import ENDPOINT_SLICE

KNOWN = {kind.kind: kind for kind in ALL}


def spec_of(kind, **spec):
    return KNOWN[kind].defaults({"spec": spec})["spec"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            {"ports": [{"port": 80}]},
            {
                "type": "ClusterIP",
                "sessionAffinity": "None",
                "internalTrafficPolicy": "Cluster",
                "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
            },
            id="cluster-ip",
        ),
        pytest.param(
            {"type": "LoadBalancer", "ports": [{"port": 80, "targetPort": "http", "nodePort": 0}]},
            {
                "type": "LoadBalancer",
                "sessionAffinity": "None",
                "internalTrafficPolicy": "Cluster",
                "externalTrafficPolicy": "Cluster",
                "allocateLoadBalancerNodePorts": True,
                "ports": [{"port": 80, "protocol": "TCP", "targetPort": "http"}],
            },
            id="load-balancer",
        ),
        pytest.param(
            {"type": "ExternalName", "externalName": "a.b", "internalTrafficPolicy": "Cluster"},
            {"type": "ExternalName", "externalName": "a.b", "sessionAffinity": "None"},
            id="external-name",
        ),
        pytest.param(
            {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {}}},
            {
                "type": "ClusterIP",
                "internalTrafficPolicy": "Cluster",
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
            },
            id="affinity",
        ),
        pytest.param(
            {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 5}}},
            {"type": "ClusterIP", "internalTrafficPolicy": "Cluster", "sessionAffinity": "None"},
            id="no-affinity-needs-no-config",
        ),
        pytest.param(
            {"externalIPs": ["192.0.2.1"]},
            {
                "type": "ClusterIP",
                "sessionAffinity": "None",
                "internalTrafficPolicy": "Cluster",
                "externalTrafficPolicy": "Cluster",
                "externalIPs": ["192.0.2.1"],
            },
            id="external-ips",
        ),
    ],
)
def test_services(spec, expected):
    """kubernetes.md 5.4."""
    assert spec_of("Service", **spec) == expected


def test_deployments_roll_by_a_quarter():
    """replicas 1, 25 % up and down, ten old ReplicaSets, ten minutes."""
    spec = spec_of("Deployment", template={"spec": {"containers": [{"name": "c", "image": "x"}]}})
    template = spec.pop("template")["spec"]
    assert spec == {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
    }
    assert template["restartPolicy"] == "Always"


def test_recreate_has_no_rolling_update():
    """The parameters belong to one strategy only."""
    assert spec_of("Deployment", strategy={"type": "Recreate"})["strategy"] == {"type": "Recreate"}


def test_zero_is_a_value():
    """replicas: 0 is not replaced by 1."""
    assert spec_of("Deployment", replicas=0)["replicas"] == 0
    assert spec_of("ReplicaSet", replicas=0)["replicas"] == 0


def test_stateful_sets():
    """In order, one by one, volumes kept."""
    spec = spec_of("StatefulSet")
    assert (spec["podManagementPolicy"], spec["replicas"]) == ("OrderedReady", 1)
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    for stated in ({"type": "RollingUpdate"}, {"type": "OnDelete"}):
        assert spec_of("StatefulSet", updateStrategy=stated)["updateStrategy"] == stated
    assert STATEFUL_SET.defaults({"spec": {}})["status"] == {"replicas": 0, "availableReplicas": 0}


def test_volume_claims():
    """Files, and not bound yet; templates in a StatefulSet say what they are."""
    filled = {"spec": {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}
    assert PERSISTENT_VOLUME_CLAIM.defaults({"spec": {}}) == filled
    templates = spec_of("StatefulSet", volumeClaimTemplates=[{"spec": {}}])["volumeClaimTemplates"]
    assert templates == [{"apiVersion": "v1", "kind": "PersistentVolumeClaim", **filled}]


def test_daemon_sets():
    """One node at a time."""
    strategy = spec_of("DaemonSet")["updateStrategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}


def test_slices_and_endpoints():
    """Ports are TCP; a slice's port has a name, if an empty one."""
    assert ENDPOINT_SLICE.defaults({"ports": [{"port": 80}]}) == {
        "endpoints": None,
        "ports": [{"port": 80, "name": "", "protocol": "TCP"}],
    }
    subsets = [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}, {"notReadyAddresses": []}]
    assert ENDPOINTS.defaults({"subsets": subsets})["subsets"] == [
        {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80, "protocol": "TCP"}]},
        {"notReadyAddresses": []},
    ]


def test_a_namespace_is_active_and_carries_its_name_as_a_label():
    """Also where the client sends another value."""
    namespace = {"metadata": {"name": "a", "labels": {"x": "y", "kubernetes.io/metadata.name": "b"}}}
    made = NAMESPACE.defaults(namespace)
    assert made["metadata"]["labels"] == {"x": "y", "kubernetes.io/metadata.name": "a"}
    assert made["status"] == {"phase": "Active"}


def test_a_secrets_text_becomes_data():
    """stringData is never stored; it wins over data."""
    made = SECRET.defaults({"data": {"a": "eA==", "b": "eA=="}, "stringData": {"a": "hi"}})
    assert made == {"type": "Opaque", "data": {"a": "aGk=", "b": "eA=="}}


def test_a_node_offers_all_it_has():
    """allocatable is capacity unless stated."""
    assert NODE.defaults({"status": {"capacity": {"cpu": "2"}}})["status"]["allocatable"] == {"cpu": "2"}


def test_kinds_without_defaults_come_back_as_they_are():
    """No copy for nothing."""
    account = {"secrets": []}
    assert SERVICE_ACCOUNT.defaults(account) is account


@given(
    st.sampled_from(sorted(KNOWN)),
    st.fixed_dictionaries(
        {},
        optional={
            "metadata": st.fixed_dictionaries({"name": st.just("x")}),
            "spec": st.fixed_dictionaries(
                {},
                optional={
                    "type": st.sampled_from(["LoadBalancer", "NodePort", "", None]),
                    "ports": st.lists(st.fixed_dictionaries({"port": st.integers(1, 9)}), max_size=2),
                    "template": st.just(
                        {"spec": {"containers": [{"name": "c", "livenessProbe": {"exec": {}}}]}}
                    ),
                    "strategy": st.sampled_from([None, {}, {"type": "Recreate"}]),
                    "containers": st.just([{"name": "c", "ports": [{"containerPort": 1}]}]),
                },
            ),
            "status": st.just({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}),
        },
    ),
)
def test_defaults_are_stable_and_change_nothing_they_are_given(kind, obj):
    """Once is enough, and the input stays."""
    before = copy.deepcopy(obj)
    once = KNOWN[kind].defaults(obj)
    assert obj == before
    assert KNOWN[kind].defaults(once) == once


def test_a_node_has_a_status_and_a_list_of_its_pod_range():
    """Whoever reads a Node finds both, whatever its agent wrote so far."""
    assert NODE.defaults({"spec": {"podCIDR": "10.244.1.0/24"}}) == {
        "spec": {"podCIDR": "10.244.1.0/24", "podCIDRs": ["10.244.1.0/24"]},
        "status": {},
    }
