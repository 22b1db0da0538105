"""Services in a whole lab, by kubectl and curl: what a person sees when things go right, and when not."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from testkit.lab import StepError
from tests.e2e.cluster import MANIFEST, web_cluster

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One for all tests of this file."""
    with web_cluster("services", tmp_path_factory) as cluster:
        yield cluster


@pytest.fixture
def service(cluster):
    """service(NAME): a Service of type LoadBalancer, deleted at the end of the test."""
    made = []

    def make(name):
        cluster.expose(name)
        made.append(name)
        return name

    yield make
    if made:
        cluster.kubectl("delete", "service", "--ignore-not-found", *made)
    cluster.pools(POOL)


POOL = "address-pools:\n- name: lab\n  protocol: layer2\n  addresses:\n  - 192.168.10.200-192.168.10.250\n"
ONE_ADDRESS = POOL.replace("192.168.10.200-192.168.10.250", "192.168.10.200/32")


def test_two_services_have_an_address_each_and_both_answer(cluster, service):
    """Each is announced by one node, and reaches the same pods."""
    addresses = [cluster.address(name) for name in ("whoami", service("second"))]

    assert len(set(addresses)) == 2
    answered = cluster.lab.who_has(*addresses)
    assert set(answered) == set(addresses)
    for address in addresses:
        assert {answer.pod[:7] for answer in cluster.lab.fetch("client", f"http://{address}", times=4)} == {
            "whoami-"
        }


def test_the_first_connection_after_announced_is_answered(cluster, service):
    """Also where the address was another Service's a moment ago, and without a second try."""
    for turn in range(2):
        address = cluster.address(service(f"first-{turn}"))
        assert cluster.curl(f"http://{address}") == 0
        cluster.kubectl("delete", "service", f"first-{turn}")


def test_a_full_pool_says_so_and_serves_who_waits_when_an_address_frees(cluster, service):
    """The pending Service's Event has the reason; when the other goes, it gets the address."""
    held = cluster.address("whoami")
    cluster.pools(ONE_ADDRESS.replace("192.168.10.200", held))

    service("waiting")

    message = cluster.event("AllocationFailed", "Service/waiting")
    assert "full" in message
    assert "1 of 1" in message
    cluster.kubectl("delete", "service", "whoami")
    assert cluster.address("waiting") == held
    cluster.kubectl("apply", "-f", str(MANIFEST))


def test_pools_that_do_not_parse_are_refused_and_the_last_good_ones_stay(cluster, service):
    """The ConfigMap's Event names the path; Services get addresses as before."""
    cluster.pools(POOL.replace("192.168.10.250", "192.168.10.2"))

    assert "address-pools[0].addresses[0]" in cluster.event("ConfigRejected", "ConfigMap/config")
    assert cluster.address(service("later")).startswith("192.168.10.2")


def test_a_deleted_service_is_no_longer_announced(cluster, service):
    """Nobody answers ARP for its address any more."""
    address = cluster.address(service("short"))
    assert address in cluster.lab.who_has(address)

    cluster.kubectl("delete", "service", "short")

    cluster.until(lambda: cluster.lab.who_has(address), {})


def test_a_service_without_endpoints_refuses_at_once(cluster):
    """Connection refused (curl's 7), not a time-out (28): on the ClusterIP from a node, and on a NodePort."""
    cluster.kubectl("create", "service", "nodeport", "empty", "--tcp=80:80")
    found = json.loads(cluster.kubectl("get", "service", "empty", "-o", "json"))

    node_port = found["spec"]["ports"][0]["nodePort"]

    cluster.until(lambda: cluster.curl(f"http://192.168.10.11:{node_port}"), 7)
    cluster.kubectl("delete", "service", "empty")


def test_a_replaced_pod_has_a_new_address_and_the_service_follows(cluster):
    """The old address answers no more through the Service; the new pod does."""
    address = cluster.address("whoami")
    before = {answer.pod for answer in cluster.lab.fetch("client", f"http://{address}", times=8)}
    cluster.kubectl("delete", "pod", "-l", "app=whoami")
    cluster.kubectl("rollout", "status", "deployment/whoami", "--timeout=60s")

    def old_ones_answer():
        try:
            after = {answer.pod for answer in cluster.lab.fetch("client", f"http://{address}", times=8)}
        except StepError as error:  # what a rollout's status tells may be of the pods before
            return str(error)
        return bool(before & after)

    cluster.until(old_ones_answer, False)


def test_a_clash_of_node_ports_is_refused_in_kubernetes_words(cluster):
    """What `kubectl create` says is what a real API server says."""
    port = json.loads(cluster.kubectl("get", "service", "whoami", "-o", "json"))["spec"]["ports"][0][
        "nodePort"
    ]

    with pytest.raises(
        AssertionError, match=f"nodePort: Invalid value: {port}: provided port is already allocated"
    ):
        cluster.kubectl("create", "service", "nodeport", "clash", "--tcp=80:80", f"--node-port={port}")


def test_exec_into_a_pod_takes_no_descriptor_of_the_caller_along(cluster):
    """An open folder of the machine would lead out of the pod."""
    pod = cluster.kubectl("get", "pods", "-l", "app=whoami", "-o", "jsonpath={.items[0].metadata.name}")
    command = [sys.executable, "-m", "mockcloud", "exec", "--name", cluster.lab.name, f"default/{pod}"]
    folder = os.open("/", os.O_RDONLY)
    try:
        listed = subprocess.run(
            [*command, "--", "sh", "-c", "ls /proc/$$/fd"],
            pass_fds=[folder],
            capture_output=True,
            text=True,
            timeout=90,
            check=True,
        )
    finally:
        os.close(folder)
    assert listed.stdout.split() == ["0", "1", "2"]
