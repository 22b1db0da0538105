"""From log files to what `kubectl logs` prints."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.node.streaming.protocols.log_lines import (
    LogOptions,
    LogRenderer,
    NoLog,
    count_lines,
    run_to_show,
)

# The last line is empty after its tag.
LOG = (
    b"""\
2026-01-01T00:00:01.000000001Z stdout F one
2026-01-01T00:00:02.000000002Z stderr F two
2026-01-01T00:00:03.000000003Z stdout P thr
2026-01-01T00:00:03.500000000Z stderr F aside
2026-01-01T00:00:04.000000004Z stdout F ee
2026-01-01T00:00:05.000000005Z stdout F%c
"""
    % 32
)
NOW = datetime(2026, 1, 1, 0, 0, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param({"tailLines": "2"}, b"one\ntwo\n", id="a-tail-grows-not-while-it-is-read"),
        pytest.param({"tailLines": "3"}, b"one\ntwo\nthraside\n", id="a-part-is-no-line"),
        pytest.param({"tailLines": "0"}, b"", id="no-line"),
        pytest.param(
            {"tailLines": "2", "follow": "true"}, b"one\ntwo\nthraside\nee\n\n", id="a-followed-tail-grows"
        ),
        pytest.param({}, b"one\ntwo\nthraside\nee\n\n", id="all"),
        pytest.param({"limitBytes": "5"}, b"one\nt", id="limit"),
        pytest.param({"sinceSeconds": "2"}, b"ee\n\n", id="since-seconds"),
        pytest.param({"sinceSeconds": "9" * 30}, b"one\ntwo\nthraside\nee\n\n", id="since-ever"),
        pytest.param({"sinceTime": "2026-01-01T01:00:05+01:00"}, b"\n", id="since-time-elsewhere"),
        pytest.param({"sinceTime": "2026-01-01T00:00:05Z"}, b"\n", id="since-time"),
        pytest.param(
            {"timestamps": "true", "sinceSeconds": "2"},
            b"ee\n2026-01-01T00:00:05.000000005Z \n",
            id="a-line-has-one-time",
        ),
    ],
)
def test_options_say_what_is_shown(query, shown):
    """The same, whether the log comes whole or byte by byte."""
    options = LogOptions.parse(query, NOW)
    assert LogRenderer(options).feed(LOG) == shown
    slow = LogRenderer(options)
    assert b"".join(slow.feed(LOG[place : place + 1]) for place in range(len(LOG))) == shown


def test_a_renderer_knows_when_it_has_given_enough():
    """So that nobody reads on."""
    renderer = LogRenderer(LogOptions(limit=3))
    assert not renderer.full
    renderer.feed(LOG)
    assert renderer.full


@given(st.binary(max_size=200))
def test_damaged_logs_are_shown_as_far_as_they_go(content):
    """A machine that went down may leave anything."""
    LogRenderer(LogOptions(timestamps=True)).feed(content)
    assert all(0 < place <= len(content) for place in count_lines(content))


def test_lines_are_counted_not_their_parts():
    """`--tail` counts what a person sees as lines."""
    assert len(count_lines(LOG)) == 5
    assert count_lines(LOG)[-1] == len(LOG)
    assert count_lines(LOG[:-1])[-1] < len(LOG) - 1, "a line that is still being written is none yet"


@pytest.mark.parametrize("query", [{"tailLines": "x"}, {"sinceTime": "noon"}, {"limitBytes": "1.5"}])
def test_options_that_make_no_sense(query):
    """The server answers 400."""
    with pytest.raises(ValueError, match=r"."):
        LogOptions.parse(query, NOW)


ENDED = {"terminated": {"exitCode": 1}}


def status(state, last=None, restarts=0):
    return [{"name": "main", "state": state, "lastState": last or {}, "restartCount": restarts}]


@pytest.mark.parametrize(
    ("statuses", "previous", "run"),
    [
        pytest.param(status({"running": {}}), False, 0, id="running"),
        pytest.param(status(ENDED), False, 0, id="ended"),
        pytest.param(status({"running": {}}, ENDED, 2), False, 2, id="running-again"),
        pytest.param(status({"running": {}}, ENDED, 2), True, 1, id="the-run-before"),
        pytest.param(status({"waiting": {"reason": "CrashLoopBackOff"}}, ENDED, 2), False, 2, id="crashed"),
        pytest.param(
            status({"waiting": {"reason": "CrashLoopBackOff"}}, ENDED, 2), True, 2, id="crashed-before"
        ),
    ],
)
def test_which_run_is_shown(statuses, previous, run):
    """As kubelet chooses it."""
    assert run_to_show(statuses, "main", "web", previous=previous) == run


@pytest.mark.parametrize(
    ("statuses", "previous", "why"),
    [
        pytest.param([], False, 'container "main" in pod "web" is not available', id="unknown"),
        pytest.param(
            status({"running": {}}),
            True,
            'previous terminated container "main" in pod "web" not found',
            id="first",
        ),
        pytest.param(
            status({"waiting": {"reason": "ContainerCreating"}}),
            False,
            'container "main" in pod "web" is waiting to start: ContainerCreating',
            id="waits",
        ),
        pytest.param(
            status({"waiting": {"reason": "ImagePullBackOff"}}),
            False,
            'container "main" in pod "web" is waiting to start: trying and failing to pull image',
            id="no-image",
        ),
        pytest.param(
            status({}), False, 'container "main" in pod "web" is waiting to start - no logs yet', id="new"
        ),
    ],
)
def test_why_there_is_no_log(statuses, previous, why):
    """In kubelet's words."""
    with pytest.raises(NoLog) as caught:
        run_to_show(statuses, "main", "web", previous=previous)
    assert str(caught.value) == why
