"""Two releases in one cluster: of different classes they do not meet, of one class one serves."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

from baremetal_lb.decide import rivals
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.resources import EVENTS, NAMESPACES
from baremetal_lb.model.api_names import SERVED_BY
from baremetal_lb.run.controller.daemon import Controller
from baremetal_lb.settings import Settings
from tests.baremetal_lb.fakes.lab import PATIENCE, Lab

FIRST, SECOND = (
    "name: one, addresses: [192.0.2.10-192.0.2.20]",
    "name: two, addresses: [192.0.2.30-192.0.2.40]",
)


async def install(lab: Lab, system: str, pool: str) -> Lab:
    """The namespace and pools of another release."""
    other = replace(lab, system=system)
    await lab.client.create(NAMESPACES, {"metadata": {"name": system}})
    await other.pools(pool)
    return other


@asynccontextmanager
async def unready_controller(lab: Lab, **settings):
    """A controller that is not waited for."""
    chosen = Settings(kubeconfig=lab.api.kubeconfig, namespace=lab.system, **settings)
    async with await Client.connect(chosen.kubeconfig) as client, asyncio.TaskGroup() as group:
        controller = Controller(chosen, client, "two")
        running = group.create_task(controller.run())
        yield controller
        running.cancel()


def served_by(lab: Lab, name: str) -> str:
    return lab.raw(name).get("metadata", {}).get("annotations", {}).get(SERVED_BY, "")


async def events_on(lab: Lab, system: str) -> list[str]:
    """SameClassTwice on that release's ConfigMap."""
    found = (await lab.client.list(EVENTS, system, {"fieldSelector": "involvedObject.name=config"}))["items"]
    return [each["message"] for each in found if each["reason"] == "SameClassTwice"]


async def until(holds) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - it is the API that is asked
            await asyncio.sleep(0.05)


async def test_releases_of_two_classes_serve_their_own_and_never_one_address_twice(lab: Lab) -> None:
    """Though they have the same pool: what a Service of the other class has is in use."""
    other = await install(lab, "second-system", FIRST)
    await lab.pools(FIRST)
    async with lab.controller(), other.controller(load_balancer_class="x/two", identity="two"):
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        await lab.create("b", loadBalancerClass="x/two")
        await lab.until(lambda: lab.has("b"))
        await lab.create("c")
        await lab.until(lambda: lab.has("c"))
    assert [lab.has(name) for name in "abc"] == ["192.0.2.10", "192.0.2.11", "192.0.2.12"]
    assert [served_by(lab, name) for name in "abc"] == [lab.system, "second-system", lab.system]
    assert await events_on(lab, lab.system) == await events_on(lab, "second-system") == []


async def test_of_two_releases_of_one_class_the_first_serves_and_both_say_so(lab: Lab, monkeypatch) -> None:
    """The second writes nothing, is not ready, and serves when the first has gone; both have an Event."""
    monkeypatch.setattr(rivals, "PATIENCE", 1.0)
    monkeypatch.setattr(rivals, "SIGN_EVERY", 0.5)
    other = await install(lab, "third-system", SECOND)
    await lab.pools(FIRST)
    async with lab.controller() as first:
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        async with unready_controller(other) as second:
            await until(lambda: _has(lab, "third-system"))
            await until(lambda: _has(lab, lab.system))
            version = lab.raw("a")["metadata"]["resourceVersion"]
            assert second.hindrances() == [
                f"the release in namespace {lab.system} serves the Services without a class"
            ]
            assert not second.ready.is_set()
            assert first.hindrances() == []
            await lab.create("b")
            await lab.until(lambda: lab.has("b"))
            assert lab.raw("a")["metadata"]["resourceVersion"] == version
            assert [served_by(lab, name) for name in "ab"] == [lab.system] * 2
            (told,) = await events_on(lab, "third-system")
            assert f"the release in namespace {lab.system} serves the Services without a class, too" in told
            (told,) = await events_on(lab, lab.system)
            assert "another release, in namespace third-system" in told
    async with unready_controller(other) as second:
        await asyncio.wait_for(second.ready.wait(), PATIENCE)
        await lab.until(lambda: served_by(lab, "a") == "third-system" == served_by(lab, "b"))
        assert lab.has("a") == "192.0.2.30"


async def _has(lab: Lab, system: str) -> bool:
    return bool(await events_on(lab, system))


async def test_two_that_start_at_once_come_to_one(lab: Lab) -> None:
    """Neither fights: the Service's status comes to rest, with the address of one pool."""
    other = await install(lab, "fourth-system", SECOND)
    await lab.pools(FIRST)
    await lab.create("a")
    async with unready_controller(lab) as first, unready_controller(other) as second:
        ready = [asyncio.ensure_future(each.ready.wait()) for each in (first, second)]
        await asyncio.wait(ready, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
        await until(lambda: _one_only(first, second))
        await lab.until(lambda: lab.has("a"))
        for each in ready:
            each.cancel()
        serving = lab.system if not first.hindrances() else "fourth-system"
        await lab.until(lambda: served_by(lab, "a") == serving)


async def _one_only(first: Controller, second: Controller) -> bool:
    return [bool(first.hindrances()), bool(second.hindrances())] in ([True, False], [False, True])
