"""Who takes new connections."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from mockcloud.cloud.core.forwarding import Check, Pool, Speaks
from mockcloud.cloud.core.health import HealthStatus
from mockcloud.edge.decide.takers import listening
from mockcloud.edge.decide.takers import port as judged
from tests.mockcloud.edge.decide.ports import backend, port

CHECK = Check(Speaks.TCP, 80, 15.0, 10.0, 3, 3)
A, B, LEAVING = backend(1), backend(2), backend(3, draining=True)
GOOD, BAD, UNKNOWN = HealthStatus.HEALTHY, HealthStatus.UNHEALTHY, HealthStatus.UNKNOWN


@pytest.mark.parametrize(
    ("statuses", "fails_open", "takers"),
    [
        pytest.param({A: GOOD, B: GOOD, LEAVING: GOOD}, False, (A, B), id="who-drains-takes-none"),
        pytest.param({A: GOOD, B: BAD}, False, (A,), id="who-is-unhealthy-takes-none"),
        pytest.param({A: UNKNOWN, B: GOOD}, False, (B,), id="who-is-not-known-yet-takes-none"),
        pytest.param({A: BAD, B: UNKNOWN}, False, (), id="nobody"),
        pytest.param(
            {A: BAD, B: UNKNOWN, LEAVING: GOOD}, True, (A, B), id="fails-open-but-not-to-who-drains"
        ),
        pytest.param({A: GOOD, B: BAD}, True, (A,), id="open-only-where-nobody-is-healthy"),
    ],
)
def test_takers(statuses, fails_open, takers):
    """Healthy targets that do not drain; where there are none, all, if the pool fails open."""
    forwarding = port(A, B, LEAVING).forwarding
    pools = {forwarding.pool: Pool(forwarding.pool, CHECK, forwarding.backends, fails_open)}
    found = judged(forwarding, pools, lambda _, each: statuses.get(each) is GOOD)
    assert found.takers == takers


V4, V6 = ip_address("198.18.0.1"), ip_address("2001:db8::1")


@pytest.mark.parametrize(
    ("addresses", "silent", "left"),
    [
        pytest.param((V4, V6), set(), [(V4, V6)], id="none-is-silent"),
        pytest.param((V4, V6), {V4, V6}, [(V4,)], id="ipv4-is-dropped-by-nftables"),
        pytest.param((V6,), {V6}, [], id="none-is-left"),
    ],
)
def test_nobody_listens_on_ipv6_addresses_that_are_silent(addresses, silent, left):
    """A port with no other address is not there."""
    made = port(A)
    ports = [replace(made, forwarding=replace(made.forwarding, addresses=addresses))]
    assert [each.forwarding.addresses for each in listening(ports, silent)] == left
