"""Times as the API writes them."""

from datetime import UTC, datetime

from mockcloud.client.clock import micros_text, parse_time, seconds_text, utc_now

MOMENT = datetime(2026, 11, 21, 12, 30, 5, 42, tzinfo=UTC)


def test_times_are_written_and_read_as_the_api_does():
    """metav1.Time has seconds, metav1.MicroTime six digits more."""
    assert seconds_text(MOMENT) == "2026-11-21T12:30:05Z"
    assert micros_text(MOMENT) == "2026-11-21T12:30:05.000042Z"
    assert parse_time(micros_text(MOMENT)) == MOMENT
    assert parse_time(seconds_text(MOMENT)) == MOMENT.replace(microsecond=0)


def test_now_is_aware_and_in_utc():
    """A naive time would compare with nothing."""
    assert utc_now().tzinfo is UTC
