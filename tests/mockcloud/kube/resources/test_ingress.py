"""Ingresses: what a real API was not asked about (conformance: test_stored_kinds)."""

from mockcloud.kube.resources.ingress import INGRESS


def test_addresses_and_many_hosts_are_shown():
    """As `kubectl get ingress` does: three hosts, all addresses."""
    rules = [{"host": f"{letter}.example"} for letter in "abcd"]
    addresses = [{"ip": "192.0.2.2"}, {"hostname": "lb.example"}]
    obj = {
        "metadata": {"name": "web"},
        "spec": {"rules": rules, "tls": [{}]},
        "status": {"loadBalancer": {"ingress": addresses}},
    }
    assert INGRESS.printer.row(obj, 0.0)[1:5] == [
        "<none>",
        "a.example,b.example,c.example + 1 more...",
        "192.0.2.2,lb.example",
        "80, 443",
    ]


def test_a_stored_one_may_name_its_class_both_ways():
    """It is refused for new ones only."""
    meta = {"name": "web", "namespace": "d", "annotations": {"kubernetes.io/ingress.class": "a"}}
    service = {"service": {"name": "web", "port": {"number": 80}}}
    obj = {"metadata": meta, "spec": {"ingressClassName": "b", "defaultBackend": service}}
    assert INGRESS.problems(obj, obj) == []
    assert [cause.message for cause in INGRESS.problems(obj, None)] == [
        'Invalid value: "a": must match `ingressClassName` when both are specified'
    ]
