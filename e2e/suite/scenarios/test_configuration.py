"""What becomes of pools that are full, or wrong."""

from __future__ import annotations

from e2e.suite.cluster.pools import SMALL
from e2e.suite.cluster.preparation import NAMESPACE
from e2e.suite.cluster.services import condition, says

FROM_THE_SMALL = {"baremetal-lb.io/address-pool": SMALL}


def test_who_waits_for_a_full_pool_is_told_so_and_served_when_an_address_frees(cluster, expose):
    """Condition and Event say that the pool is full; who waits then answers at the freed address."""
    first = expose("holds-the-last", annotations=FROM_THE_SMALL)
    held = first.address()

    waiting = expose("waits", annotations=FROM_THE_SMALL)

    full = condition(waiting.until(says("Allocated", "Exhausted")), "Allocated")["message"]
    assert SMALL in full
    assert full in cluster.event("AllocationFailed", waiting.name, NAMESPACE)
    first.delete()
    assert waiting.addresses() == [held]
    cluster.outside.ask(held)


def test_a_wrong_configuration_is_refused_and_the_last_good_one_stays(cluster, expose):
    """The Event and the verdict name the fault by its path; Services get addresses as before."""
    wrong = cluster.ground.config.replace("protocol: layer2", "protocol: layer3")

    cluster.config_map.write(wrong)
    try:
        assert "address-pools[0].protocol" in cluster.config_map.until_verdict("rejected: ")
        told = cluster.event("ConfigRejected", cluster.config_map.name, cluster.config_map.namespace)
        assert "address-pools[0].protocol" in told
        assert cluster.ground.has(expose("meanwhile").address())
    finally:
        cluster.config_map.write(cluster.ground.config)
        cluster.config_map.until_verdict("accepted: ")
