"""Whose process is whose, and a node's CPU time that never falls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.node.measuring.usage import (
    Meter,
    PodProcesses,
    Process,
    Seen,
    Usage,
    below,
    cpu_of,
    measured,
)

AGENT, HOLDER, FIRST, MAIN, CHILD, SIDECAR, ORPHAN, OTHERS = 10, 20, 21, 22, 23, 24, 25, 99
PROCESSES = {
    1: Process(0, 1000.0, 0.0),
    AGENT: Process(1, 5.0, 1.0),
    HOLDER: Process(AGENT, 0.5, 2.0),
    FIRST: Process(HOLDER, 0.25, 3.0),
    MAIN: Process(HOLDER, 2.0, 4.0),
    CHILD: Process(MAIN, 1.0, 5.0),
    SIDECAR: Process(HOLDER, 8.0, 6.0),
    ORPHAN: Process(FIRST, 4.0, 7.0),
    OTHERS: Process(1, 500.0, 8.0),
}
# The orphan left the main program's session and parent, but not its mounts.
MOUNTS = {HOLDER: (0, 1), FIRST: (0, 2), MAIN: (0, 3), CHILD: (0, 3), ORPHAN: (0, 3), SIDECAR: (0, 4)}
MEMORY = {AGENT: 100, HOLDER: 1, FIRST: 2, MAIN: 4, CHILD: 8, SIDECAR: 16, ORPHAN: 32, OTHERS: 64}
SEEN = Seen(PROCESSES, MOUNTS, MEMORY)
POD = PodProcesses(("default", "web"), FIRST, {"main": MAIN, "sidecar": SIDECAR})


def of(pod, seen=SEEN):
    trees = below(seen.processes, {AGENT, pod.holder(seen.processes)})
    return measured([pod], seen, trees, Meter().advanced(cpu_of(trees, seen.processes)))


def test_a_containers_processes_are_those_that_see_its_mounts():
    """Children and orphans count, what another container started does not; the pod has its holder, too."""
    found = of(POD)
    assert found.containers == {
        ("default", "web"): {"main": Usage(7.0, 44, 4.0), "sidecar": Usage(8.0, 16, 6.0)}
    }
    assert found.pods == {("default", "web"): Usage(15.75, 63, 2.0)}
    assert found.node == Usage(20.75, 163)


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(SIDECAR, id="a process that has ended"),
        pytest.param(OTHERS, id="a number that somebody else has by now"),
    ],
)
def test_a_container_whose_program_is_gone_has_no_figures(gone):
    """Its pod still has those of the others."""
    mains = {"main": MAIN, "late": gone}
    seen = Seen({pid: each for pid, each in PROCESSES.items() if pid != SIDECAR}, MOUNTS, MEMORY)
    found = of(PodProcesses(("default", "web"), FIRST, mains), seen)
    assert list(found.containers["default", "web"]) == ["main"]


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(PodProcesses(("default", "web"), 77, {"main": MAIN}), id="without process 1"),
        pytest.param(PodProcesses(("default", "web"), FIRST, {}), id="before its first program"),
    ],
)
def test_a_pod_of_which_nothing_runs_has_no_figures(pod):
    """It may be beginning, or ending."""
    assert of(pod).pods == {}


def test_trees_do_not_count_what_is_below_another_root():
    """A holder is its agent's child, unless the agent was started again."""
    assert below(PROCESSES, {AGENT, HOLDER, 77})[AGENT] == {AGENT}
    assert below(PROCESSES, {AGENT, HOLDER, 77})[77] == set()


@given(st.lists(st.dictionaries(st.tuples(st.integers(0, 3), st.just(0.0)), st.floats(0, 1e6)), max_size=8))
def test_the_meter_never_falls(readings):
    """Whatever ends, begins or is seen to have used less than before."""
    meter = Meter()
    for trees in readings:
        after = meter.advanced(trees)
        assert after.total >= meter.total
        meter = after


def test_the_meter_counts_on_when_a_pod_has_gone():
    """What the others use afterwards is not held against what it had used."""
    meter = Meter().advanced({(AGENT, 1.0): 5.0, (HOLDER, 2.0): 100.0}).advanced({(AGENT, 1.0): 7.0})
    assert meter.total == 107.0
    assert meter.advanced({(AGENT, 1.0): 7.0, (HOLDER, 50.0): 1.0}).total == 108.0
