"""What becomes of an address that a host outside of the cluster has."""

from __future__ import annotations

import random

import pytest

from e2e.suite.cluster.services import condition, says

OTHERS = 8  # the last addresses, which other scenarios ask for


def test_an_address_that_a_foreign_host_has_is_announced_when_he_is_gone(cluster, expose):
    """The condition names his MAC and nobody of us answers; when he leaves, the Service is announced."""
    if why := cluster.outside.cannot_ask_by_arp():
        pytest.skip(why)
    wanted = str(_not_lately_ours(cluster.ground))

    with cluster.outside.claiming(wanted) as mac:
        service = expose("contested", loadBalancerIP=wanted)
        found = service.until(says("Announced", "AddressInUse"))
        assert mac in condition(found, "Announced")["message"]

    assert service.addresses() == [wanted]
    cluster.outside.ask(wanted)


def _not_lately_ours(ground):
    """Of the upper half of the pool, given last: what was ours in the last 30 s is not probed for."""
    return ground.last - random.SystemRandom().randrange(OTHERS, ground.size // 2)
