"""What clients notice when the balancer's own daemons are replaced."""

from __future__ import annotations

import pytest

from e2e.suite.cluster.daemons import CONTROLLER, SPEAKERS
from e2e.suite.cluster.services import announced


@pytest.mark.parametrize("daemons", [CONTROLLER, SPEAKERS])
def test_a_restart_changes_no_address_and_a_client_is_served(cluster, expose, daemons):
    """As `kubectl rollout restart`: the address stays, no long gap, and the next Service is served."""
    if why := cluster.daemons.cannot_restart():
        pytest.skip(why)
    service = expose("stays")
    address = service.address()

    with cluster.outside.connecting(address) as seen:
        cluster.daemons.restart(daemons)
        service.until(announced)

    assert service.addresses() == [address]
    assert seen.longest < cluster.environment.longest_gap
    cluster.outside.ask(expose(f"after-{daemons}").address())


def test_an_upgrade_changes_no_address_and_a_client_is_served(cluster, expose):
    """The same for whatever --upgrade runs, as `helm upgrade`, which writes the chart's own pools anew."""
    cluster.needs(cluster.environment.upgrade)
    service = expose("outlives", annotations={"baremetal-lb.io/address-pool": cluster.ground.lasting})
    address = service.address()

    try:
        with cluster.outside.connecting(address) as seen:
            cluster.perform(cluster.environment.upgrade)
            service.until(announced)
        assert service.addresses() == [address]
    finally:
        cluster.config_map.write(cluster.ground.config)

    assert seen.longest < cluster.environment.longest_gap
