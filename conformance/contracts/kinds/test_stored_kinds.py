"""Kinds that are stored for others to act on: what they may be, and what is printed of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conformance.harness.contract import contract
from conformance.harness.side import Side
from testkit import objects

SERVICE = {"service": {"name": "web", "port": {"number": 80}}}


@contextmanager
def of_the_cluster(api: Side, plural: str, body: dict[str, Any]) -> Iterator[str]:
    """Create an object that has no namespace, and remove it at the end; its path."""
    path = f"/apis/{plural}"
    api.ask("create", "POST", path, body)
    try:
        yield f"{path}/{body['metadata']['name']}"
    finally:
        api.ask("delete", "DELETE", f"{path}/{body['metadata']['name']}")


def ingress(*paths: dict[str, Any], host: str = "a.example", **spec: Any) -> dict[str, Any]:
    rules = [{"host": host, "http": {"paths": list(paths)}}]
    return {"metadata": {"name": "web", **spec.pop("metadata", {})}, "spec": {"rules": rules, **spec}}


def path(
    text: str = "/", kind: str | None = "Prefix", backend: dict[str, Any] | None = None
) -> dict[str, Any]:
    found = {"path": text, "pathType": kind, "backend": SERVICE if backend is None else backend}
    return {key: value for key, value in found.items() if value is not None}


INGRESSES = {
    "bare": ingress(path()),
    "empty": {"metadata": {"name": "web"}, "spec": {}},
    "backend": {"metadata": {"name": "web"}, "spec": {"defaultBackend": SERVICE}},
    "no-paths": ingress(),
    "no-type": ingress(path(kind=None)),
    "type-junk": ingress(path(kind="Odd")),
    "relative": ingress(path("a")),
    "dots": ingress(path("/a/../b//"), path("/a/..", "Exact"), path("/%2f")),
    "own-way": ingress(path("", "ImplementationSpecific"), path("a", "ImplementationSpecific")),
    "backend-none": ingress(path(backend={})),
    "backend-both": ingress(path(backend={**SERVICE, "resource": {"kind": "Bucket", "name": "b"}})),
    "backend-resource": ingress(path(backend={"resource": {"apiGroup": "a_b", "kind": "", "name": "x/y"}})),
    "port-none": ingress(path(backend={"service": {"name": "web"}})),
    "port-both": ingress(path(backend={"service": {"name": "Web_", "port": {"name": "http", "number": 80}}})),
    "port-junk": ingress(path(backend={"service": {"port": {"number": 70000}}})),
    "wildcard": ingress(path(), host="*.example"),
    "wildcard-junk": ingress(path(), host="a.*.example"),
    "address": ingress(path(), host="10.0.0.1"),
    "tls": ingress(path(), tls=[{"hosts": ["a.example", "A_"], "secretName": "s t"}]),
    "class-junk": ingress(path(), ingressClassName="A b"),
    "class-twice": ingress(
        path(),
        ingressClassName="a",
        metadata={"annotations": {"kubernetes.io/ingress.class": "b"}},
    ),
}


@pytest.mark.parametrize("body", [pytest.param(each, id=name) for name, each in INGRESSES.items()])
@contract
def test_ingresses(api: Side, body: dict[str, Any]) -> None:
    """An Ingress, or why it is none."""
    api.create("create", "networking.k8s.io/v1/ingresses", body, query="?dryRun=All")


@contract
def test_an_ingress(api: Side) -> None:
    """By kubectl, with an address that a controller writes."""
    api.kubectl(
        "create ingress web --class=lab --rule='a.example/*=web:80,tls=cert' --rule='b.example/x=web:http'"
    )
    at = api.path("networking.k8s.io/v1/ingresses", "web")
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "lb.example"}]}}}
    api.patch("status", "merge", at + "/status", status)
    junk = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.300"}, {"hostname": "A_"}]}}}
    api.patch("status junk", "merge", at + "/status", junk)
    api.kubectl("get ingress")
    api.kubectl("describe ingress web")
    api.patch("change", "merge", at, {"spec": {"ingressClassName": "other"}})
    api.ask("delete", "DELETE", at)


def named(kind: str, **fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": f"contract-{kind}"}, **fields}


PEER = {"podSelector": {}}
PARTS = {
    "block": {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]},
    "block-junk": {"from": [{"ipBlock": {"cidr": "x"}}, {"ipBlock": {"cidr": "", "except": ["x"]}}]},
    "except-junk": {
        "from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8", "11.0.0.0/9", "x"]}}]
    },
    "except-of-another-family": {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["fd00::/9"]}}]},
    "no-peer": {"from": [{}]},
    "two-peers": {"from": [{**PEER, "ipBlock": {"cidr": "10.0.0.0/8"}}]},
    "selector-junk": {"from": [{"namespaceSelector": {"matchLabels": {"a b": "c d"}}}]},
    "ports": {"ports": [{"port": 80, "endPort": 90}, {"port": "http"}, {"protocol": "SCTP"}]},
    "port-junk": {"ports": [{"port": 0}, {"port": 70000}, {"port": "A_b"}, {"port": 80, "protocol": "ICMP"}]},
    "end-junk": {"ports": [{"port": 80, "endPort": 79}, {"endPort": 80}, {"port": "http", "endPort": 80}]},
    "end-too-high": {"ports": [{"port": 80, "endPort": 70000}]},
}


@pytest.mark.parametrize("rule", [pytest.param(each, id=name) for name, each in PARTS.items()])
@contract
def test_network_policies(api: Side, rule: dict[str, Any]) -> None:
    """A rule of what comes in, or why it is none."""
    chosen = {"matchLabels": {"app": "web"}}
    body = {"metadata": {"name": "p"}, "spec": {"podSelector": chosen, "ingress": [rule]}}
    api.create("create", "networking.k8s.io/v1/networkpolicies", body, query="?dryRun=All")


@contract
def test_ways_of_network_policies(api: Side) -> None:
    """Two at most; rules of what goes out name peers by another word."""
    policies = "networking.k8s.io/v1/networkpolicies"
    for name, spec in {
        "egress": {"podSelector": {}, "egress": [{"to": [{}], "ports": [{"port": 0}]}]},
        "three": {"podSelector": {}, "policyTypes": ["Ingress", "Egress", "Ingress"]},
        "junk": {"podSelector": {}, "policyTypes": ["Sideways"]},
    }.items():
        api.create(name, policies, {"metadata": {"name": "p"}, "spec": spec}, query="?dryRun=All")


@contract
def test_the_default_ingress_class(api: Side) -> None:
    """An Ingress gets it that names none, and has no annotation of a class."""
    default = {"ingressclass.kubernetes.io/is-default-class": "true"}
    body = named("class", spec={"controller": "example.com/lab"})
    body["metadata"]["annotations"] = default
    ingresses = "networking.k8s.io/v1/ingresses"
    with of_the_cluster(api, "networking.k8s.io/v1/ingressclasses", body):
        noted = {"annotations": {"kubernetes.io/ingress.class": ""}}
        for name, given in {
            "none": ingress(path()),
            "other": ingress(path(), ingressClassName="other"),
            "annotation": ingress(path(), metadata=noted),
        }.items():
            api.create(name, ingresses, given, query="?dryRun=All")


@contract
def test_ingress_classes(api: Side) -> None:
    """Their controller never changes."""
    plural = "networking.k8s.io/v1/ingressclasses"
    parameters = {"apiGroup": "example.com", "kind": "Params", "name": "p"}
    spec = {"controller": "example.com/lab", "parameters": parameters}
    with of_the_cluster(api, plural, named("class", spec=spec)) as at:
        api.kubectl("get ingressclass contract-class")
        api.patch("controller", "merge", at, {"spec": {"controller": "example.com/other"}})
    for name, junk in {
        "empty": {},
        "controller": {"controller": "lab"},
        "scope": {**spec, "parameters": {**parameters, "scope": "Odd"}},
        "namespace": {**spec, "parameters": {**parameters, "scope": "Namespace"}},
        "cluster": {**spec, "parameters": {**parameters, "scope": "Cluster", "namespace": "x"}},
    }.items():
        api.ask(name, "POST", f"/apis/{plural}?dryRun=All", named("junk", spec=junk))


@contract
def test_storage_classes(api: Side) -> None:
    """What volumes were made by stays true."""
    plural = "storage.k8s.io/v1/storageclasses"
    body = named("storage", provisioner="example.com/disk", parameters={"type": "fast"})
    with of_the_cluster(api, plural, body) as at:
        api.kubectl("get storageclass contract-storage")
        change = {"parameters": {"type": "slow"}, "provisioner": "x", "reclaimPolicy": "Retain"}
        api.patch("change", "merge", at, {**change, "volumeBindingMode": "WaitForFirstConsumer"})
        api.patch("expansion", "merge", at, {"allowVolumeExpansion": True})
    for name, junk in {
        "empty": {},
        "junk": {"provisioner": "a b", "reclaimPolicy": "Recycle", "volumeBindingMode": "Odd"},
    }.items():
        api.ask(name, "POST", f"/apis/{plural}?dryRun=All", named("junk", **junk))


@contract
def test_runtime_classes(api: Side) -> None:
    """A pod gets its overhead and place from its class."""
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])
    plural = "node.k8s.io/v1/runtimeclasses"
    scheduling = {"nodeSelector": {"kind": "vm"}, "tolerations": [{"key": "vm", "operator": "Exists"}]}
    body = named("runtime", handler="vm", overhead={"podFixed": {"cpu": "10m"}}, scheduling=scheduling)

    def pod(**spec: Any) -> dict[str, Any]:
        return objects.pod("p", namespace=None, automountServiceAccountToken=False, **spec)

    with of_the_cluster(api, plural, body) as at:
        api.kubectl("get runtimeclass contract-runtime")
        api.patch("handler", "merge", at, {"handler": "other"})
        for name, spec in {
            "pod": {},
            "selector": {"nodeSelector": {"kind": "metal"}},
            "overhead": {"overhead": {"cpu": "20m"}},
        }.items():
            found = pod(runtimeClassName="contract-runtime", **spec)
            api.create(name, "pods", found, query="?dryRun=All")
    api.create("absent", "pods", pod(runtimeClassName="absent"))
    api.create("own overhead", "pods", pod(overhead={"cpu": "1"}), query="?dryRun=All")
    api.ask("junk", "POST", f"/apis/{plural}?dryRun=All", named("junk", handler="A b"))
