"""MetalLB's controller beside ours on the same Services: played by what it writes, as its source has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from baremetal_lb.kube.client import MERGE, Target
from baremetal_lb.kube.errors import Conflict, NotFound
from baremetal_lb.kube.resources import SERVICES
from baremetal_lb.kube.watch import Informer
from baremetal_lb.model.api_names import ANNOUNCED, METALLB_ALLOCATED
from tests.baremetal_lb.fakes.lab import Lab

POOL = "name: lan, addresses: [192.0.2.10-192.0.2.20]"


class MetalLb:
    """Sees a Service without an address of its own, and gives it one at once, or clears what others gave."""

    def __init__(self, lab: Lab, prefix: str) -> None:
        self.writes: list[str] = []
        self._lab, self._prefix = lab, prefix
        self._news: asyncio.Queue[dict] = asyncio.Queue()
        self._given: dict[str, str] = {}

    async def run(self) -> None:
        services = Informer(self._lab.client, SERVICES, lambda raw: raw)
        async with asyncio.TaskGroup() as group:
            group.create_task(services.run(lambda change: change.new and self._news.put_nowait(change.new)))
            while True:
                await self._converge(await self._news.get())

    def _give(self, name: str) -> str:
        return self._given.setdefault(name, f"{self._prefix}{len(self._given) + 1}")

    async def _converge(self, raw: dict) -> None:
        metadata, name = raw["metadata"], raw["metadata"]["name"]
        if metadata["namespace"] != self._lab.namespace or raw["spec"].get("loadBalancerClass"):
            return
        ingress = (raw["status"].get("loadBalancer") or {}).get("ingress") or []
        wanted = self._give(name) if self._prefix else None
        if [each.get("ip") for each in ingress] == ([wanted] if wanted else []):
            return
        status = {"loadBalancer": {"ingress": [{"ip": wanted}] if wanted else None}}
        mark = {METALLB_ALLOCATED: "theirs" if wanted else None}
        body = {"metadata": {"resourceVersion": metadata["resourceVersion"], "annotations": mark}}
        try:
            target = Target(SERVICES, metadata["namespace"], name, "status")
            await self._lab.client.patch(target, {**body, "status": status}, MERGE)
            self.writes.append(name)
        except (Conflict, NotFound):
            return  # the newer one is on its way


@asynccontextmanager
async def metallb(lab: Lab, prefix: str) -> AsyncIterator[MetalLb]:
    async with asyncio.TaskGroup() as group:
        theirs = MetalLb(lab, prefix)
        running = group.create_task(theirs.run())
        yield theirs
        running.cancel()


async def test_what_both_serve_comes_to_rest_and_says_who_serves_it(lab: Lab) -> None:
    """Whoever was first: a few writes, then none; condition and Event tell what to do."""
    await lab.pools(POOL)
    async with metallb(lab, "172.16.0.") as theirs:
        await lab.create("old")
        await lab.until(lambda: lab.has("old"))
        async with lab.controller():
            await lab.create("new")
            for name in ("old", "new"):
                await lab.until(lambda name=name: "ServedByMetalLB" in lab.says(name))
                assert lab.has(name).startswith("172.16.0.")
                assert lab.says(name, ANNOUNCED) == ""
            (told,) = await lab.events("old", expected=1)
            assert told.startswith("Warning ServedByMetalLB: MetalLB has given it 172.16.0.1")
            versions = [lab.raw(name)["metadata"]["resourceVersion"] for name in ("old", "new")]
            await lab.create("last")  # what is told of it comes after whatever they might still write
            await lab.until(lambda: "ServedByMetalLB" in lab.says("last"))
            assert [lab.raw(name)["metadata"]["resourceVersion"] for name in ("old", "new")] == versions
            assert all(theirs.writes.count(name) <= 2 for name in ("old", "new", "last"))


async def test_who_undoes_every_write_is_not_fought(lab: Lab) -> None:
    """Such as MetalLB without a free address, which clears what others gave: three writes, then a wait."""
    await lab.pools(POOL)
    async with lab.controller() as controller, metallb(lab, "") as theirs:
        await lab.create("a")
        found = await lab.events("a", expected=2)
        assert any("StatusContested: somebody else keeps writing nothing" in each for each in found)
        before = len(theirs.writes)
        await lab.create("b")
        await lab.events("b", expected=2)
        assert before <= 4
        assert controller.hindrances() == []
