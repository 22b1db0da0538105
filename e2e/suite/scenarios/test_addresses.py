"""Which address a Service gets: any, one of a pool, one that it names, one that it shares, two."""

from __future__ import annotations

import pytest

from e2e.suite.cluster.cluster import HTTP, load_balancer
from e2e.suite.cluster.pools import SMALL
from e2e.suite.cluster.preparation import GUEST
from e2e.suite.cluster.services import addresses, announced, says

PREFIXES = ("baremetal-lb.io/", "metallb.io/", "metallb.universe.tf/")
PORTS = (80, 81)


def test_the_external_ip_answers(cluster, expose):
    """Who asks for nothing gets an address of the pool for its namespace, and its pods answer there."""
    service = expose("plain")

    address = service.address()

    assert cluster.ground.has(address)
    assert cluster.outside.ask(address).pods <= set(cluster.pods("app=server"))


def test_curl_shows_it_to_a_person(cluster, expose):
    """`curl http://EXTERNAL-IP` on the outside host prints which pod answered."""
    if cluster.outside.run("curl", "--version").returncode:
        pytest.skip("the outside client has no curl")
    address = expose("curled").address()
    cluster.outside.ask(address)  # a real kube-proxy tells nobody when it has programmed a Service

    said = cluster.outside.run("curl", "--silent", "--show-error", "--max-time", "5", f"http://{address}")

    assert '"pod": "server-' in said.stdout, said.stderr


def test_an_annotation_names_the_pool(cluster, services):
    """address-pool, under each prefix: an address of that pool (these share the only one)."""
    shared = {"baremetal-lb.io/allow-shared-ip": "small"}
    made = services(
        *(
            load_balancer(
                f"of-a-pool-{number}",
                annotations={f"{prefix}address-pool": SMALL, **shared},
                ports=[{**HTTP, "port": 80 + number}],
            )
            for number, prefix in enumerate(PREFIXES)
        )
    )

    found = cluster.until_announced(*made)

    assert [addresses(each) for each in found] == [[str(cluster.ground.small)]] * len(PREFIXES)
    assert {each["metadata"]["annotations"]["baremetal-lb.io/ip-allocated-from-pool"] for each in found} == {
        SMALL
    }


def test_a_service_names_its_address(cluster, services):
    """loadBalancerIPs, under each prefix, and spec.loadBalancerIP: this address, which then answers."""
    wanted = [str(cluster.ground.last - number) for number in range(len(PREFIXES) + 1)]
    by_annotation = [
        load_balancer(f"named-{number}", annotations={f"{prefix}loadBalancerIPs": wanted[number]})
        for number, prefix in enumerate(PREFIXES)
    ]
    made = services(*by_annotation, load_balancer("named-by-spec", loadBalancerIP=wanted[-1]))

    found = cluster.until_announced(*made)

    assert [addresses(each) for each in found] == [[each] for each in wanted]
    cluster.outside.ask_all([(each, 80) for each in wanted])


def test_services_with_one_key_share_an_address(cluster, services):
    """allow-shared-ip, under each prefix: two Services with other ports have one address, and both answer."""
    wanted = [str(cluster.ground.last - number) for number in range(len(PREFIXES))]
    made = services(
        *(
            load_balancer(
                f"shared-{number}-{port}",
                annotations={
                    f"{prefix}allow-shared-ip": f"together-{number}",
                    "baremetal-lb.io/loadBalancerIPs": wanted[number],
                },
                ports=[{**HTTP, "port": port}],
            )
            for number, prefix in enumerate(PREFIXES)
            for port in PORTS
        )
    )

    found = cluster.until_announced(*made)

    assert [addresses(each) for each in found] == [[each] for each in wanted for _ in PORTS]
    cluster.outside.ask_all([(each, port) for each in wanted for port in PORTS])


def test_a_namespace_shares_where_the_first_owner_lists_it(cluster, expose):
    """share-with-namespaces: a Service of a namespace that is listed joins."""
    key = {"baremetal-lb.io/allow-shared-ip": "ours"}
    wanted = expose("host", annotations={**key, "baremetal-lb.io/share-with-namespaces": GUEST}).address()
    asked = {**key, "baremetal-lb.io/loadBalancerIPs": wanted}

    guest = expose("guest", namespace=GUEST, annotations=asked, ports=[{**HTTP, "port": 81}])

    assert addresses(guest.until(says("Allocated", "Allocated"))) == [wanted]


def test_a_namespace_that_is_not_listed_shares_nothing(expose):
    """A key under our prefix holds in its own namespace: the other is told so, and has no address."""
    key = {"baremetal-lb.io/allow-shared-ip": "mine"}
    wanted = expose("alone", annotations=key).address()
    asked = {**key, "baremetal-lb.io/loadBalancerIPs": wanted}

    stranger = expose("stranger", namespace=GUEST, annotations=asked, ports=[{**HTTP, "port": 81}])

    assert addresses(stranger.until(says("Allocated", "SharingRefused"))) == []


def test_a_service_of_another_class_is_left_alone(cluster, expose):
    """spec.loadBalancerClass that is not ours: no address, no condition; a later Service has both."""
    foreign = expose("foreign", loadBalancerClass="example.com/other")

    expose("later").until(announced)

    assert foreign.object()["status"] == {"loadBalancer": {}}


def test_a_dual_stack_service_has_an_address_of_each_family_and_both_answer(cluster, expose):
    """PreferDualStack: IPv4 and IPv6 of one pool, announced by one node."""
    service = expose("dual", ipFamilyPolicy="PreferDualStack")
    families = service.object()["spec"]["ipFamilies"]
    if len(families) < 2:
        pytest.skip(f"the cluster's Services are {families[0]} only")
    if not any(each.first.version == 6 for each in cluster.ground.main):
        pytest.skip("the suite has no IPv6 addresses: see --pool")

    both = service.addresses()

    assert [":" in each for each in both] == [False, True]
    cluster.outside.ask_all([(each, 80) for each in both])
