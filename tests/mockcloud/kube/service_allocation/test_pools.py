"""Ranges with a band kept for explicit requests."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.service_allocation.pools import NODE_PORTS, AddressRange, Band, RangeFullError


@pytest.mark.parametrize(
    ("cidr", "family", "kept"),
    [
        pytest.param("10.96.0.0/16", "IPv4", 256, id="most-kept"),
        pytest.param("10.96.0.0/22", "IPv4", 64, id="a-sixteenth"),
        pytest.param("10.96.0.0/27", "IPv4", 16, id="least-kept"),
        pytest.param("10.96.0.0/29", "IPv4", 1, id="too-small-to-keep"),
        pytest.param("fd00:10:96::/112", "IPv6", 256, id="ipv6"),
    ],
)
def test_the_lower_band(cidr, family, kept):
    """min(max(16, size / 16), 256) from the network address on (KEP-3070)."""
    pool = AddressRange.parse(cidr)
    assert pool.family == family
    assert pool.band.dynamic - pool.network == kept


def test_the_node_port_band():
    """30000 to 30085 are kept (KEP-3668)."""
    assert (NODE_PORTS.first, NODE_PORTS.dynamic, NODE_PORTS.last) == (30000, 30086, 32767)


@given(st.integers(0, 2**32), st.sets(st.integers(1, 20)))
def test_a_pick_is_free_and_from_the_upper_band_while_that_has_any(seed, taken):
    """The lower band is the last resort, and a full range says so."""
    band, rng = Band(1, 6, 20), random.Random(seed)
    free = set(range(1, 21)) - taken
    if not free:
        with pytest.raises(RangeFullError):
            band.pick(taken, rng)
        return
    picked = band.pick(taken, rng)
    assert picked in free
    assert picked >= 6 or max(free) < 6


@pytest.mark.parametrize(
    ("cidr", "address", "why"),
    [
        pytest.param("10.96.0.0/16", "10.96.0.1", None, id="first"),
        pytest.param("10.96.0.0/16", "10.97.0.1", "the provided network does not match", id="outside"),
        pytest.param(
            "10.96.0.0/16", "10.96.255.255", "the provided IP (10.96.255.255) is not in", id="broadcast"
        ),
        pytest.param("fd00::/112", "fd00::", "the provided IP (fd00::) is not in", id="ipv6-network"),
        pytest.param("fd00::/112", "fd00::ffff", None, id="ipv6-last"),
        pytest.param("fd00::/112", "10.96.0.1", "the provided network does not match", id="other-family"),
    ],
)
def test_why_an_address_cannot_be_asked_for(cidr, address, why):
    """The ends of the range, and beyond."""
    found = AddressRange.parse(cidr).why_not(address)
    assert found is None if why is None else (found or "").startswith(why)
