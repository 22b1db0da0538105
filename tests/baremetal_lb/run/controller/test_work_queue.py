"""The queue of keys: first in, first out, each once and never by two."""

import asyncio

from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.run.controller.work_queue import WorkQueue

A, B = ObjectKey("x", "a"), ObjectKey("x", "b")


async def test_a_key_that_comes_in_while_in_work_comes_again():
    """And one that waits already does not come twice."""
    queue = WorkQueue()
    for key in (A, B, A):
        queue.add(key)
    assert len(queue) == 2
    async with queue.take() as first:
        queue.add(A)
        async with queue.take() as second:
            pass
        assert not queue.idle.is_set()
    async with queue.take() as third:
        assert len(queue) == 0
    assert [first, second, third] == [A, B, A]
    async with asyncio.timeout(30):
        await queue.idle.wait()
