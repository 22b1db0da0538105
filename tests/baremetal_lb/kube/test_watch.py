"""A watch loses nothing and doubles nothing, whatever the server and the network do."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from baremetal_lb.kube.client import Client
from baremetal_lb.kube.resources import CONFIG_MAPS
from baremetal_lb.kube.watch import BackOff, Informer, Scope
from baremetal_lb.model.objects import ObjectKey
from tests.baremetal_lb.fakes.flaky_api import FlakyApi, event, listing, status, thing

IDLE = [...]
QUICK = BackOff(0.001, 0.01)


def gone() -> bytes:
    return event("ERROR", status(410, "Expired"))


def bookmark(version: int) -> bytes:
    return event("BOOKMARK", {"metadata": {"resourceVersion": str(version)}})


class Diary:
    """What an informer reported, as `name:old>new`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._news = asyncio.Event()

    def write(self, change) -> None:
        self.lines.append(f"{change.key.name}:{change.old}>{change.new}")
        self._news.set()

    async def reads(self, *expected: str) -> None:
        async with asyncio.timeout(60):
            while len(self.lines) < len(expected):
                self._news.clear()
                await self._news.wait()
        assert list(expected) == self.lines


@asynccontextmanager
async def watching(api, tmp_path):
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        informer = Informer(client, CONFIG_MAPS, lambda raw: raw["data"].get("v", ""), back_off=QUICK)
        diary = Diary()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(informer.run(diary.write))
            yield informer, diary
            task.cancel()


@pytest.mark.parametrize(
    ("lists", "watches", "expected", "versions"),
    [
        pytest.param(
            [listing(5, thing("a", 3, v="1"))],
            [[event("ADDED", thing("b", 6, v="1")), event("MODIFIED", thing("a", 7, v="2")), ...]],
            ["a:None>1", "b:None>1", "a:1>2"],
            ["5"],
            id="list-then-events",
        ),
        pytest.param(
            [listing(5, thing("a", 3, v="1"))],
            [[event("MODIFIED", thing("a", 6, v="2")), None], [event("DELETED", thing("a", 7)), ...]],
            ["a:None>1", "a:1>2", "a:2>None"],
            ["5", "6"],
            id="a-dropped-connection-resumes",
        ),
        pytest.param(
            [listing(5)],
            [[bookmark(90), None], [event("ADDED", thing("a", 91, v="1")), ...]],
            ["a:None>1"],
            ["5", "90"],
            id="bookmarks-move-the-version",
        ),
        pytest.param(
            [
                listing(5, thing("a", 1, v="1"), thing("b", 2, v="1"), thing("c", 3, v="1")),
                listing(50, thing("a", 1, v="1"), thing("b", 40, v="2"), thing("d", 41, v="1")),
            ],
            [[gone()], IDLE],
            ["a:None>1", "b:None>1", "c:None>1", "c:1>None", "b:1>2", "d:None>1"],
            ["5", "50"],
            id="after-a-410-only-the-difference-is-told",
        ),
        pytest.param(
            [listing(5, thing("a", 1, v="1")), listing(9, thing("a", 8, v="2"))],
            [status(410, "Gone"), IDLE],
            ["a:None>1", "a:1>2"],
            ["5", "9"],
            id="a-410-answer-lists-again-too",
        ),
        pytest.param(
            [listing(5, thing("a", 3, v="1"))],
            [
                [event("ADDED", thing("a", 3, v="1")), event("MODIFIED", thing("a", 2, v="0")), None],
                [event("MODIFIED", thing("a", 6, v="2")), event("MODIFIED", thing("a", 6, v="2")), ...],
            ],
            ["a:None>1", "a:1>2"],
            None,
            id="what-is-known-already-is-no-news",
        ),
        pytest.param(
            [status(500, "InternalError"), status(429, "TooManyRequests"), listing(5, thing("a", 3, v="1"))],
            [status(503, "ServiceUnavailable"), [event("ERROR", status(500, "x"))], IDLE],
            ["a:None>1"],
            ["5", "5", "5"],
            id="errors-are-outlasted",
        ),
        pytest.param(
            [listing(5, thing("a", 1, v="1"), onward="more"), listing(5, thing("b", 2, v="1"))],
            [IDLE],
            ["a:None>1", "b:None>1"],
            ["5"],
            id="a-list-of-two-pages",
        ),
        pytest.param(
            [
                listing(5, thing("a", 1, v="1"), onward="x"),
                status(410, "Expired"),
                listing(8, thing("a", 1, v="1")),
            ],
            [IDLE],
            ["a:None>1"],
            ["8"],
            id="a-page-that-expired-starts-the-list-again",
        ),
        pytest.param(
            [listing(5)],
            [
                [event("ADDED", thing("a", 6, v="1"))[:30], None],
                [event("ADDED", thing("a", 6, v="1"))[:30], event("ADDED", thing("a", 6, v="1"))[30:], ...],
            ],
            ["a:None>1"],
            ["5", "5"],
            id="half-a-line-is-no-event",
        ),
    ],
)
async def test_every_change_is_reported_once(tmp_path, lists, watches, expected, versions):
    """In order, and from the version where the last watch ended."""
    api = FlakyApi()
    api.lists.extend(lists)
    api.watches.extend(watches)
    async with watching(api, tmp_path) as (_, diary):
        await diary.reads(*expected)
        if versions:
            await asyncio.wait_for(api.watched(len(versions)), 60)
            assert versions == api.asked


async def test_what_we_wrote_ourselves_is_reported_once(tmp_path):
    """The answer to a PATCH is news; its echo in the watch, and late answers about what is gone, are not."""
    api = FlakyApi()
    api.lists.append(listing(5, thing("a", 3, v="1")))
    api.watches.append(IDLE)
    async with watching(api, tmp_path) as (informer, diary):
        await diary.reads("a:None>1")
        informer.absorb(thing("a", 9, v="2"))
        informer._event({"type": "MODIFIED", "object": thing("a", 8, v="x")})
        informer._event({"type": "MODIFIED", "object": thing("a", 9, v="2")})
        informer._event({"type": "DELETED", "object": thing("a", 10, v="2")})
        informer.absorb(thing("a", 9, v="2"))
        await diary.reads("a:None>1", "a:1>2", "a:2>None")
        assert informer.get(ObjectKey("lab", "a")) is None
        assert list(informer.items()) == []


async def test_synced_comes_after_the_whole_first_list(tmp_path):
    """Whoever waits for it sees everything."""
    api = FlakyApi()
    api.lists.append(listing(5, *(thing(f"n{number}", 1, v="1") for number in range(50))))
    api.watches.append(IDLE)
    async with watching(api, tmp_path) as (informer, diary):
        await asyncio.wait_for(informer.synced.wait(), 60)
        assert len(diary.lines) == 50


@pytest.mark.parametrize(
    "answer", [status(404, "NotFound"), status(403, "Forbidden")], ids=["unknown", "withheld"]
)
async def test_what_is_not_served_is_empty_and_not_asked_for_again(tmp_path, answer):
    """After an error that passes; the first sure answer counts."""
    api = FlakyApi()
    api.lists.extend([status(503, "ServiceUnavailable"), answer])
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        informer = Informer(client, CONFIG_MAPS, lambda raw: raw, back_off=QUICK)
        await asyncio.wait_for(informer.run_where_served(lambda _change: None), 60)
        assert informer.synced.is_set()
        assert (list(informer.items()), api.asked) == ([], [])


async def test_what_is_served_is_watched(tmp_path):
    """As any other resource."""
    api = FlakyApi()
    api.lists.append(listing(5, thing("a", 3, v="1")))
    api.watches.append(IDLE)
    diary = Diary()
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        informer = Informer(client, CONFIG_MAPS, lambda raw: raw["data"].get("v", ""), back_off=QUICK)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(informer.run_where_served(diary.write))
            await diary.reads("a:None>1")
            await asyncio.wait_for(api.watched(1), 60)
            task.cancel()


async def test_nothing_beyond_the_scope_is_asked_for(tmp_path):
    """Not by the first question either: RBAC may give a right to one name only."""
    api = FlakyApi()
    api.lists.append(listing(5, thing("a", 3, v="1")))
    api.watches.append(IDLE)
    scope = Scope(field_selector="metadata.name=a")
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        informer = Informer(client, CONFIG_MAPS, lambda raw: raw, scope, QUICK)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(informer.run_where_served(lambda _change: None))
            await asyncio.wait_for(api.watched(1), 60)
            task.cancel()
    assert set(api.selectors) == {"metadata.name=a"}


async def test_one_object_that_cannot_be_read_stops_no_other(tmp_path):
    """New: it is left out. Known: it stays as it was, until it can be read again or goes."""
    api = FlakyApi()
    api.lists.append(listing(5, thing("a", 1, v="1"), {**thing("odd", 2), "data": None}))
    now_odd = {**thing("a", 6), "data": None}
    changes = [event("MODIFIED", now_odd), event("ADDED", thing("b", 7, v="1"))]
    api.watches.append([*changes, event("MODIFIED", thing("a", 8, v="2")), *IDLE])
    async with watching(api, tmp_path) as (_informer, diary):
        await diary.reads("a:None>1", "b:None>1", "a:1>2")


async def test_what_a_slow_watch_has_not_told_is_caught_up_with(tmp_path):
    """Changed, new and deleted objects, by another list; what the watch tells of them later is no news."""
    api = FlakyApi()
    api.lists.append(listing(5, thing("a", 3, v="1"), thing("b", 4, v="1")))
    api.lists.append(listing(9, thing("a", 7, v="2"), thing("c", 8, v="1")))
    api.watches.append(IDLE)
    async with watching(api, tmp_path) as (informer, diary):
        await asyncio.wait_for(informer.synced.wait(), 60)
        await informer.catch_up()
        await diary.reads("a:None>1", "b:None>1", "b:1>None", "a:1>2", "c:None>1")
        informer._event({"type": "MODIFIED", "object": thing("a", 7, v="2")})
        informer._event({"type": "DELETED", "object": thing("b", 6, v="1")})
        informer._event({"type": "ADDED", "object": thing("c", 8, v="1")})
        informer._event({"type": "DELETED", "object": thing("c", 5, v="0")})  # of one of that name before
        await informer.catch_up()
        assert len(diary.lines) == 5


async def test_catching_up_brings_nothing_back_and_takes_nothing_newer_away(tmp_path):
    """The watch may have been quicker than the list."""
    api = FlakyApi()
    api.lists.append(listing(5, thing("a", 3, v="1")))
    api.lists.append(listing(6, thing("a", 3, v="1")))
    api.watches.append(IDLE)
    async with watching(api, tmp_path) as (informer, diary):
        await asyncio.wait_for(informer.synced.wait(), 60)
        read = informer._read

        async def after_the_watch(page, fresh) -> None:
            await read(page, fresh)
            informer._event({"type": "DELETED", "object": thing("a", 7, v="1")})
            informer._event({"type": "ADDED", "object": thing("b", 8, v="1")})

        informer._read = after_the_watch
        await informer.catch_up()
        await diary.reads("a:None>1", "a:1>None", "b:None>1")
