"""Several controllers on one API: one leads, and another goes on where it ends."""

import asyncio
import time

from baremetal_lb.decide.leadership import Candidate
from baremetal_lb.kube.client import MERGE, Client, Target
from baremetal_lb.kube.resources import CONFIG_MAPS, LEASES, NAMESPACES
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.run.control.leading import Leading, died_here

LAB = "name: lab, addresses: [10.0.0.1-10.0.0.9]"
LEASE = ("baremetal-lb-controller", "baremetal-lb-system")


async def test_one_leads_and_the_other_goes_on_where_it_stopped(lab):
    """Both are ready; the second takes over what the first has given, and gives what is asked since."""
    await lab.pools(LAB)
    async with lab.controller(identity="first") as first, lab.controller(identity="second") as second:
        assert second.ready.is_set()
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        lease = await lab.client.get(LEASES, *LEASE)
        assert lease["spec"]["holderIdentity"] == "first"
        assert first.ready.is_set()
    async with lab.controller(identity="third"):
        await lab.create("b")
        await lab.until(lambda: lab.has("b"))
        assert [lab.has("a"), lab.has("b")] == ["10.0.0.1", "10.0.0.2"]
        lease = await lab.client.get(LEASES, *LEASE)
        assert lease["spec"]["holderIdentity"] == "third"
    lease = await lab.client.get(LEASES, *LEASE)
    assert lease["spec"]["holderIdentity"] == ""


async def test_a_deposed_leader_stops(lab):
    """Somebody else's name in the lease ends the work, and it stands by."""
    key = ObjectKey("baremetal-lb-system", "some-lease")
    leading = Leading(lab.client, key, Candidate("a", duration=0.4))
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(leading.run(work))
        await began.wait()
        body = {"spec": {"holderIdentity": "b", "leaseDurationSeconds": 60, "renewTime": None}}
        await lab.client.patch(Target(LEASES, key.namespace, key.name), body, MERGE)
        await ended.wait()
        await leading.standing_by.wait()
        running.cancel()


async def test_a_leader_that_can_not_renew_stops_in_time(lab, tmp_path):
    """Cut off from the API it must not go on: others may take over soon. It leads again afterwards."""
    await lab.pools(LAB)
    async with lab.proxy(tmp_path) as (proxy, kubeconfig), await Client.connect(kubeconfig) as client:
        key = ObjectKey("baremetal-lb-system", "another-lease")
        leading = Leading(client, key, Candidate("a", duration=0.4))
        changes: asyncio.Queue[str] = asyncio.Queue()

        async def work() -> None:
            changes.put_nowait("leads")
            try:
                await asyncio.Event().wait()
            finally:
                changes.put_nowait("stopped")

        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            running = group.create_task(leading.run(work))
            assert await changes.get() == "leads"
            assert leading.is_sure()
            proxy.away = True
            assert await changes.get() == "stopped"
            assert not leading.is_sure()
            proxy.away = False
            assert await changes.get() == "leads"
            running.cancel()


async def test_a_leader_that_was_paused_knows_before_it_writes(lab):
    """Another may lead by now, and the watch may show its writes: they must not be taken for hand edits."""
    leading = Leading(lab.client, ObjectKey("baremetal-lb-system", "paused"), Candidate("a", duration=0.4))
    working, stop = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        working.set()
        await stop.wait()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(leading.run(work))
        await working.wait()
        time.sleep(0.4)  # noqa: ASYNC251 - this is the pause: nothing of this process runs
        assert not leading.is_sure()
        running.cancel()


async def test_a_namespace_that_comes_later_is_waited_for(lab):
    """Ready before it, for there is nothing to do yet; leading and serving once it is there."""
    async with lab.controller(namespace="later"):
        await lab.client.create(NAMESPACES, {"metadata": {"name": "later"}})
        config = "address-pools: [{name: lab, protocol: layer2, addresses: [10.0.0.1]}]"
        body = {"metadata": {"namespace": "later", "name": "config"}, "data": {"config": config}}
        await lab.client.create(CONFIG_MAPS, body)
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))


async def test_a_dead_process_of_this_host_is_not_waited_for(monkeypatch):
    """A killed controller, started again, goes on at once; pods have names and are never taken for dead."""
    monkeypatch.delenv("POD_NAME", raising=False)
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    gone = await asyncio.create_subprocess_exec("true")
    await gone.wait()
    assert died_here(f"here_{gone.pid}")
    assert not died_here("here_1")
    assert not died_here(f"elsewhere_{gone.pid}")
    assert not died_here("controller-abc")
    monkeypatch.setenv("POD_NAME", "controller-abc")
    assert not died_here(f"here_{gone.pid}")
