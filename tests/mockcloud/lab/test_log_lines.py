"""The daemons' log files as one log."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from mockcloud import logs
from mockcloud.lab.log_lines import duration, form, merged, parse

EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def lines(who, *written):
    return list(parse(who, written, EARLY))


def shown(found):
    return [form(line, 6) for line in found]


def test_our_own_lines_and_json_get_one_form():
    """Whoever reads at night need not know which daemon logs how."""
    ours = lines("node-1", "2026-11-30T10:49:38.498Z INFO node.agent: node node-1 is Ready")
    json = lines(
        "lb",
        '{"identity":"vm_31","pools":["lab"],"text":"two words","event":"leading","level":"warning",'
        '"ts":"2026-11-30T10:49:46.630152Z"}',
    )

    assert shown(merged([*json, *ours], None, None)) == [
        "2026-11-30T10:49:38.498Z node-1 INFO    node.agent: node node-1 is Ready",
        '2026-11-30T10:49:46.630Z lb     WARNING leading identity=vm_31 pools=["lab"] text="two words"',
    ]


def test_what_a_pod_writes_has_the_time_that_its_log_gives_it():
    """Where it tells one itself, that counts: it is the earlier."""
    written = lines(
        "web",
        "2026-11-30T10:49:38.498123456Z stdout F hello",
        '2026-11-30T10:49:39.000000001Z stderr P {"event":"ready","level":"info",'
        '"ts":"2026-11-30T10:49:38.900Z"}',
    )

    assert shown(written) == [
        "2026-11-30T10:49:38.498Z web            hello",
        "2026-11-30T10:49:38.900Z web    INFO    ready",
    ]


def test_what_a_daemon_of_ours_logs_is_read_as_such(capfd):
    """The writer and the reader of the form agree, whatever the machine's time zone is."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure()
        logging.getLogger("mockcloud.node.agent").warning("port %s is taken", 80)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)

    (line,) = lines("node-1", capfd.readouterr().err.rstrip("\n"))

    assert (line.level, line.text) == ("WARNING", "node.agent: port 80 is taken")
    assert abs(line.time - datetime.fromtimestamp(_now(), UTC)) < timedelta(minutes=5)


def _now():
    return logging.LogRecord("x", 0, "", 0, "", None, None).created


def test_logs_are_merged_by_time_and_stack_traces_stay_whole():
    """Lines without a time belong to the line before them; equal times keep the order of each file."""
    one = lines(
        "one",
        "2026-11-30T10:00:02.000Z ERROR x: failed",
        "Traceback (most recent call last):",
        "ValueError: 3",
        "2026-11-30T10:00:04.000Z INFO x: again",
    )
    two = lines(
        "two",
        "2026-11-30T10:00:02.000Z INFO y: between",
        '{"event":"e","level":"info","ts":"2026-11-30T10:00:01Z"}',
    )

    found = [(line.who, line.text) for line in merged([*one, *two], None, None)]

    assert found == [
        ("two", "e"),
        ("one", "x: failed"),
        ("one", "Traceback (most recent call last):"),
        ("one", "ValueError: 3"),
        ("two", "y: between"),
        ("one", "x: again"),
    ]


def test_a_stack_trace_in_json_is_shown_line_by_line():
    """It is one entry of the log, and stays together."""
    found = lines(
        "lb",
        '{"exception":"Traceback:\\n  ValueError","event":"e","level":"error","ts":"2026-01-02T00:00:00Z"}',
    )

    assert [(line.level, line.text) for line in found] == [
        ("ERROR", "e"),
        ("ERROR", "Traceback:"),
        ("ERROR", "  ValueError"),
    ]


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"ts": 1, "event": "e", "level": "info"}', "[1]", "Segmentation fault"]
)
def test_a_line_that_is_no_entry_is_shown_as_it_is(text):
    """Libraries and interpreters write what they like."""
    assert [(line.time, line.text) for line in lines("x", text)] == [(EARLY, text)]


def test_since_and_tail_choose_the_newest_of_all_logs_together():
    """`--tail 2` means two lines, not two of each daemon."""
    written = [*lines("a", *_at(1, 3, 5)), *lines("b", *_at(2, 4))]
    since = datetime(2026, 11, 30, 10, 0, 2, tzinfo=UTC)

    assert [line.time.second for line in merged(written, since, None)] == [2, 3, 4, 5]
    assert [line.time.second for line in merged(written, since, 2)] == [4, 5]
    assert [line.time.second for line in merged(written, None, 9)] == [1, 2, 3, 4, 5]
    assert merged(written, None, 0) == []


def _at(*seconds):
    return [f"2026-11-30T10:00:0{second}.000Z INFO x: y" for second in seconds]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("1h0m1s", 3601),
        ("0s", 0),
        ("50ms", 0.05),
        ("1s5ms", 1.005),
    ],
)
def test_a_duration_is_written_as_for_kubectl(text, seconds):
    """--since=5m."""
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "1d", "5 m", "5m1h"])
def test_what_is_no_duration_is_said_with_an_example(text):
    """The message names what was typed and what was expected."""
    with pytest.raises(ValueError, match="is not a duration: expected something like 90s, 5m, 1h30m or 50ms"):
        duration(text)


@pytest.mark.parametrize("text", ["8760h1ms", "99999999999999h", f"{'9' * 5000}s"])
def test_a_duration_ends_within_a_year(text):
    """More is a slip of the hand, and no clock has it; the message does not repeat all of it."""
    with pytest.raises(ValueError, match=r" is too long: expected at most a year, 8760h") as refused:
        duration(text)
    assert len(str(refused.value)) < 100
    assert duration("8760h") == timedelta(days=365)


def test_a_terminal_obeys_nothing_of_a_log():
    """An object's words reach logs; tabs stay."""
    [told] = lines("kube", "2026-01-01T00:00:00.000Z INFO    image a\x1b[31m\x9b2J\u202e\x07\tb")
    assert shown([told])[0].endswith("image a\\x1b[31m\\x9b2J\\u202e\\x07\tb")
