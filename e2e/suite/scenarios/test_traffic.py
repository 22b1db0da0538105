"""What becomes of a client's connections and datagrams at an address."""

from __future__ import annotations

from e2e.suite.cluster.cluster import HTTP, PORT
from e2e.suite.cluster.services import announcers

MANY = 24  # of so many answers, two random pods give all by chance once in 4 million times


def test_local_traffic_keeps_the_clients_address(cluster, expose):
    """Policy Local: the pod is on the node that announces, and sees the client's own address."""
    service = expose("local", externalTrafficPolicy="Local")
    address = service.address()
    node = announcers(service.object())[address]

    seen = cluster.outside.ask(address)

    assert {each.client for each in seen.answers} == {seen.own}
    assert {each.node for each in seen.answers} == {node}


def test_all_pods_answer_without_affinity(cluster, expose):
    """Many connections of one client come to more than one pod, once the owner's rules know them all."""
    address = expose("spread").address()
    cluster.comes_to_be(lambda: len(cluster.outside.ask(address, times=MANY).pods) > 1, True)


def test_a_client_stays_with_its_pod(cluster, expose):
    """sessionAffinity ClientIP: many connections of one client come to one pod."""
    assert (
        len(cluster.outside.ask(expose("affine", sessionAffinity="ClientIP").address(), times=MANY).pods) == 1
    )


def test_datagrams_are_answered(cluster, expose):
    """UDP at an external IP, and TCP on the same port of the same Service."""
    dns_like = [{**HTTP, "name": "tcp"}, {**HTTP, "name": "udp", "protocol": "UDP", "targetPort": PORT}]
    address = expose("datagrams", ports=dns_like).address()

    assert cluster.outside.ask(address, protocol="udp").pods
    assert cluster.outside.ask(address).pods


def test_only_the_source_ranges_are_answered(cluster, expose):
    """loadBalancerSourceRanges: without the client's address nobody answers, and with it they do again."""
    service = expose("ranges")
    address = service.address()
    own = cluster.outside.ask(address).own

    service.patch(loadBalancerSourceRanges=["198.51.100.0/24"])
    assert cluster.outside.falls_silent(address)

    service.patch(loadBalancerSourceRanges=[f"{own}/32"])
    cluster.outside.ask(address)
