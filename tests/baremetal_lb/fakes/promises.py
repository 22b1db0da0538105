"""What must hold of the allocator at any time, whatever happened before."""

from baremetal_lb.decide.ipam.address_choice import Grant, choose
from baremetal_lb.decide.ipam.pool_choice import Client
from baremetal_lb.decide.ipam.requests import Request, read
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.addresses import IPAddress, family_of
from baremetal_lb.model.api_names import (
    EventReason,
)
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import NOTHING
from tests.baremetal_lb.fakes.paper_cluster import Cluster


def no_address_is_held_twice_unless_lawfully_shared(cluster: Cluster) -> None:
    ours = {key for key, view in cluster.services.items() if cluster.allocator.is_ours(view)}
    for address, occupancy in cluster.allocator.allocations._occupancies.items():
        sharers = [terms for key, terms in occupancy.holders.items() if key in ours]
        if len(sharers) > 1:
            ports = [port for terms in sharers for port in terms.ports]
            assert len(ports) == len(set(ports)), address
            assert len({terms.key for terms in sharers}) == 1, address
            assert None not in {terms.key for terms in sharers}, address
            assert len({terms.backend for terms in sharers}) == 1, address


def nobody_gains_what_another_is_to_lose(cluster: Cluster, gainer: ObjectKey, gained: set[IPAddress]) -> None:
    """At no moment as a watcher sees it, also while addresses change hands; who shares them may show them."""
    outcomes = cluster.allocator.outcomes
    for key, view in cluster.services.items():
        is_foreign = view.is_load_balancer and not cluster.allocator.is_ours(view)
        if key != gainer and not is_foreign:
            has = outcomes[key].addresses if key in outcomes else ()
            assert not gained.intersection(view.status.addresses).difference(has), (gainer, key)


def statuses_and_allocations_say_the_same(cluster: Cluster) -> None:
    held = {name: holding.addresses for name, holding in cluster.allocator.allocations.holdings.items()}
    shown = {
        name: view.status.addresses
        for name, view in cluster.services.items()
        if view.status.addresses and cluster.allocator.is_ours(view)
    }
    assert held == shown


def nothing_is_held_outside_the_pools(cluster: Cluster) -> None:
    config = parse_config(cluster.config or "")
    for view in filter(cluster.allocator.is_ours, cluster.services.values()):
        assert all(config.containing(address) for address in view.status.addresses), view.key


def nothing_waits_while_something_suitable_is_free(cluster: Cluster) -> None:
    allocations = cluster.allocator.allocations
    for view in filter(cluster.allocator.is_ours, cluster.services.values()):
        request = read(view)
        if not view.status.addresses and isinstance(request, Request):
            labels = cluster.namespaces.get(view.key.namespace, NOTHING)
            client = Client(view.key.namespace, labels, view.labels)
            assert not isinstance(choose(allocations, request, client), Grant), view.key


def the_allocations_count_right(cluster: Cluster) -> None:
    allocations = cluster.allocator.allocations
    for usage in allocations.usages():
        found = [
            address
            for address in allocations._occupancies.keys() | allocations._foreign.keys()
            if family_of(address) is usage.free_list.family
            and (has := allocations.config.containing(address)) is not None
            and has.name == usage.pool.name
        ]
        assert usage.in_use == len(found)


def a_restart_changes_nothing(cluster: Cluster) -> None:
    before = {name: view.status.addresses for name, view in cluster.services.items()}
    cluster.events()
    cluster.restart()
    assert before == {name: view.status.addresses for name, view in cluster.services.items()}
    # Of externalIPs nothing is kept that would tell the next allocator that it was said.
    assert [each for each in cluster.events() if each != EventReason.EXTERNAL_IP_CLASH] == []


PROMISES = (
    no_address_is_held_twice_unless_lawfully_shared,
    statuses_and_allocations_say_the_same,
    nothing_is_held_outside_the_pools,
    nothing_waits_while_something_suitable_is_free,
    the_allocations_count_right,
)


def all_hold(cluster: Cluster) -> None:
    """Every promise but that of restarts, which costs one."""
    for promise in PROMISES:
        promise(cluster)
