"""The event recorder: counted, not repeated; never in the way."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.events import QUEUED, EventRecorder

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ns", "name": "p", "uid": "u"}}
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "uid": "n"}}


class Events:
    """An API that keeps Events, and fails as it is told to."""

    def __init__(self, *failures):
        self.kept = {}
        self.failures = list(failures)
        self.changed = asyncio.Event()

    async def create(self, _resource, body):
        self._maybe_fail()
        self.kept[body["metadata"]["name"]] = dict(body)
        return body

    async def patch(self, _resource, name, patch, *, namespace):
        self._maybe_fail()
        if name not in self.kept:
            raise ApiError(404, "NotFound", name)
        assert self.kept[name]["metadata"]["namespace"] == namespace
        self.kept[name].update(patch)
        return self.kept[name]

    def _maybe_fail(self):
        self.changed.set()
        if self.failures:
            raise self.failures.pop()

    def told(self):
        return sorted((each["reason"], each["count"]) for each in self.kept.values())


@asynccontextmanager
async def running(api, **options):
    recorder = EventRecorder(api, "tester", **options)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        task = group.create_task(recorder.run())
        yield recorder
        await recorder.sent()
        task.cancel()


async def test_the_same_words_are_counted():
    """One Event with a count; other words are another Event."""
    api = Events()
    async with running(api, host="node-1") as recorder:
        for _ in range(3):
            recorder.record(POD, "Pulled", "image v1", warning=True)
        recorder.record(POD, "Started", "container c")
    assert api.told() == [("Pulled", 3), ("Started", 1)]
    event = next(each for each in api.kept.values() if each["reason"] == "Pulled")
    assert event["involvedObject"] == {
        "apiVersion": "v1",
        "kind": "Pod",
        "namespace": "ns",
        "name": "p",
        "uid": "u",
    }
    assert event["metadata"]["name"].startswith("p.")
    assert (event["type"], event["source"]) == ("Warning", {"component": "tester", "host": "node-1"})


async def test_an_event_about_a_node_is_in_the_default_namespace():
    """As upstream: what has no namespace is told in `default`."""
    api = Events()
    async with running(api) as recorder:
        recorder.record(NODE, "NodeNotReady", "gone")
    assert [each["metadata"]["namespace"] for each in api.kept.values()] == ["default"]


async def test_an_event_that_expired_is_made_anew():
    """Events live for an hour; the recorder for longer."""
    api = Events()
    async with running(api) as recorder:
        recorder.record(POD, "Pulled", "image v1")
        await recorder.sent()
        api.kept.clear()
        recorder.record(POD, "Pulled", "image v1")
    assert api.told() == [("Pulled", 1)]


async def test_an_api_that_is_away_for_a_moment_loses_no_event():
    """Retried a few times."""
    api = Events(ApiUnreachable("away"), ApiUnreachable("away"))
    async with running(api) as recorder:
        recorder.record(POD, "Pulled", "image v1")
    assert api.told() == [("Pulled", 1)]


async def test_a_refused_event_is_dropped_and_the_next_one_sent():
    """The namespace is being deleted, for example: an event is a courtesy."""
    api = Events(ApiError(403, "Forbidden", "being terminated"))
    async with running(api) as recorder:
        recorder.record(POD, "Killing", "container c")
        recorder.record(NODE, "NodeNotReady", "gone")
    assert api.told() == [("NodeNotReady", 1)]


async def test_recording_never_blocks(caplog: pytest.LogCaptureFixture):
    """Past its bound, new events are dropped with a warning."""
    recorder = EventRecorder(Events(), "tester")
    for number in range(QUEUED + 1):
        recorder.record(POD, "Pulled", f"image v{number}")
    assert "event dropped" in caplog.text
