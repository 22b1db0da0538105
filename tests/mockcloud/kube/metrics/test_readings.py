"""From what agents say to what was used."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.metrics.readings import Counters, Reading, Usage, earlier, parse, used
from mockcloud.node.measuring import exposition, usage

WEB = ("default", "web")


def test_what_an_agent_says_is_understood():
    """The text is the agent's own; of pods it is their containers that count."""
    said = usage.Measured(
        usage.Usage(20.75, 163), {WEB: usage.Usage(15.0, 63, 2.0)}, {WEB: {"main": usage.Usage(7.0, 44, 4.5)}}
    )
    expected = Reading(1000.5, Counters(20.75, 163), {WEB: {"main": Counters(7.0, 44, 4.5)}})
    assert parse(exposition.text(said, 1000.5)) == expected


@pytest.mark.parametrize("text", ["", "<html>404</html>", "node_cpu_usage_seconds_total 1", "node_ 1 2 3"])
def test_an_answer_of_something_else_is_refused(text):
    """Another program may be at a node's port."""
    with pytest.raises(ValueError, match="no figures of the node itself"):
        parse(text)


@given(st.text())
def test_no_text_is_worse_than_refused(text):
    """Whatever a port says."""
    with contextlib.suppress(ValueError):
        parse(text)


@pytest.mark.parametrize(
    ("times", "last", "expected"),
    [
        pytest.param([], 100.0, None, id="nothing before"),
        pytest.param([99.5], 100.0, None, id="too near"),
        pytest.param([69.0], 100.0, None, id="too long ago"),
        pytest.param([69.0, 80.0, 95.0, 99.9], 100.0, 80.0, id="the oldest that is fit"),
        pytest.param([101.0, 150.0], 100.0, None, id="the clock was set back"),
    ],
)
def test_use_is_measured_from_the_oldest_fit_reading(times, last, expected):
    """The longer, the steadier: the kernel counts in hundredths of a second."""
    found = earlier([Reading(at) for at in times], Reading(last))
    assert (found and found.at) == expected


@pytest.mark.parametrize(
    ("before", "after", "cores"),
    [
        pytest.param(Counters(10.0, 1, 5.0), Counters(15.0, 2, 5.0), 0.5, id="half a core"),
        pytest.param(Counters(10.0, 1, 5.0), Counters(15.0, 2, 5.01), 0.5, id="the same start, read twice"),
        pytest.param(Counters(10.0, 1, 5.0), Counters(9.0, 2, 5.0), 0.0, id="an orphan's time is gone"),
        pytest.param(None, Counters(3.0, 2, 106.0), 0.75, id="begun 4 s ago"),
        pytest.param(Counters(50.0, 1, 5.0), Counters(3.0, 2, 106.0), 0.75, id="started again 4 s ago"),
        pytest.param(None, Counters(0.5, 2, 109.9), 0.5, id="begun just now: as of a second"),
        pytest.param(None, Counters(5.0, 2, 20.0), 0.5, id="seen for the first time, though old"),
    ],
)
def test_cores_are_time_by_time(before, after, cores):
    """From 100 to 110; memory is what it is at the end."""
    first = Reading(100.0, Counters(), {WEB: {"main": before}} if before else {})
    window = used(first, Reading(110.0, Counters(20.0, 7), {WEB: {"main": after}}))
    assert (window.at, window.seconds, window.node) == (110.0, 10.0, Usage(2.0, 7))
    assert window.pods == {WEB: {"main": Usage(pytest.approx(cores), 2)}}
