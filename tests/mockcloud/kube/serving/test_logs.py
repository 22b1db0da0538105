"""What of many lines is written."""

import logging
import sys

from aiohttp import ClientConnectionResetError

from mockcloud.kube.serving.logs import MOST_ALIKE, PERIOD_SECONDS, SparingFilter


def record(message: str, at: float, name: str = "mockcloud", *args: object) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, "", 0, message, args, None)
    made.created = at
    return made


def test_lines_of_one_kind_are_few_and_the_rest_is_counted():
    """Whatever their arguments; others are not touched, and a new period begins anew."""
    sparing = SparingFilter()
    written = [sparing.filter(record("%s failed", 100.0, "mockcloud", number)) for number in range(100)]
    assert written.count(True) == MOST_ALIKE
    assert sparing.filter(record("another", 100.0))
    later = record("%s failed", 100.0 + PERIOD_SECONDS, "mockcloud", "x")
    assert sparing.filter(later)
    assert later.getMessage() == f"x failed ({100 - MOST_ALIKE} more like this)"


def test_a_request_that_cannot_be_parsed_has_no_traceback():
    """It is the client's fault: one line that names it, with what it sent cut short."""
    told = record("Error handling request from %s", 1.0, "aiohttp.server", "10.0.0.1")
    try:
        raise ValueError("100% bad\r\n" + "x" * 1000)
    except ValueError:
        told.exc_info = sys.exc_info()
    assert SparingFilter().filter(told)
    assert told.exc_info is None
    assert told.levelname == "WARNING"
    assert told.getMessage().startswith("Error handling request from 10.0.0.1: 100% bad xxx")
    assert len(told.getMessage()) < 300


def test_a_client_that_went_away_is_no_line():
    """A watch of a pod that ends: nobody did wrong."""
    told = record("Error handling request from %s", 1.0, "aiohttp.server", "10.0.0.1")
    try:
        msg = "Cannot write to closing transport"
        raise ClientConnectionResetError(msg)
    except ClientConnectionResetError:
        told.exc_info = sys.exc_info()
    assert not SparingFilter().filter(told)


def test_a_clock_that_is_set_back_silences_nothing():
    """A period that would begin in the future is over."""
    sparing = SparingFilter()
    for _ in range(MOST_ALIKE + 1):
        sparing.filter(record("a", 1000.0))
    assert sparing.filter(record("a", 10.0))
