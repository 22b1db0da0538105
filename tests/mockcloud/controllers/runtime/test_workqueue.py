"""The work queue: once at a time, retried with back-off, nothing lost."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.controllers.runtime.workqueue import WorkQueue, retry_after

KEY = ("ns", "web")


@asynccontextmanager
async def running(queue):
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        task = group.create_task(queue.run_workers())
        yield
        task.cancel()


@pytest.mark.parametrize(
    ("failures", "longest", "jitter", "expected"),
    [(1, 5, 0.0, 0.01), (2, 5, 0.0, 0.02), (3, 5, 1.0, 0.02), (50, 5, 0.0, 5.0), (50, 0.5, 0.0, 0.5)],
)
def test_retry_after_doubles_up_to_its_bound(failures, longest, jitter, expected):
    """Jitter takes away up to half."""
    assert retry_after(failures, longest, jitter) == expected


async def test_a_key_is_worked_on_once_at_a_time_and_once_more_if_it_changed_meanwhile():
    """However often it is added: never in parallel, and the last change is never missed."""
    started, go, runs = asyncio.Event(), asyncio.Event(), []

    async def work(key):
        runs.append(key)
        started.set()
        await go.wait()

    queue = WorkQueue("test", work, workers=4)
    async with running(queue):
        for _ in range(3):
            queue.add(KEY)
        await started.wait()
        started.clear()
        for _ in range(3):
            queue.add(KEY)
        assert runs == [KEY]
        go.set()
        await started.wait()
        assert runs == [KEY, KEY]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ApiUnreachable("away"), id="unreachable"),
        pytest.param(ApiError(409, "Conflict", "stale"), id="conflict"),
        pytest.param(KeyError("spec"), id="malformed"),
    ],
)
async def test_a_failure_is_tried_again(error):
    """And the other keys are worked on meanwhile."""
    left, done = [error, error], asyncio.Event()

    async def work(key):
        if key == KEY and left:
            raise left.pop()
        if key == KEY:
            done.set()

    queue = WorkQueue("test", work)
    async with running(queue):
        queue.add(KEY)
        queue.add(("ns", "other"))
        await done.wait()


async def test_an_unnamed_error_ends_the_queue():
    """A broken program must not go on as if nothing were."""

    async def work(key):
        raise RuntimeError

    queue = WorkQueue("test", work)
    queue.add(KEY)
    with pytest.RaisesGroup(RuntimeError):
        await queue.run_workers()


async def test_work_may_ask_to_come_again():
    """It returns seconds; the earlier of two appointments stands."""
    runs, twice = [], asyncio.Event()

    async def work(key):
        runs.append(key)
        if len(runs) == 2:
            twice.set()
        return 0.01 if len(runs) == 1 else None

    queue = WorkQueue("test", work)
    async with running(queue):
        queue.add(KEY)
        queue.add_after(KEY, 3600)
        await twice.wait()
    assert runs == [KEY, KEY]
