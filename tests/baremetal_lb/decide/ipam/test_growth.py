"""What a decision costs as the cluster grows: counted in calls of functions, so that no clock is needed."""

import sys
from dataclasses import replace

import pytest

from baremetal_lb.decide.controller.events import ServiceSeen
from baremetal_lb.decide.pools.parse import parse_config
from tests.baremetal_lb.fakes.paper_cluster import Cluster

FEW, MANY = 40, 1280  # 32 times as many
KEY = {"metallb.io/allow-shared-ip": "k"}


def calls(work) -> int:
    """How many Python functions are called meanwhile."""
    count = 0

    def profile(_frame, event, _argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def filled(pool: str, count: int, **fields) -> Cluster:
    """A cluster with so many Services, made in one round."""
    cluster = Cluster().pools(pool)
    for number in range(count):
        view = cluster._view(f"s{number:05}", "10.96.0.1", "TCP/80", dict(fields))
        cluster.services[view.key] = view
        cluster.feed(ServiceSeen(None, view))
    return cluster.settle()


def one_more(count: int) -> int:
    cluster = filled("name: lab, addresses: [10.0.0.0/8]", count)
    return calls(lambda: cluster.create("new"))


def one_more_that_shares_with_none(count: int) -> int:
    """All have one key and one port, so each of their addresses would have to be refused."""
    cluster = filled("name: lab, addresses: [10.0.0.0/8]", count, asks=KEY)
    return calls(lambda: cluster.create("new", asks=KEY))


def one_more_on_the_same_address(count: int) -> int:
    """All share one address, each with a port of its own."""
    cluster = Cluster().pools("name: lab, addresses: [10.0.0.0/8]")
    for number in range(count):
        view = cluster._view(f"s{number:05}", "10.96.0.1", f"TCP/{number + 100}", {"asks": KEY})
        cluster.services[view.key] = view
        cluster.feed(ServiceSeen(None, view))
    cluster.settle()
    assert {cluster.has(f"s{number:05}") for number in range(count)} == {"10.0.0.1"}
    return calls(lambda: cluster.create("new", asks=KEY))


def one_more_who_waits(count: int) -> int:
    """With labels of its own, as Services of a Helm chart have."""
    cluster = Cluster().pools("name: lab, addresses: [10.0.0.1]")
    for number in range(count):
        view = cluster._view(f"s{number:05}", "10.96.0.1", "TCP/80", {"labels": {"app": str(number)}})
        cluster.services[view.key] = view
        cluster.feed(ServiceSeen(None, view))
    cluster.settle()
    return calls(lambda: cluster.create("new", labels={"app": "new"}))


def an_address_freed_while_many_wait(count: int) -> int:
    cluster = filled("name: lab, addresses: [10.0.0.1]", count)
    return calls(lambda: cluster.delete("s00000"))


def one_refused_while_many_addresses_rest(count: int) -> int:
    pool = f"name: lab, addresses: [10.0.0.0/24, 10.1.0.1-10.1.{count // 256}.{count % 256}], cooldown: 1h"
    cluster = filled(pool, count + 254)
    names = list(cluster.services)
    for key in names:
        cluster.feed(ServiceSeen(cluster.services.pop(key), None))
    cluster.settle()
    return calls(lambda: cluster.create("new"))


def one_more_in_a_pool_of_many_entries(count: int) -> int:
    entries = ", ".join(f"10.{number // 256}.{number % 256}.1" for number in range(count))
    cluster = filled(f"name: lab, addresses: [{entries}]", count // 2)
    return calls(
        lambda: cluster.create("new", load_balancer_ip=f"10.{(count - 1) // 256}.{(count - 1) % 256}.1")
    )


def one_that_is_changed(count: int) -> int:
    cluster = filled("name: lab, addresses: [10.0.0.0/8]", count)
    return calls(lambda: cluster.change("s00007", load_balancer_ip="10.200.0.1"))


@pytest.mark.parametrize(
    "decision",
    [
        one_more,
        one_more_that_shares_with_none,
        one_more_on_the_same_address,
        one_more_who_waits,
        an_address_freed_while_many_wait,
        one_refused_while_many_addresses_rest,
        one_more_in_a_pool_of_many_entries,
        one_that_is_changed,
    ],
)
def test_a_decision_does_not_grow_with_the_cluster(decision):
    """32 times as many Services or addresses cost at most a few levels of a tree more."""
    few, many = decision(FEW), decision(MANY)
    assert many <= few * 1.5 + 50, (few, many)


def test_a_configuration_is_judged_in_proportion_to_its_size():
    """Overlaps are found by sorting, not by comparing each entry with each."""

    def judged(count: int) -> int:
        entries = ", ".join(f"10.{number // 256}.{number % 256}.0/24" for number in range(count))
        text = f"address-pools: [{{name: p, protocol: layer2, addresses: [{entries}]}}]"
        parse_config(text)
        return calls(lambda: parse_config(text))

    few, many = judged(50), judged(400)
    assert many < few * 8 * 1.5


def test_a_restart_costs_the_same_for_each_service():
    """Adopting all of them is linear."""

    def restarted(count: int) -> int:
        cluster = filled("name: lab, addresses: [10.0.0.0/8]", count)
        cluster.services = {key: replace(view, version="2") for key, view in cluster.services.items()}
        return calls(cluster.restart)

    few, many = restarted(50), restarted(400)
    assert many < few * 8 * 1.3
