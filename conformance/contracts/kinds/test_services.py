"""Services: defaults, allocation, updates, and the words of every refusal."""

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side
from testkit import objects

PORT = {"port": 80}


def service(name: str, **spec: object) -> dict:
    return objects.service(name, namespace=None, **{"ports": [PORT], **spec})


GOOD = {
    "bare": {},
    "selector": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http", "name": "web"}]},
    "node-port": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30001}]},
    "load-balancer": {"type": "LoadBalancer"},
    "load-balancer-without-node-ports": {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False},
    "load-balancer-local": {"type": "LoadBalancer", "externalTrafficPolicy": "Local"},
    "load-balancer-class": {
        "type": "LoadBalancer",
        "loadBalancerClass": "example.com/lb",
        "loadBalancerSourceRanges": ["10.0.0.0/8"],
    },
    "headless": {"clusterIP": "None", "selector": {"app": "web"}},
    "headless-without-selector": {"clusterIP": "None"},
    "headless-without-ports": {"clusterIP": "None", "selector": {"a": "b"}, "ports": None},
    "external-name": {"type": "ExternalName", "externalName": "example.com", "ports": None},
    "external-name-with-port": {"type": "ExternalName", "externalName": "example.com"},
    "affinity": {"sessionAffinity": "ClientIP"},
    "affinity-timeout": {
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
    },
    "dual-stack": {"ipFamilyPolicy": "PreferDualStack", "selector": {"app": "web"}},
    "dual-stack-required": {"ipFamilyPolicy": "RequireDualStack", "type": "LoadBalancer"},
    "ipv6": {"ipFamilies": ["IPv6"]},
    "external-ips": {"externalIPs": ["192.0.2.1"]},
    "cluster-ip": {"clusterIP": "10.96.0.77"},
    "two-ports": {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 80, "protocol": "UDP"}]},
    "app-protocol": {"ports": [{"port": 80, "appProtocol": "kubernetes.io/h2c"}]},
    "traffic-distribution": {"trafficDistribution": "PreferClose"},
    "internal-local": {"internalTrafficPolicy": "Local"},
    "publish": {"publishNotReadyAddresses": True},
}


@pytest.mark.parametrize("spec", [pytest.param(spec, id=name) for name, spec in GOOD.items()])
@contract
def test_defaults(api: Side, spec: dict) -> None:
    """What a new Service looks like, and again when it is read."""
    api.create("create", "services", service("web", **spec))
    api.get("read", "services", "web")
    api.kubectl("get service web")
    api.kubectl("get service web -o wide")
    api.quietly("DELETE", api.path("services", "web"))


BAD = {
    "no-ports": {"ports": None},
    "port-0": {"ports": [{"port": 0}]},
    "port-65536": {"ports": [{"port": 65536}]},
    "target-port-0": {"ports": [{"port": 80, "targetPort": 0}]},
    "target-port-70000": {"ports": [{"port": 80, "targetPort": 70000}]},
    "target-port-name": {"ports": [{"port": 80, "targetPort": "Not_A_Port"}]},
    "target-port-long": {"ports": [{"port": 80, "targetPort": "abcdefghijklmnop"}]},
    "two-without-names": {"ports": [{"port": 80}, {"port": 81}]},
    "same-name": {"ports": [{"name": "a", "port": 80}, {"name": "a", "port": 81}]},
    "same-port": {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 80}]},
    "port-name": {"ports": [{"name": "Web_1", "port": 80}]},
    "port-name-long": {"ports": [{"name": "a" * 64, "port": 80}]},
    "protocol": {"ports": [{"port": 80, "protocol": "ICMP"}]},
    "node-port-80": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]},
    "node-port-on-cluster-ip": {"ports": [{"port": 80, "nodePort": 30002}]},
    "node-port-twice": {
        "type": "NodePort",
        "ports": [{"name": "a", "port": 80, "nodePort": 30003}, {"name": "b", "port": 81, "nodePort": 30003}],
    },
    "cluster-ip-outside": {"clusterIP": "1.2.3.4"},
    "cluster-ip-junk": {"clusterIP": "ten"},
    "cluster-ip-kubernetes": {"clusterIP": "10.96.0.1"},
    "headless-load-balancer": {"type": "LoadBalancer", "clusterIP": "None"},
    "headless-node-port": {"type": "NodePort", "clusterIP": "None"},
    "external-policy-on-cluster-ip": {"externalTrafficPolicy": "Local"},
    "external-policy-junk": {"type": "NodePort", "externalTrafficPolicy": "Foo"},
    "internal-policy-junk": {"internalTrafficPolicy": "Foo"},
    "type-junk": {"type": "Foo"},
    "affinity-junk": {"sessionAffinity": "Foo"},
    "affinity-long": {
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 90000}},
    },
    "affinity-zero": {
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}},
    },
    "affinity-config-without": {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}}},
    "source-ranges-on-cluster-ip": {"loadBalancerSourceRanges": ["10.0.0.0/8"]},
    "source-ranges-junk": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0/33"]},
    "class-on-cluster-ip": {"loadBalancerClass": "a/b"},
    "class-junk": {"type": "LoadBalancer", "loadBalancerClass": "a b"},
    "allocate-on-cluster-ip": {"allocateLoadBalancerNodePorts": False},
    "health-port-on-cluster": {"type": "LoadBalancer", "healthCheckNodePort": 30004},
    "external-name-empty": {"type": "ExternalName", "ports": None},
    "external-name-junk": {"type": "ExternalName", "externalName": "not_a_name!", "ports": None},
    "external-name-cluster-ip": {
        "type": "ExternalName",
        "externalName": "example.com",
        "clusterIP": "10.96.0.78",
    },
    "external-ip-unspecified": {"externalIPs": ["0.0.0.0"]},
    "external-ip-loopback": {"externalIPs": ["127.0.0.1"]},
    "external-ip-junk": {"externalIPs": ["x"]},
    "two-families-single-stack": {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4", "IPv6"]},
    "family-junk": {"ipFamilies": ["IPv5"]},
    "family-twice": {"ipFamilies": ["IPv4", "IPv4"], "ipFamilyPolicy": "PreferDualStack"},
    "family-policy-junk": {"ipFamilyPolicy": "Foo"},
    "distribution-junk": {"trafficDistribution": "Foo"},
    "selector-junk": {"selector": {"a b": "c d"}},
    "cluster-ips-mismatch": {"clusterIP": "10.96.0.79", "clusterIPs": ["10.96.0.80"]},
    "load-balancer-ip-junk": {"type": "LoadBalancer", "loadBalancerIP": "x"},
    "app-protocol-junk": {"ports": [{"port": 80, "appProtocol": "a b"}]},
    "many": {"type": "Foo", "sessionAffinity": "Bar", "ports": [{"port": 0, "protocol": "X"}]},
    "port-is-text": {"ports": [{"port": "eighty"}]},
    "ports-is-object": {"ports": {"port": 80}},
    "selector-is-number": {"selector": {"a": 1}},
    "node-port-negative": {"type": "NodePort", "ports": [{"port": 80, "nodePort": -1}]},
}


@pytest.mark.parametrize("spec", [pytest.param(spec, id=name) for name, spec in BAD.items()])
@contract
def test_refusals(api: Side, spec: dict) -> None:
    """The Status of a Service that breaks a rule: message, reason and every cause."""
    api.create("create", "services", service("web", **spec))


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"name": "1web"}, id="digit-first"),
        pytest.param({"name": "Web"}, id="capital"),
        pytest.param({"name": "a" * 64}, id="long"),
        pytest.param({"name": "web", "labels": {"a b": "c"}}, id="label-key"),
        pytest.param({"name": "web", "labels": {"a": "c d"}}, id="label-value"),
        pytest.param({"name": "web", "labels": {"a": "x" * 64}}, id="label-long"),
        pytest.param({"name": "web", "annotations": {"a b": "c"}}, id="annotation-key"),
        pytest.param({"name": "web", "finalizers": ["x"]}, id="finalizer"),
        pytest.param({"name": "web", "namespace": "other"}, id="other-namespace"),
        pytest.param({"name": "web", "ownerReferences": [{"kind": "Pod", "name": "x"}]}, id="owner"),
        pytest.param({"generateName": "web-"}, id="generated"),
        pytest.param({"generateName": "Web_"}, id="generated-junk"),
        pytest.param({"name": "web", "resourceVersion": "7"}, id="version"),
        pytest.param(
            {"name": "web", "uid": "x", "creationTimestamp": "2000-01-01T00:00:00Z", "generation": 7},
            id="server-set",
        ),
        pytest.param({"name": "web", "creationTimestamp": "yesterday"}, id="time"),
    ],
)
@contract
def test_metadata(api: Side, metadata: dict) -> None:
    """Names, labels and what only the server may set."""
    api.create("create", "services", {"metadata": metadata, "spec": {"ports": [PORT]}})


@contract
def test_taken_addresses_and_ports(api: Side) -> None:
    """An address or port that another Service holds, and that is free again when it goes."""
    api.create(
        "first",
        "services",
        service("a", clusterIP="10.96.0.90", type="NodePort", ports=[{"port": 80, "nodePort": 30010}]),
    )
    api.create("same address", "services", service("b", clusterIP="10.96.0.90"))
    api.create(
        "same node port", "services", service("b", type="NodePort", ports=[{"port": 80, "nodePort": 30010}])
    )
    api.ask("delete", "DELETE", api.path("services", "a"))
    api.create(
        "again",
        "services",
        service("b", clusterIP="10.96.0.90", type="NodePort", ports=[{"port": 80, "nodePort": 30010}]),
    )
    api.quietly("DELETE", api.path("services", "b"))


CHANGES = {
    "cluster-ip-changed": (
        {"clusterIP": "10.96.0.91"},
        {"clusterIP": "10.96.0.92", "clusterIPs": ["10.96.0.92"]},
    ),
    "cluster-ip-emptied": ({"clusterIP": "10.96.0.91"}, {"clusterIP": "", "clusterIPs": None}),
    "class-changed": ({"type": "LoadBalancer", "loadBalancerClass": "a.b/c"}, {"loadBalancerClass": "a.b/d"}),
    "class-removed": ({"type": "LoadBalancer", "loadBalancerClass": "a.b/c"}, {"loadBalancerClass": None}),
    "to-node-port": ({}, {"type": "NodePort"}),
    "to-cluster-ip": ({"type": "LoadBalancer"}, {"type": "ClusterIP"}),
    "to-external-name": ({}, {"type": "ExternalName", "externalName": "example.com"}),
    "from-external-name": (
        {"type": "ExternalName", "externalName": "example.com"},
        {"type": "ClusterIP", "externalName": None},
    ),
    "to-local": ({"type": "LoadBalancer"}, {"externalTrafficPolicy": "Local"}),
    "from-local": (
        {"type": "LoadBalancer", "externalTrafficPolicy": "Local"},
        {"externalTrafficPolicy": "Cluster"},
    ),
    "health-port-changed": (
        {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30020},
        {"healthCheckNodePort": 30021},
    ),
    "node-ports-off": (
        {"type": "LoadBalancer", "ports": [{"port": 80, "nodePort": 30022}]},
        {"allocateLoadBalancerNodePorts": False},
    ),
    "to-dual-stack": ({}, {"ipFamilyPolicy": "PreferDualStack"}),
    "to-single-stack": ({"ipFamilyPolicy": "RequireDualStack"}, {"ipFamilyPolicy": "SingleStack"}),
    "family-changed": ({}, {"ipFamilies": ["IPv6"]}),
    "to-headless": ({}, {"clusterIP": "None", "clusterIPs": ["None"]}),
    "affinity-off": ({"sessionAffinity": "ClientIP"}, {"sessionAffinity": "None"}),
    "junk": ({}, {"type": "Foo"}),
}


@pytest.mark.parametrize(
    ("before", "change"), [pytest.param(*pair, id=name) for name, pair in CHANGES.items()]
)
@contract
def test_updates(api: Side, before: dict, change: dict) -> None:
    """What a change of the spec gives, takes and forbids."""
    api.quietly("POST", api.path("services"), service("web", **before))
    api.patch("patch", "merge", api.path("services", "web"), {"spec": change})
    api.get("read", "services", "web")
    api.quietly("DELETE", api.path("services", "web"))


INGRESS = {
    "ip": [{"ip": "192.0.2.1"}],
    "mode": [{"ip": "192.0.2.1", "ipMode": "Proxy"}],
    "hostname": [{"hostname": "lb.example.com"}],
    "ports": [{"ip": "192.0.2.1", "ports": [{"port": 80, "protocol": "TCP"}]}],
    "many": [{"ip": "192.0.2.3"}, {"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}],
    "ip-junk": [{"ip": "x"}],
    "hostname-junk": [{"hostname": "a b"}],
    "hostname-is-ip": [{"hostname": "192.0.2.1"}],
    "mode-without-ip": [{"hostname": "lb.example.com", "ipMode": "VIP"}],
    "mode-junk": [{"ip": "192.0.2.1", "ipMode": "Foo"}],
}


@pytest.mark.parametrize("ingress", [pytest.param(each, id=name) for name, each in INGRESS.items()])
@contract
def test_status(api: Side, ingress: list) -> None:
    """What a load balancer's controller writes, and how it is shown."""
    api.quietly("POST", api.path("services"), service("web", type="LoadBalancer"))
    status = {"status": {"loadBalancer": {"ingress": ingress}}, "spec": {"selector": {"no": "thing"}}}
    api.patch("patch", "merge", api.path("services", "web") + "/status", status)
    api.kubectl("get service web")
    api.kubectl("get service web -o wide")
    api.quietly("DELETE", api.path("services", "web"))


@contract
def test_status_of_a_cluster_ip(api: Side) -> None:
    """Ingress belongs to type LoadBalancer only; conditions are anybody's."""
    api.quietly("POST", api.path("services"), service("web"))
    path = api.path("services", "web") + "/status"
    api.patch("ingress", "merge", path, {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}})
    api.patch("condition", "merge", path, {"status": {"conditions": [{"type": "A", "status": "Nope"}]}})
    api.patch(
        "through the object",
        "merge",
        api.path("services", "web"),
        {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}},
    )
    api.get("status", "services", "web/status")
