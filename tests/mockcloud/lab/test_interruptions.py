"""Signals that end a program in order."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from mockcloud.lab import interruptions as module
from mockcloud.lab.interruptions import SIGNALS, Interrupted, deferred, interruptions, undeferred


def come(number=signal.SIGTERM):
    """The signal, to this process; its handler has run when this returns."""
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_each_raises_where_it_comes_and_is_said_as_a_shell_says_it(number):
    """Whoever heeds Ctrl-C heeds all of them."""
    with pytest.raises(KeyboardInterrupt) as caught, interruptions():
        come(number)

    assert (caught.value.exit_code, str(caught.value)) == (128 + number, f"interrupted by {number.name}")


def test_what_is_begun_is_ended_before_a_signal_is_heeded():
    """Also where one `deferred` is inside another; what can be shortened is told at once."""
    done, told = [], []

    def work():
        with deferred(lambda: told.append("shorten")):
            come()
            done.append(tuple(told))
        done.append("all")

    with pytest.raises(Interrupted), interruptions(), deferred():
        work()

    assert done == [("shorten",), "all"]


def test_cleaning_up_is_not_interrupted():
    """By the same signal, by others, or by being told to be short."""
    done, told = [], []

    def work():
        try:
            come(signal.SIGINT)
        finally:
            come(signal.SIGTERM)
            with deferred(lambda: told.append("shorten")):
                come(signal.SIGHUP)
            done.append("cleaned")

    with pytest.raises(Interrupted) as caught, interruptions():
        work()

    assert (done, told, caught.value.number) == (["cleaned"], [], signal.SIGINT)


def test_a_signal_that_came_before_is_heeded_where_it_may_be():
    """`undeferred` inside `deferred`: the body does not begin."""
    done = []

    def work():
        come()
        with undeferred():
            done.append("begun")

    with pytest.raises(Interrupted), interruptions(), deferred():
        work()

    assert done == []


def test_an_error_that_the_signal_has_caused_is_not_what_is_said():
    """A command that was ended by it fails: that it was interrupted is the news."""

    def work():
        with deferred():
            come()
            msg = "exit code 143"
            raise RuntimeError(msg)

    with pytest.raises(Interrupted), interruptions():
        work()


def test_a_coroutine_is_cancelled_and_ends_in_order():
    """Its `finally` may await."""
    done = []

    async def work():
        try:
            come()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            done.append("closed")

    with pytest.raises(Interrupted), interruptions():
        module.run(work())

    assert done == ["closed"]


def test_a_signal_that_is_ignored_stays_ignored():
    """`nohup mockcloud up`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptions():
            come(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
