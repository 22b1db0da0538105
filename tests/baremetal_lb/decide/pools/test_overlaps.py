"""Overlaps by sorting, held against comparing each with each."""

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.pools.overlaps import ENOUGH, Claimed, overlapping
from baremetal_lb.model.addresses import AddressRange


def claim(ends: tuple[int, int], base: str) -> Claimed:
    first, last = (ip_address(base) + end for end in sorted(ends))
    return Claimed("x", AddressRange(first, last))


ENDS = st.tuples(st.integers(0, 40), st.integers(0, 40))
CLAIMS = st.lists(st.builds(claim, ENDS, st.sampled_from(["10.0.0.0", "fd00::"])), max_size=12)


@given(CLAIMS)
def test_who_overlaps_is_found(claims):
    """Every pair, as long as nobody overlaps with very many; and of those that do, each at least once."""
    pairs = {
        (one, other)
        for other in range(len(claims))
        for one in range(other)
        if claims[one].range.overlaps(claims[other].range)
    }
    found = list(overlapping(claims))
    assert len(found) == len(set(found))
    assert set(found) <= pairs
    if len(claims) <= ENOUGH:
        assert pairs == set(found)
    assert {at for pair in pairs for at in pair} == {at for pair in found for at in pair}


def test_a_line_repeated_a_thousand_times_is_not_told_a_million_times():
    """Each with a few others is enough."""
    claims = [claim((0, 9), "10.0.0.0")] * 1000
    assert len(list(overlapping(claims))) <= 1000 * ENOUGH
