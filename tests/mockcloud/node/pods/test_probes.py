"""When probes run and what their answers mean."""

from mockcloud.node.pods.probes import SETTLE, ContainerProbes
from mockcloud.node.pods.spec import ProbeKind, ProbeSpec, TcpSocket

WHERE = TcpSocket(80)


def kinds(probes, now):
    return [spec.kind for spec in probes.due(now)]


def test_a_container_without_probes_is_started_and_ready():
    """No question, no doubt."""
    probes = ContainerProbes.begin((), 0.0)
    assert (probes.started, probes.ready, probes.wake()) == (True, True, None)


def test_the_first_probe_waits_for_the_initial_delay_then_comes_every_period():
    """initialDelaySeconds, then periodSeconds from when it was due, not from when it was answered."""
    probes = ContainerProbes.begin((ProbeSpec(ProbeKind.READINESS, WHERE, initial_delay=3, period=5),), 10.0)
    assert (probes.wake(), kinds(probes, 12.9), kinds(probes, 13.0)) == (13.0, [], [ProbeKind.READINESS])
    assert kinds(probes, 14.0) == []
    probes.answer(ProbeKind.READINESS, 14.5, ok=True)
    assert (probes.ready, probes.wake()) == (True, 18.0)


def test_who_is_not_up_yet_is_asked_more_often_at_first():
    """Between the first two probes; a failure there is none of startup's, a good answer is good at once."""
    startup = ProbeSpec(ProbeKind.STARTUP, WHERE, period=2, failures=2)
    probes = ContainerProbes.begin((startup,), 0.0)
    asked = {}
    while probes.failed is None:
        moment = probes.wake()
        probes.due(moment)
        asked[round(moment, 3)] = probes.answer(ProbeKind.STARTUP, moment, ok=False)
    assert asked == {0.2: True, 0.4: False, 0.7: False, 1.15: False, 1.825: False, 2.2: True}

    probes = ContainerProbes.begin((startup, ProbeSpec(ProbeKind.READINESS, WHERE, period=9)), 0.0)
    for ok, moment in ((False, 0.2), (True, 0.4)):
        probes.due(moment)
        probes.answer(ProbeKind.STARTUP, moment, ok=ok)
    for ok in (False, True):
        moment = probes.wake()
        assert kinds(probes, moment) == [ProbeKind.READINESS]
        probes.answer(ProbeKind.READINESS, moment, ok=ok)
    assert moment < 0.7
    assert (probes.started, probes.ready, probes.wake()) == (True, True, 9.4)


def test_a_liveness_probe_is_asked_once_a_period_from_the_first():
    """More often it would end a container sooner than somebody wrote."""
    probes = ContainerProbes.begin((ProbeSpec(ProbeKind.LIVENESS, WHERE, period=5, failures=3),), 0.0)
    asked = []
    while probes.failed is None:
        asked.append(probes.wake())
        probes.due(asked[-1])
        probes.answer(ProbeKind.LIVENESS, asked[-1], ok=False)
    assert asked == [SETTLE, SETTLE + 5, SETTLE + 10]


def test_thresholds_count_answers_in_a_row():
    """successThreshold and failureThreshold; one answer of the other kind starts the count again."""
    spec = ProbeSpec(ProbeKind.READINESS, WHERE, period=1, successes=2, failures=2)
    probes = ContainerProbes.begin((spec,), 0.0)
    seen = []
    for ok in (True, False, True, True, False, True, False, False):
        probes.due(100.0)
        probes.answer(ProbeKind.READINESS, 100.0, ok=ok)
        seen.append(probes.ready)
    assert seen == [False, False, False, True, True, True, True, False]


def test_nothing_else_is_asked_before_the_startup_probe_succeeds():
    """Startup first, then the others at once; startup never again."""
    startup = ProbeSpec(ProbeKind.STARTUP, WHERE, period=1)
    readiness = ProbeSpec(ProbeKind.READINESS, WHERE)
    probes = ContainerProbes.begin((startup, readiness), 0.0)
    assert kinds(probes, 5.0) == [ProbeKind.STARTUP]
    assert (probes.started, probes.ready) == (False, False)
    probes.answer(ProbeKind.STARTUP, 5.0, ok=True)
    assert kinds(probes, 5.0) == [ProbeKind.READINESS]
    probes.answer(ProbeKind.READINESS, 5.1, ok=True)
    assert (probes.started, probes.ready, probes.failed) == (True, True, None)
    assert kinds(probes, 6.0) == []


def test_a_failed_startup_probe_ends_the_questions():
    """The container is to be restarted: until then nothing is asked."""
    startup = ProbeSpec(ProbeKind.STARTUP, WHERE, period=1, failures=1)
    probes = ContainerProbes.begin((startup,), 0.0)
    probes.due(SETTLE)
    probes.answer(ProbeKind.STARTUP, SETTLE, ok=False)
    assert (probes.failed, probes.wake()) == (ProbeKind.STARTUP, None)
