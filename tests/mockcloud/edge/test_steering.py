"""When the edge looks at its cloud."""

import asyncio
import time

from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core.values import Operation
from mockcloud.cloud.service import CloudService
from mockcloud.edge.news import CloudTime
from mockcloud.edge.steering import LONGEST_PAUSE, Steering, pause

CHANGES = 400


def test_a_tenth_of_the_time_goes_to_looking():
    """Nobody feels it where there is little to look at; where there is much, news waits for half a second."""
    assert round(pause(0.001), 6) == 0.009
    assert pause(10) == pause(0.1) == LONGEST_PAUSE


async def test_many_changes_are_performed_together():
    """And the last of them is not forgotten."""
    cloud = CloudService(Clock(time.monotonic, 1_000.0))
    seen, complete = [], asyncio.Event()

    async def perform(view):
        seen.append(len(view.state.all(Operation)))
        if seen[-1] == CHANGES:
            complete.set()
        until = time.thread_time() + 0.01
        while time.thread_time() < until:
            pass

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        steering = Steering(cloud, CloudTime(cloud.clock), group)
        running = group.create_task(steering.run([perform]))
        await steering.began.wait()
        for _ in range(CHANGES):
            cloud.run(lambda draft: draft.begin("nothing"))
            await asyncio.sleep(0)
        await complete.wait()
        running.cancel()
    assert len(seen) < CHANGES / 10
