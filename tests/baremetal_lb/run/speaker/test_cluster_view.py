"""What a speaker makes of the ConfigMap that it watches."""

import asyncio

import structlog

from baremetal_lb.decide.speaker.events import Event, PoolsSeen
from baremetal_lb.run.speaker.cluster_view import ClusterView
from baremetal_lb.settings import Settings


async def said(lines: list[dict], event: str) -> None:
    """Wait until the log has a line."""
    while event not in [each["event"] for each in lines]:  # noqa: ASYNC110 - a list has no event to await
        await asyncio.sleep(0.01)


async def test_a_configuration_made_to_harm_leaves_the_last_good_one_in_force(lab):
    """A speaker that is given what can't be read says so, and takes the next good one."""
    in_force: asyncio.Queue[list[str]] = asyncio.Queue()

    def feed(event: Event) -> None:
        if isinstance(event, PoolsSeen):
            in_force.put_nowait([str(each) for pool in event.pools for each in pool.ranges])

    settings = Settings(kubeconfig=lab.api.kubeconfig, namespace=lab.system)
    view = ClusterView(lab.client, settings, feed)
    await lab.pools("name: a, addresses: [10.0.0.1]")
    with structlog.testing.capture_logs() as lines:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            running = [group.create_task(each) for each in view.watches().values()]
            await view.synced()
            assert view.configured.is_set()
            assert await in_force.get() == ["10.0.0.1"]
            for text in ("address-pools: " + "[" * 10_000, "a: &a [*a]"):
                lines.clear()
                await lab.pools(text=text)
                await said(lines, "pool configuration rejected, keeping the last")
            assert in_force.empty()
            await lab.pools("name: a, addresses: [10.0.0.2]")
            assert await in_force.get() == ["10.0.0.2"]
            for each in running:
                each.cancel()
