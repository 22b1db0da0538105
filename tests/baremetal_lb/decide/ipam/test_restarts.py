"""A thousand restarts, with things happening while nobody looks."""

import random
from dataclasses import replace

from tests.baremetal_lb.fakes import promises
from tests.baremetal_lb.fakes.paper_cluster import Cluster

RESTARTS = 1000


def away(cluster: Cluster, chance: random.Random, number: int) -> set:
    """Delete one, change one, make one; the keys of all that are not as they were."""
    gone, changed = chance.sample(sorted(cluster.services), 2)
    del cluster.services[gone]
    asks = chance.choice(
        [{}, {}, {"loadBalancerIPs": f"10.0.0.{chance.randint(1, 4)}"}, {"address-pool": "nope"}]
    )
    fields = {"annotations": {f"baremetal-lb.io/{name}": value for name, value in asks.items()}}
    if chance.random() < 0.1:
        fields["is_load_balancer"] = False
    cluster.services[changed] = replace(cluster.services[changed], **fields)
    new = cluster._view(f"s{number:05}", "10.96.0.1", "TCP/80", {})
    cluster.services[new.key] = new
    return {gone, changed, new.key}


def asked(view) -> str | None:
    """The address that a Service waits for; when it is free at last, it may move there."""
    return view.annotations.get("baremetal-lb.io/loadBalancerIPs")


def test_a_thousand_restarts_move_no_address_and_give_none_twice():
    """With a full pool, Services that wait, and some deleted, changed or made while it is away."""
    chance = random.Random(4)
    cluster = Cluster().pools("name: lab, addresses: [10.0.0.1-10.0.0.4]")
    for number in range(6):
        cluster.create(f"s{number:05}")
    for number in range(6, 6 + RESTARTS):
        before = {name: view.status.addresses for name, view in cluster.services.items()}
        touched = away(cluster, chance, number)
        cluster.restart()
        for name, addresses in before.items():
            now = cluster.services.get(name)
            if addresses and name not in touched and str(now.status.addresses[0]) != asked(now):
                assert addresses == now.status.addresses, name
        given = [address for view in cluster.services.values() for address in view.status.addresses]
        assert len(given) == len(set(given))
        promises.nothing_waits_while_something_suitable_is_free(cluster)
