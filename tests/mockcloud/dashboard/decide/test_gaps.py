"""What a probe tells: gaps between connections, counts, bars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.dashboard.decide.gaps import BAR_SECONDS, BARS, LEAST_GAP, Gap, Try, shown

START = 1000.0


def steady(first: int, last: int, seconds: float | None = 0.01) -> list[Try]:
    """Ten a second, numbered from START."""
    return [Try(START + number / 10, seconds) for number in range(first, last)]


@pytest.mark.parametrize(
    ("tries", "now", "gaps"),
    [
        pytest.param([], 5.0, (), id="nothing yet"),
        pytest.param(steady(0, 50), 5.0, (), id="all made"),
        pytest.param(
            [*steady(0, 20), *steady(20, 25, None), *steady(25, 50)],
            5.0,
            (Gap(START + 1.91, 0.6, True),),
            id="five lost",
        ),
        pytest.param(
            [*steady(0, 20), *steady(20, 22, None), *steady(22, 50)],
            5.0,
            (Gap(START + 1.91, 0.3, True),),
            id="two lost",
        ),
        pytest.param(
            [*steady(0, 20), *steady(20, 21, None), *steady(21, 50)], 5.0, (), id="one lost: no gap"
        ),
        pytest.param(
            [*steady(0, 20), *steady(20, 40, None)], 4.9, (Gap(START + 1.91, 2.99, False),), id="until now"
        ),
        pytest.param(steady(0, 10, None), 1.9, (Gap(START, 1.9, False),), id="never any"),
        pytest.param(
            [*steady(0, 10, None), *steady(10, 20)], 2.0, (Gap(START, 1.01, True),), id="not at first"
        ),
        pytest.param(steady(0, 20), 60.0, (), id="nothing was tried since"),
        pytest.param(
            [*steady(0, 20), Try(START + 2.0, 0.8), *steady(28, 40)],
            4.0,
            (Gap(START + 1.91, 0.89, True),),
            id="a slow one",
        ),
    ],
)
def test_gaps(tries, now, gaps):
    """From one connection to the next, where that is longer than they are apart anyway, or some were lost."""
    found = shown("192.168.10.200:80", tries, START + now, running=True)
    assert [(each.began, each.seconds, each.over) for each in found.gaps] == [
        (pytest.approx(each.began), pytest.approx(each.seconds), each.over) for each in gaps
    ]
    assert found.longest == pytest.approx(max((each.seconds for each in gaps), default=0.0))


def test_counts_and_bars():
    """Of the last minute, the oldest first."""
    tries = [*steady(0, 10), *steady(10, 15, None), *steady(15, 25)]
    tries[22] = Try(tries[22].at, None)
    found = shown("x:1", tries, START + 2.5, running=False, said="it was stopped")
    assert (found.target, found.running, found.said) == ("x:1", False, "it was stopped")
    assert (found.tried, found.lost) == (25, 6)
    assert len(found.bars) == BARS
    assert found.bars[-6:] == ("good", "good", "bad", "good", "mixed", "")


@given(st.lists(st.tuples(st.floats(0, 100), st.none() | st.floats(0, 0.9))), st.floats(0, 10))
def test_whatever_was_tried(told, later):
    """No gap is shorter than counts without a loss, none overlaps another, the newest comes first."""
    tries = [Try(START + at, seconds) for at, seconds in told]
    end = START + 101 + later
    found = shown("x:1", tries, end, running=True)
    assert all(each.seconds >= LEAST_GAP or found.lost >= 2 for each in found.gaps)
    assert [each.began for each in found.gaps] == sorted((each.began for each in found.gaps), reverse=True)
    for newer, older in zip(found.gaps, found.gaps[1:], strict=False):
        assert older.began + older.seconds <= newer.began + 0.002
    assert sum(each != "" for each in found.bars) <= len(tries)
    assert BARS * BAR_SECONDS == 60
