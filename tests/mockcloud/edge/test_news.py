"""Waiting for a moment of the cloud's clock."""

import asyncio
import time

import pytest

from mockcloud.cloud.clock import Clock
from mockcloud.edge.news import CloudTime, News


@pytest.fixture
def clock():
    return Clock(time.monotonic, 1_000.0)


async def test_all_that_wait_hear_of_it():
    """And who waits afterwards does not."""
    news = News()
    waiting = [asyncio.ensure_future(news.heard()) for _ in range(2)]
    await asyncio.sleep(0)
    news.tell()
    await asyncio.gather(*waiting)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await news.heard()


async def test_one_that_gives_up_leaves_the_others_waiting():
    """A time-out of one is no news."""
    news = News()
    other = asyncio.ensure_future(news.heard())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await news.heard()
    assert not other.done()
    news.tell()
    await other


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda clock: clock.advance(3600), id="put-ahead"),
        pytest.param(lambda clock: clock.set_rate(1e6), id="sped-up"),
    ],
)
async def test_an_hour_is_over_when_the_clock_says_so(clock, change):
    """Whoever waits notices that the clock was put ahead, or goes faster."""
    waiting = asyncio.ensure_future(CloudTime(clock).until(clock.now() + 3600))
    await asyncio.sleep(0)
    assert not waiting.done()
    change(clock)
    async with asyncio.timeout(60):
        await waiting


async def test_a_clock_that_stands_still(clock):
    """Nothing comes while it does."""
    clock.set_rate(0)
    waiting = asyncio.ensure_future(CloudTime(clock).until(clock.now() + 0.001))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await asyncio.shield(waiting)
    clock.set_rate(1)
    async with asyncio.timeout(60):
        await waiting


def test_seconds_of_the_machine(clock):
    """At sixty times the speed a minute is a second."""
    clock.set_rate(60)
    assert CloudTime(clock).real(60) == 1.0
