"""What is asked of a lab's cloud, by a cloud that runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from mockcloud.cloud.in_process import InProcessCloud, in_process_cloud
from mockcloud.dashboard import cloud as watched
from mockcloud.dashboard.decide.cloud import CloudShown
from mockcloud.lab.state import LabFolder

Until = Callable[[Callable[[CloudShown], bool]], object]


@pytest.fixture
def running():
    with in_process_cloud() as found:
        yield found


@contextlib.asynccontextmanager
async def following(monkeypatch, url: str) -> AsyncIterator[Until]:
    """It is followed; what is yielded waits until it shows something."""
    news: asyncio.Queue[CloudShown] = asyncio.Queue()
    monkeypatch.setattr(watched, "_SECONDS", 0.02)
    monkeypatch.setattr(watched, "environment", lambda _folder: {"AWS_ENDPOINT_URL": url})
    task = asyncio.create_task(watched.follow(LabFolder("x", Path("/nowhere")), news.put_nowait))

    async def until(is_so: Callable[[CloudShown], bool]) -> CloudShown:
        async with asyncio.timeout(60):
            while not is_so(shown := await news.get()):
                pass
        return shown

    yield until
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def called(running: InProcessCloud, *paths: str) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {running.token}"}) as http:
        for path in paths:
            async with http.get(f"{running.url}{path}") as answer:
                await answer.read()


async def test_calls_come_newest_first_and_each_once(running, monkeypatch):
    """Also when it forgets them all."""
    async with following(monkeypatch, running.url) as until:
        await called(running, "/v1/servers", "/v1/networks")
        shown = await until(lambda each: len(each.calls) == 2)
        assert [each.asked for each in shown.calls] == ["GET /v1/networks", "GET /v1/servers"]
        await called(running, "/v1/nonsense")
        shown = await until(lambda each: len(each.calls) == 3)
        assert (shown.calls[0].asked, shown.calls[0].status) == ("GET /v1/nonsense", 404)
        async with aiohttp.ClientSession() as http, http.delete(f"{running.url}/_mock/calls"):
            pass
        await called(running, "/v1/firewalls")
        shown = await until(lambda each: len(each.calls) == 1)
        assert shown.calls[0].asked == "GET /v1/firewalls"


async def test_no_more_than_the_page_has_room_for(running, monkeypatch):
    """The newest."""
    monkeypatch.setattr(watched, "MOST_CALLS", 3)
    async with following(monkeypatch, running.url) as until:
        await called(running, *[f"/v1/servers/{number}" for number in range(5)])
        shown = await until(lambda each: bool(each.calls) and each.calls[0].asked == "GET /v1/servers/4")
        assert len(shown.calls) == 3


async def test_one_that_does_not_answer_is_said(monkeypatch):
    """And asked again."""
    async with following(monkeypatch, "http://127.0.0.1:1") as until:
        shown = await until(lambda each: bool(each.said))
        assert shown.said.startswith("the cloud does not answer: ")
        await until(lambda each: bool(each.said))
