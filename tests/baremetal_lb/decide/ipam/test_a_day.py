"""A day of one cluster: one table of steps, as its users take them; then the same steps in any order."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from baremetal_lb.model.services import FamilyPolicy, TrafficPolicy
from tests.baremetal_lb.fakes import promises
from tests.baremetal_lb.fakes.paper_cluster import Cluster, key

BOTH = "10.96.0.1 fd00:96::1"
LAB = "name: lab, addresses: [10.0.0.1-10.0.0.6, 'fd00::1-fd00::2']"
MANUAL = "name: manual, addresses: [10.0.9.1-10.0.9.2], auto-assign: false"
TEAM = "name: team, addresses: [10.0.8.1], service-allocation: {namespaces: [team], priority: 1}"
POOLS = (LAB, MANUAL, TEAM)
SHARED = {"allow-shared-ip": "web"}


@dataclass(frozen=True)
class Step:
    """What somebody does, and what the Services named afterwards have (an address) or say (a reason)."""

    does: Callable[[Cluster], object]
    then: dict[str, str] = field(default_factory=dict)


def pools(*texts: str) -> Callable[[Cluster], object]:
    return lambda cluster: cluster.pools(*texts)


def create(name: str, **fields) -> Callable[[Cluster], object]:
    return lambda cluster: None if key(name) in cluster.services else cluster.create(name, **_copy(fields))


def change(name: str, **fields) -> Callable[[Cluster], object]:
    return lambda cluster: cluster.change(name, **_copy(fields)) if key(name) in cluster.services else None


def delete(name: str) -> Callable[[Cluster], object]:
    return lambda cluster: cluster.delete(name) if key(name) in cluster.services else None


def _copy(fields):
    return {name: dict(value) if isinstance(value, dict) else value for name, value in fields.items()}


DAY = {
    "before any pool": Step(create("early"), {"early": "NoPools"}),
    "the pools come": Step(pools(*POOLS), {"early": "10.0.0.1"}),
    "a second": Step(create("web"), {"web": "10.0.0.2"}),
    "by address": Step(create("db", load_balancer_ip="10.0.0.5"), {"db": "10.0.0.5"}),
    "by pool": Step(create("vpn", asks={"address-pool": "manual"}), {"vpn": "10.0.9.1"}),
    "pinned": Step(create("team/app"), {"team/app": "10.0.8.1"}),
    "pinned pool is full, so the others": Step(create("team/app2"), {"team/app2": "10.0.0.3"}),
    "dual stack": Step(
        create("dual", ips=BOTH, family_policy=FamilyPolicy.REQUIRE), {"dual": "10.0.0.4 fd00::1"}
    ),
    "an address in use": Step(create("rival", load_balancer_ip="10.0.0.5"), {"rival": "InUse"}),
    "the last address": Step(create("last"), {"last": "10.0.0.6"}),
    "nothing left": Step(create("late"), {"late": "Exhausted"}),
    "one who would share": Step(create("s1", asks=SHARED, ports="TCP/80"), {"s1": "Exhausted"}),
    "an owner opens up": Step(change("last", asks=SHARED, ports="TCP/443"), {"s1": "10.0.0.6"}),
    "another sharer": Step(create("s2", asks=SHARED, ports="UDP/443"), {"s2": "10.0.0.6"}),
    "a port that is taken": Step(create("s3", asks=SHARED, ports="TCP/80"), {"s3": "SharingRefused"}),
    "a deletion serves the oldest": Step(delete("web"), {"late": "10.0.0.2", "s3": "SharingRefused"}),
    "the rival's turn": Step(delete("db"), {"rival": "10.0.0.5"}),
    "a sharer's port moves": Step(change("s1", ports="TCP/81"), {"s1": "10.0.0.6", "s3": "10.0.0.6"}),
    "a wish that can't be had": Step(change("vpn", load_balancer_ip="10.0.0.1"), {"vpn": "10.0.9.1"}),
    "a wish that can": Step(change("vpn", load_balancer_ip="10.0.9.2"), {"vpn": "10.0.9.2"}),
    "policy Local ends the sharing": Step(
        change("s2", traffic_policy=TrafficPolicy.LOCAL), {"s2": "SharingRefused", "s3": "10.0.0.6"}
    ),
    "a typing error": Step(change("early", load_balancer_ip="10.0.0."), {"early": "10.0.0.1"}),
    "no load balancer any more": Step(change("late", is_load_balancer=False), {"s2": "10.0.0.2"}),
    "another class": Step(change("s2", load_balancer_class="other"), {"rival": "10.0.0.5"}),
    "a node takes an address": Step(lambda cluster: cluster.own(one="10.0.0.3"), {"team/app2": "10.0.0.3"}),
    "a namespace gets labels": Step(lambda cluster: cluster.namespace("team", tier="gold")),
    "one more": Step(create("new"), {"new": "Exhausted"}),
    "pools renamed and grown": Step(
        pools(LAB.replace("lab", "lan").replace("10.0.0.6", "10.0.0.7"), MANUAL, TEAM),
        {"new": "10.0.0.7", "dual": "10.0.0.4 fd00::1"},
    ),
    "a pool taken away": Step(pools("name: lan, addresses: [10.0.0.1-10.0.0.9]"), {"vpn": "NotInPool"}),
    "dual stack has no second": Step(change("dual", family_policy=FamilyPolicy.PREFER), {"dual": "10.0.0.4"}),
    "a restart": Step(lambda cluster: cluster.restart(), {"early": "10.0.0.1", "rival": "10.0.0.5"}),
    "all pools gone": Step(pools(), {"early": "InvalidRequest", "rival": "NoPools"}),
    "and back": Step(pools(*POOLS), {"rival": "10.0.0.5"}),
}


def seen(cluster: Cluster, name: str) -> str:
    return cluster.has(name) or cluster.says(name).partition(":")[0]


def test_a_day_in_the_order_of_its_users():
    """Each step gives what its users expect, and no promise is broken on the way."""
    cluster = Cluster()
    for name, step in DAY.items():
        step.does(cluster)
        assert step.then == {each: seen(cluster, each) for each in step.then}, name
        if cluster.config is not None:
            promises.all_hold(cluster)


@pytest.mark.parametrize("seed", range(40))
def test_the_same_day_in_any_order(seed):
    """What the outcome is depends on the order; that the promises hold does not, restarts among them."""
    steps = list(DAY.items())
    random.Random(seed).shuffle(steps)
    cluster = Cluster().pools(*POOLS)
    for _, step in steps:
        step.does(cluster)
        promises.all_hold(cluster)
        promises.a_restart_changes_nothing(cluster)
