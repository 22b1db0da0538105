"""From a Service and pods to endpoints."""

import pytest

from mockcloud.controllers.endpointslice.plan import groups, selected
from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Group, Port
from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.objects.services import parse_service
from testkit import objects


def pod(name="p", ips=("10.0.0.1",), ready=True, phase="Running", deleting=False, port=8080, **spec):
    meta = {"uid": name, "labels": {"app": "web"}}
    if deleting:
        meta["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    status = {
        "phase": phase,
        "podIPs": [{"ip": ip} for ip in ips],
        "conditions": [{"type": "Ready", "status": str(ready)}],
    }
    main = objects.container(ports=[{"name": "http", "containerPort": port}])
    spec = {"nodeName": "n1", **spec}
    return parse_pod(objects.pod(name, main, namespace="ns", metadata=meta, status=status, **spec))


def service(ports=({"port": 80, "targetPort": "http"},), annotations=None, **spec):
    meta = {"uid": "s", "annotations": annotations or {}}
    spec = {"selector": {"app": "web"}, "ports": list(ports), **spec}
    return parse_service(objects.service(namespace="ns", metadata=meta, **spec))


def only(found):
    (((_, endpoints),)) = found.items()
    (endpoint,) = endpoints.values()
    return endpoint


def test_an_endpoint_carries_all_that_is_known_of_its_pod():
    """Address, state, node, zone, pod; the named port is resolved at the pod."""
    found = groups(service(), [pod()], {"n1": "z1"})
    assert found == {
        Group("IPv4", (Port("", 8080, "TCP"),)): {
            "10.0.0.1": Endpoint(
                "10.0.0.1",
                ready=True,
                serving=True,
                terminating=False,
                node="n1",
                zone="z1",
                target=("ns", "p", "p"),
            )
        }
    }


@pytest.mark.parametrize(
    ("subject", "spec", "expected"),
    [
        pytest.param(pod(), {}, (True, True, False), id="ready"),
        pytest.param(pod(ready=False), {}, (False, False, False), id="not-ready"),
        pytest.param(pod(deleting=True), {}, (False, True, True), id="terminating"),
        pytest.param(pod(ready=False, deleting=True), {}, (False, False, True), id="terminating-and-ill"),
        pytest.param(
            pod(ready=False), {"publishNotReadyAddresses": True}, (True, False, False), id="published-early"
        ),
    ],
)
def test_conditions(subject, spec, expected):
    """Each row: a pod, the Service's wishes, and (ready, serving, terminating)."""
    found = only(groups(service(**spec), [subject], {}))
    assert (found.ready, found.serving, found.terminating) == expected


@pytest.mark.parametrize("subject", [pod(ips=()), pod(phase="Succeeded"), pod(phase="Failed")])
def test_who_has_no_address_or_has_ended_is_no_endpoint(subject):
    """Not even one that is not ready."""
    assert groups(service(), [subject], {}) == {}


def test_a_dual_stack_pod_is_an_endpoint_once_a_family():
    """In the families that the Service has, and with one address in each."""
    both = pod(ips=("10.0.0.1", "fd00::1", "10.0.0.2"))
    found = groups(service(ipFamilies=["IPv6", "IPv4"]), [both], {})
    assert {group.family: list(endpoints) for group, endpoints in found.items()} == {
        "IPv6": ["fd00::1"],
        "IPv4": ["10.0.0.1"],
    }


def test_pods_whose_named_ports_differ_are_in_groups_of_their_own():
    """A rollout that changes the containerPort behind a name."""
    found = groups(service(), [pod("a"), pod("b", ips=("10.0.0.2",), port=9090)], {})
    assert sorted(group.ports[0].number for group in found) == [8080, 9090]


def test_a_named_port_that_the_pod_lacks_is_left_out():
    """The other ports still work."""
    ports = [{"name": "a", "port": 80, "targetPort": "nope"}, {"name": "b", "port": 81, "targetPort": 81}]
    (group,) = groups(service(ports), [pod()], {})
    assert group.ports == (Port("b", 81, "TCP"),)


def test_a_hostname_counts_only_in_its_own_subdomain():
    """What DNS serves as HOSTNAME.SERVICE."""
    assert only(groups(service(), [pod(hostname="h", subdomain="web")], {})).hostname == "h"
    assert only(groups(service(), [pod(hostname="h", subdomain="other")], {})).hostname == ""


def test_selected_takes_all_pairs_and_nothing_without_a_selector():
    """An empty selector selects no pod: somebody else writes the endpoints."""
    assert selected(service(), [pod()]) == [pod()]
    assert selected(service(selector={"app": "web", "tier": "x"}), [pod()]) == []
    assert selected(service(selector=None), [pod()]) == []


@pytest.mark.parametrize(
    ("distribution", "annotations", "subject", "zones", "expected"),
    [
        pytest.param("PreferClose", {}, pod(), {"n1": "z1"}, (("z1",), ()), id="close-is-the-zone"),
        pytest.param("PreferSameZone", {}, pod(), {"n1": "z1"}, (("z1",), ()), id="zone"),
        pytest.param("PreferSameNode", {}, pod(), {"n1": "z1"}, (("z1",), ("n1",)), id="node-and-zone"),
        pytest.param("PreferSameNode", {}, pod(), {}, ((), ("n1",)), id="node-without-zone"),
        pytest.param("PreferClose", {}, pod(ready=False), {"n1": "z1"}, ((), ()), id="not-ready-has-none"),
        pytest.param("PreferClose", {}, pod(deleting=True), {"n1": "z1"}, ((), ()), id="leaving-has-none"),
        pytest.param("PreferClose", {}, pod(), {}, ((), ()), id="a-node-without-zone"),
        pytest.param(None, {}, pod(), {"n1": "z1"}, ((), ()), id="not-asked-for"),
        pytest.param(
            "PreferClose",
            {"service.kubernetes.io/topology-mode": "Auto"},
            pod(),
            {"n1": "z1"},
            ((), ()),
            id="the-annotation-asks-for-others",
        ),
    ],
)
def test_traffic_distribution_becomes_hints(distribution, annotations, subject, zones, expected):
    """KEP-4444 and KEP-3015: each ready endpoint is hinted for its own zone, and node where that is asked."""
    wanted = service(annotations=annotations, trafficDistribution=distribution)
    found = only(groups(wanted, [subject], zones))
    assert (found.for_zones, found.for_nodes) == expected
