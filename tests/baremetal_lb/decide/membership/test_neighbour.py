"""One neighbour: whose beats count, and when its silence is too long."""

from dataclasses import replace

import pytest

from baremetal_lb.decide.membership.neighbour import MICRO, OLD, HeartbeatState, Neighbour, Timing
from baremetal_lb.model.membership import Beat, Echo, Ignored

TIMING = Timing(interval=0.1)
ME = 7  # this process's incarnation


def beat(at, incarnation=1, echo="fresh"):
    """One that was sent then; it has heard us a moment before."""
    heard = Echo(ME, int((at - 0.001) * MICRO), 0) if echo == "fresh" else echo
    return Beat("node-2", incarnation, int(at * MICRO), heard, 0, ())


def alive(at=100.0):
    link = Neighbour()
    link.hear(beat(at), TIMING, at)
    return link


@pytest.mark.parametrize(
    ("echo", "why"),
    [
        pytest.param("fresh", None, id="proven"),
        pytest.param(None, Ignored.UNPROVEN, id="has-not-heard-us"),
        pytest.param(Echo(ME - 1, int(99.9 * MICRO), 0), Ignored.UNPROVEN, id="heard-who-we-were-before"),
        pytest.param(Echo(ME, int((100 - OLD - 0.1) * MICRO), 0), Ignored.UNPROVEN, id="long-ago"),
    ],
)
def test_a_beat_counts_where_it_proves_that_its_sender_has_heard_us_lately(echo, why):
    """So nothing recorded and played again keeps a dead node alive."""
    assert Neighbour().why_not(beat(100.0, echo=echo), ME, 100.0) is why


def test_the_same_beat_does_not_count_twice():
    """Nor does one that is older."""
    link = alive()
    assert link.why_not(beat(100.0), ME, 100.0) is Ignored.REPLAYED
    assert link.why_not(beat(99.99), ME, 100.0) is Ignored.REPLAYED
    assert link.why_not(beat(100.01), ME, 100.01) is None


def test_a_life_that_is_over_stays_over():
    """Its beats may come late."""
    link = alive()
    link.hear(beat(100.1, incarnation=2), TIMING, 100.1)
    assert link.why_not(beat(100.2, incarnation=1), ME, 100.2) is Ignored.REPLAYED


def test_silence_makes_suspect_and_then_missed():
    """After two beats, and after three and all answers."""
    link = alive(100.0)
    assert not link.watch(TIMING, 100.2)
    assert link.state is HeartbeatState.ALIVE
    assert not link.watch(TIMING, 100.22)
    assert link.state is HeartbeatState.SUSPECT
    assert link.watch(TIMING, 100.36)
    assert link.state is HeartbeatState.DEAD
    assert not link.watch(TIMING, 101.0)


def test_delays_that_ended_well_stretch_its_patience_but_not_for_ever():
    """At most to ten beats."""
    link = alive(100.0)
    link.hear(beat(100.4), TIMING, 100.4)  # 0.4 s of silence: 0.19 more than two beats
    assert not link.watch(TIMING, 100.9)
    assert link.watch(TIMING, 100.4 + TIMING.interval * 10)


def test_a_time_in_which_we_could_not_hear_is_not_counted():
    """This process was paused."""
    link = alive(100.0)
    link.excuse(5.0)
    assert not link.watch(TIMING, 105.1)
    assert link.state is HeartbeatState.ALIVE


def test_what_we_have_heard_last_is_told_with_how_long_ago():
    """In microseconds; before anything was heard there is nothing to tell."""
    assert Neighbour().echo(100.0) is None
    assert alive(100.0).echo(100.25) == Echo(1, 100 * MICRO, MICRO // 4)


def test_a_greeting_is_answered_with_its_own_stamp():
    """Then the next beat proves something; who is alive is not set back by it."""
    link = Neighbour()
    assert link.greet(beat(100.0, echo=None), 100.0) == Echo(1, 100 * MICRO, 0)
    assert link.echo(100.5) == Echo(1, 100 * MICRO, MICRO // 2)
    known = alive(100.0)
    known.greet(beat(90.0, incarnation=9, echo=None), 100.1)
    assert known.echo(100.1) == replace(Echo(1, 100 * MICRO, 0), held=known.echo(100.1).held)


def test_it_says_when_silence_makes_the_next_difference():
    """Never, where nobody was heard."""
    assert Neighbour().wake_at(TIMING) == float("inf")
    link = alive(100.0)
    assert link.wake_at(TIMING) == pytest.approx(100.21)
    link.watch(TIMING, 100.22)
    link.asked = 100.22
    assert link.wake_at(TIMING) == pytest.approx(100.245)
