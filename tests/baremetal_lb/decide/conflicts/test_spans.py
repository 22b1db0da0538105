"""Ranges for the kernel's filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.conflicts.spans import spans


@pytest.mark.parametrize(
    ("numbers", "most", "ranges"),
    [
        pytest.param([], 3, (), id="none"),
        pytest.param([7], 3, ((7, 7),), id="one"),
        pytest.param([3, 1, 2, 2], 3, ((1, 3),), id="a-row"),
        pytest.param([1, 2, 10, 11, 50], 3, ((1, 2), (10, 11), (50, 50)), id="room-for-all"),
        pytest.param([1, 2, 10, 11, 50], 2, ((1, 11), (50, 50)), id="the-widest-gap-stays"),
        pytest.param([1, 100, 1000], 1, ((1, 1000),), id="no-room"),
    ],
)
def test_ranges(numbers, most, ranges) -> None:
    """In order; where there are too many, the nearest ones are joined."""
    assert spans(numbers, most) == ranges


@given(st.lists(st.integers(0, 2**32 - 1), max_size=60), st.integers(1, 20))
def test_every_number_is_in_one_of_few_ranges_that_do_not_touch(numbers, most) -> None:
    """Whatever the numbers."""
    found = spans(numbers, most)
    assert len(found) <= most
    assert all(any(first <= each <= last for first, last in found) for each in numbers)
    flat = [edge for each in found for edge in each]
    assert flat == sorted(flat)
    assert all(edge in numbers for edge in flat)
