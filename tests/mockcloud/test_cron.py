"""Schedules: what they mean, and why a text is none."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mockcloud.cron import MalformedSchedule, parse_schedule


def times(text, begin, count=2, zone="UTC"):
    """The first times after `begin`, as they are told there."""
    place, found = ZoneInfo(zone), []
    moment = datetime.fromisoformat(begin).replace(tzinfo=place)
    for _ in range(count):
        moment = parse_schedule(text).after(moment, place)
        assert moment is not None
        found.append(moment.astimezone(place).strftime("%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("text", "begin", "found"),
    [
        pytest.param("* * * * *", "2026-12-01T12:00:30", ["12-01 12:01:00", "12-01 12:02:00"], id="minutes"),
        pytest.param("*/20 * * * *", "2026-12-01T12:20", ["12-01 12:40:00", "12-01 13:00:00"], id="steps"),
        pytest.param("5/30 1-2 * * ?", "2026-12-01T02:05", ["12-01 02:35:00", "12-02 01:05:00"], id="from"),
        pytest.param("0 0 * feb mon,TUE", "2026-12-01T00:00", ["02-01 00:00:00", "02-02 00:00:00"], id="n"),
        pytest.param("0 0 13 * 5", "2026-12-01T00:00", ["12-04 00:00:00", "12-11 00:00:00"], id="either-day"),
        pytest.param("0 0 29 2 *", "2026-12-01T00:00", ["02-29 00:00:00", "02-29 00:00:00"], id="leap-years"),
        pytest.param("@weekly", "2026-12-01T00:00", ["12-06 00:00:00", "12-13 00:00:00"], id="weekly"),
        pytest.param("@every 1m30s", "2026-12-01T00:00:07", ["12-01 00:01:37", "12-01 00:03:07"], id="every"),
    ],
)
def test_times(text, begin, found):
    """Two times after the beginning."""
    assert times(text, begin) == found


def test_a_time_that_a_day_does_not_have_is_left_out_and_one_that_it_has_twice_comes_twice():
    """Summer time begins and ends: local clocks say so."""
    zone = "Europe/Berlin"
    assert times("30 2 * * *", "2026-03-28T12:00", 1, zone) == ["03-30 02:30:00"]
    assert times("30 2 * * *", "2026-10-24T12:00", 2, zone) == ["10-25 02:30:00", "10-25 02:30:00"]


def test_a_day_that_never_comes():
    """There is no 30 February."""
    assert parse_schedule("0 0 30 2 *").after(datetime(2026, 12, 1, tzinfo=UTC)) is None


def test_a_delay_that_ends_after_the_calendar():
    """What Go's duration holds may be more than the years that there are."""
    assert parse_schedule("@every 2562047h").after(datetime(9900, 12, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "empty spec string", id="empty"),
        pytest.param("* *", "expected exactly 5 fields, found 2: [* *]", id="fields"),
        pytest.param("60 * * * *", "end of range (60) above maximum (59): 60", id="too-high"),
        pytest.param("* * 0 * *", "beginning of range (0) below minimum (1): 0", id="too-low"),
        pytest.param("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3", id="backwards"),
        pytest.param("*/0 * * * *", "step of range should be a positive number: */0", id="no-step"),
        pytest.param("1-2-3 * * * *", "too many hyphens: 1-2-3", id="hyphens"),
        pytest.param("*/1/2 * * * *", "too many slashes: */1/2", id="slashes"),
        pytest.param("@often", "unrecognized descriptor: @often", id="descriptor"),
        pytest.param(
            "x * * * *",
            'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
            id="no-number",
        ),
        pytest.param(
            "9999999999999999999 * * * *",
            'failed to parse int from 9999999999999999999: strconv.Atoi: parsing "9999999999999999999": '
            "value out of range",
            id="no-int",
        ),
        pytest.param(
            "@every 2562048h",
            'failed to parse duration @every 2562048h: time: invalid duration "2562048h"',
            id="no-duration",
        ),
    ],
)
def test_malformed(text, why):
    """In the words of upstream's parser."""
    with pytest.raises(MalformedSchedule) as error:
        parse_schedule(text)
    assert str(error.value) == why
