"""What the chaos benchmark makes of answers."""

import pytest

from bench.asking import TICK, longest


@pytest.mark.parametrize(
    ("counts", "gap", "double"),
    [
        pytest.param([1, 1, 1], 0, 0, id="one-always"),
        pytest.param([1, 0, 0, 1, 0], 2, 0, id="two-gaps"),
        pytest.param([1, 2, 3, 1, 2], 0, 2, id="two-doubles"),
        pytest.param([], 0, 0, id="nothing-asked"),
    ],
)
def test_longest_runs_are_what_is_told(counts, gap, double) -> None:
    """In seconds: of ticks without an answer, and of ticks with more than one."""
    assert longest(counts, lambda count: count == 0) == gap * TICK
    assert longest(counts, lambda count: count > 1) == double * TICK
