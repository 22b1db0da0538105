"""The informer against an API that is a script: what it lists, what its watch says, when it breaks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import orjson
import pytest
from aiohttp import web

from mockcloud.client.errors import ApiError
from mockcloud.client.informer import Informer, Key
from mockcloud.client.kubeconfig import Access
from mockcloud.client.resources import PODS
from mockcloud.client.rest import Client, Object
from testkit import objects

Change = tuple[str, str | None, str | None]


def pod(name: str, version: int, uid: str = "u") -> Object:
    return objects.pod(name, namespace="ns", metadata={"uid": uid, "resourceVersion": str(version)})


def event(kind: str, name: str, version: int, **more: str) -> Object:
    return {"type": kind, "object": {**pod(name, version), **more}}


EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "old"}}


@dataclass
class ScriptedApi:
    """Each LIST and each WATCH takes the next entry of its script; the last watch stays open."""

    lists: list[list[Object]] = field(default_factory=lambda: [[]])
    watches: list[list[Object]] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    drip: int = 0  # bytes a write; 0 writes whole lines

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.refusals:
            status = self.refusals.pop(0)
            return web.json_response({"reason": "No", "message": "not now"}, status=status)
        if "watch" not in request.query:
            self.asked.append("list")
            items = self.lists.pop(0)
            versions = [int(item["metadata"]["resourceVersion"]) for item in items]
            body = {"kind": "PodList", "apiVersion": "v1", "items": items}
            return web.json_response({**body, "metadata": {"resourceVersion": str(max(versions, default=1))}})
        self.asked.append(f"watch from {request.query['resourceVersion']}")
        return await self._stream(request)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        last = len(self.watches) <= 1
        events = self.watches.pop(0) if self.watches else []
        data = b"".join(orjson.dumps(each) + b"\n" for each in events)
        step = self.drip or max(len(data), 1)
        for start in range(0, len(data), step):
            await response.write(data[start : start + step])
        if last:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return response


@asynccontextmanager
async def serving(api: ScriptedApi) -> AsyncIterator[Client]:
    app = web.Application()
    app.router.add_get("/api/v1/pods", api.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with Client(Access(f"http://127.0.0.1:{port}", None, "t")) as client:
            yield client
    finally:
        await runner.cleanup()


async def changes_until(api: ScriptedApi, done: Callable[[Informer], bool]) -> list[Change]:
    """Run an informer until `done`; the changes it reported, as (name, old version, new version)."""
    seen: list[Change] = []
    moved = asyncio.Event()

    def on_change(key: Key, old: Object | None, new: Object | None) -> None:
        versions = [each and each["metadata"]["resourceVersion"] for each in (old, new)]
        seen.append((key[1], *versions))
        moved.set()

    async with serving(api) as client:
        informer = Informer(client, PODS)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            running = group.create_task(informer.run(on_change))
            while not done(informer):
                moved.clear()
                await moved.wait()
            running.cancel()
    return seen


def has(**versions: int) -> Callable[[Informer], bool]:
    want = {name: str(version) for name, version in versions.items()}
    return lambda informer: (
        {key[1]: each["metadata"]["resourceVersion"] for key, each in informer.items.items()} == want
    )


async def test_informer_reports_the_list_and_then_each_change():
    """List first, then the watch's events, each with what was there before."""
    api = ScriptedApi(
        lists=[[pod("a", 5)]],
        watches=[[event("ADDED", "b", 6), event("MODIFIED", "a", 7), event("DELETED", "b", 8)]],
    )
    expected = [("a", None, "5"), ("b", None, "6"), ("a", "5", "7"), ("b", "6", None)]
    assert await changes_until(api, lambda i: has(a=7)(i) and len(api.asked) == 2) == expected
    assert api.asked == ["list", "watch from 5"]


async def test_informer_resumes_a_broken_watch_from_the_last_version_it_saw():
    """A bookmark moves the place of resumption; what the server repeats is not reported again."""
    api = ScriptedApi(
        lists=[[pod("a", 5)]],
        watches=[
            [
                event("MODIFIED", "a", 6),
                {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}},
            ],
            [event("MODIFIED", "a", 6), event("MODIFIED", "a", 10)],
        ],
    )
    assert await changes_until(api, has(a=10)) == [("a", None, "5"), ("a", "5", "6"), ("a", "6", "10")]
    assert api.asked == ["list", "watch from 5", "watch from 9"]


async def test_informer_relists_after_410_and_reports_only_the_difference():
    """Gone history: unchanged objects are silent, recreated ones are two changes."""
    fresh = [pod("same", 5), pod("changed", 9), pod("reborn", 10, uid="other")]
    api = ScriptedApi(
        lists=[[pod("same", 5), pod("changed", 4), pod("gone", 3), pod("reborn", 2)], fresh],
        watches=[[EXPIRED], []],
    )
    seen = await changes_until(api, has(same=5, changed=9, reborn=10))
    assert seen[4:] == [
        ("gone", "3", None),
        ("changed", "4", "9"),
        ("reborn", "2", None),
        ("reborn", None, "10"),
    ]


async def test_informer_reads_lines_of_any_length_in_any_pieces():
    """Lines far over aiohttp's own limit of 64 KiB, cut into chunks at odd places."""
    api = ScriptedApi(
        watches=[[event("ADDED", "big", 2, padding="x" * 300_000), event("ADDED", "small", 3)]], drip=50_001
    )
    assert await changes_until(api, has(big=2, small=3)) == [("big", None, "2"), ("small", None, "3")]


@pytest.mark.parametrize("status", [429, 500, 503, 504])
async def test_informer_waits_out_an_api_that_is_not_well(status):
    """A passing refusal is retried until the list succeeds."""
    api = ScriptedApi(lists=[[pod("a", 5)]], refusals=[status, status])
    assert await changes_until(api, has(a=5)) == [("a", None, "5")]


async def test_informer_ends_with_the_error_that_waiting_cannot_heal():
    """403 will be 403 tomorrow: the task that owns the informer must hear of it."""
    async with serving(ScriptedApi(refusals=[403])) as client:
        with pytest.raises(ApiError, match="403 No: not now"):
            await Informer(client, PODS).run(lambda *_: None)


async def test_informer_gives_listed_objects_the_kind_that_the_list_implies():
    """A real API leaves apiVersion and kind out of a list's items; watch events have them."""
    api = ScriptedApi(lists=[[pod("a", 5)]])
    async with serving(api) as client:
        informer = Informer(client, PODS)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            running = group.create_task(informer.run(lambda *_: None))
            await informer.synced.wait()
            running.cancel()
    assert (informer.items["ns", "a"]["apiVersion"], informer.items["ns", "a"]["kind"]) == ("v1", "Pod")


async def test_an_object_that_its_reader_cannot_bear_ends_nothing(caplog):
    """It is named with the reason; those after it are reported, and it is reported again when it changes."""
    seen: list[str] = []
    done = asyncio.Event()

    def on_change(key: Key, _old: Object | None, new: Object | None) -> None:
        if new is not None and "odd" in new:
            raise ValueError(new["odd"])
        seen.append(key[1])
        if key[1] == "last":
            done.set()

    odd = {**pod("b", 2), "odd": "'localhost' is not an address"}
    api = ScriptedApi(
        lists=[[pod("a", 1), odd]],
        watches=[
            [
                event("MODIFIED", "b", 3, odd="still none"),
                event("MODIFIED", "b", 4),
                event("ADDED", "last", 5),
            ]
        ],
    )
    async with serving(api) as client, asyncio.TaskGroup() as group:
        task = group.create_task(Informer(client, PODS).run(on_change))
        async with asyncio.timeout(60):
            await done.wait()
        task.cancel()
    assert seen == ["a", "b", "last"]
    assert "pods ns/b is left out, it cannot be used: 'localhost' is not an address" in caplog.text
    assert "pods ns/b is left out, it cannot be used: still none" in caplog.text
