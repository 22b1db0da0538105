"""The order of a take-over, played on paper from every state that it can be broken off in."""

from dataclasses import replace

import pytest

from baremetal_lb.decide.migration.steps import Act, Done, Observed, Wait, Workload, give_back, take_over

CONTROLLER = Workload("controller", wanted=1, pods=1, ready=1)
SPEAKERS = Workload("speaker", wanted=3, pods=3, ready=3)
METALLB = Observed(controller=CONTROLLER, metallb_speakers=SPEAKERS)
OURS = replace(METALLB, has_pools=True, leads=True, verdict="accepted: 1 pool", speakers=3)


def perform(seen: Observed, act: Act) -> Observed:
    """The cluster after an act, when all that follows from it has come true."""
    controller, speakers = seen.controller, seen.metallb_speakers
    match act:
        case Act.HOLD:
            return replace(seen, held=True, holding=seen.speakers, announcing=0)
        case Act.WRITE_POOLS:
            return replace(seen, has_pools=True, verdict="accepted: 1 pool")
        case Act.STOP_CONTROLLER:
            return replace(seen, controller=replace(controller, wanted=0, pods=0, ready=0, parked=True))
        case Act.STOP_SPEAKERS:
            return replace(seen, metallb_speakers=replace(speakers, wanted=0, pods=0, ready=0, parked=True))
        case Act.RELEASE:
            return replace(seen, held=False, holding=0, announcing=2)
        case Act.START_SPEAKERS:
            return replace(seen, metallb_speakers=SPEAKERS)
        case Act.START_CONTROLLER:
            return replace(seen, controller=CONTROLLER)


def play(decide, seen: Observed) -> tuple[list[Act], Observed]:
    """All acts up to the end, or to a wait that nothing ends here."""
    acts = []
    while isinstance(step := decide(seen), Act):
        acts.append(step)
        seen = perform(seen, step)
        assert len(acts) < 10, acts
    assert isinstance(step, Done), step
    return acts, seen


def test_ours_stand_by_before_anything_of_metallbs_stops_and_speak_after_it():
    """And each thing is done once."""
    acts, end = play(take_over, OURS)
    assert acts == [Act.HOLD, Act.STOP_CONTROLLER, Act.STOP_SPEAKERS, Act.RELEASE]
    assert play(take_over, end) == ([], end)


def test_what_was_taken_over_can_be_given_back_and_taken_over_again():
    """In the opposite order: ours are silent before MetalLB's speak."""
    _, taken = play(take_over, OURS)
    acts, given = play(give_back, taken)
    assert acts == [Act.HOLD, Act.START_SPEAKERS, Act.START_CONTROLLER]
    assert given.held
    assert play(give_back, given) == ([], given)
    assert play(take_over, given)[0] == [Act.STOP_CONTROLLER, Act.STOP_SPEAKERS, Act.RELEASE]


@pytest.mark.parametrize("after", range(5))
def test_a_take_over_that_is_broken_off_goes_on_where_it_was(after):
    """Whatever was done is not done again."""
    acts, _ = play(take_over, OURS)
    seen = OURS
    for act in acts[:after]:
        seen = perform(seen, act)
    assert play(take_over, seen)[0] == acts[after:]


def test_pools_are_written_where_there_are_none():
    """Held first, so that a speaker never sees them without."""
    seen = replace(OURS, has_pools=False, verdict="")
    assert play(take_over, seen)[0][:2] == [Act.HOLD, Act.WRITE_POOLS]


HELD = replace(OURS, held=True, holding=3)


@pytest.mark.parametrize(
    ("decide", "seen", "says"),
    [
        pytest.param(
            take_over, replace(HELD, leads=False), "until a controller of ours leads", id="no-controller"
        ),
        pytest.param(take_over, replace(HELD, verdict="rejected: x"), "it says: rejected: x", id="rejected"),
        pytest.param(take_over, replace(HELD, verdict=""), "it says: nothing yet", id="not-judged"),
        pytest.param(
            take_over,
            replace(HELD, daemon_set=replace(SPEAKERS, wanted=4)),
            "hold back: 3 of 4 do",
            id="one-has-not-begun",
        ),
        pytest.param(
            take_over,
            replace(HELD, daemon_set=Workload("ours")),
            "until speakers of ours report",
            id="no-pods-yet",
        ),
        pytest.param(
            take_over, replace(HELD, speakers=0, holding=0), "until speakers of ours report", id="no-speaker"
        ),
        pytest.param(take_over, replace(HELD, holding=2), "2 of 3 do", id="one-does-not-hold"),
        pytest.param(
            take_over, replace(HELD, announcing=1), "until our speakers hold back", id="still-announcing"
        ),
        pytest.param(
            take_over,
            replace(HELD, controller=replace(CONTROLLER, wanted=0)),
            "controller has stopped: 1 left",
            id="going",
        ),
        pytest.param(
            take_over,
            replace(HELD, controller=None, metallb_speakers=replace(SPEAKERS, wanted=0, pods=2, parked=True)),
            "speakers have stopped: 2 left",
            id="speakers-going",
        ),
        pytest.param(
            take_over,
            Observed(silent=("a/1", "a/2", "a/3", "a/4")),
            "a/1, a/2, a/3 and 1 more",
            id="not-announced",
        ),
        pytest.param(
            give_back,
            replace(HELD, announcing=2, metallb_speakers=replace(SPEAKERS, parked=True)),
            "they announce 2",
            id="leaving",
        ),
        pytest.param(
            give_back,
            replace(HELD, metallb_speakers=replace(SPEAKERS, ready=1)),
            "ready: 1 of 3",
            id="speakers-starting",
        ),
        pytest.param(
            give_back,
            replace(HELD, controller=replace(CONTROLLER, ready=0)),
            "ready: 0 of 1",
            id="controller-starting",
        ),
    ],
)
def test_what_is_waited_for_is_said(decide, seen, says):
    """Nothing is done before what it needs is so."""
    step = decide(seen)
    assert isinstance(step, Wait)
    assert says in step.what


def test_without_metallb_there_is_nothing_to_do():
    """Neither way."""
    assert take_over(Observed()) == give_back(Observed()) == Done()
