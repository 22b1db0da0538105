"""Ranges for the kernel's filter."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.layer2.acd.spans import spans


@pytest.mark.parametrize(
    ("ranges", "most", "found"),
    [
        pytest.param([], 3, (), id="none"),
        pytest.param([(7, 7)], 3, ((7, 7),), id="one"),
        pytest.param([(3, 3), (1, 2), (2, 2)], 3, ((1, 3),), id="those-that-touch-are-one"),
        pytest.param([(1, 9), (2, 3)], 3, ((1, 9),), id="one-in-another"),
        pytest.param([(10, 11), (1, 2), (50, 50)], 3, ((1, 2), (10, 11), (50, 50)), id="room-for-all"),
        pytest.param([(1, 2), (10, 11), (50, 50)], 2, ((1, 11), (50, 50)), id="the-widest-gap-stays"),
        pytest.param([(1, 1), (100, 100), (1000, 1000)], 1, ((1, 1000),), id="no-room"),
    ],
)
def test_ranges(ranges, most, found) -> None:
    """In order; where there are too many, the nearest ones are joined."""
    assert spans(ranges, most) == found


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 999)), max_size=60), st.integers(1, 20))
def test_every_range_is_in_one_of_few_that_do_not_touch(starts, most) -> None:
    """Whatever the ranges."""
    ranges = [(first, first + length) for first, length in starts]
    found = spans(ranges, most)
    assert len(found) <= most
    assert all(any(first <= low and high <= last for first, last in found) for low, high in ranges)
    flat = [edge for each in found for edge in each]
    assert flat == sorted(flat)
    assert all(after[0] > before[1] + 1 for before, after in pairwise(found))
