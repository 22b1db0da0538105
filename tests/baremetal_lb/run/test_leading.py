"""Several controllers on one API: one leads, and another goes on where it ends."""

import asyncio
import contextlib
import json
import os
import time
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from baremetal_lb.decide.leader_election import Candidate
from baremetal_lb.kube import convert
from baremetal_lb.kube.client import MERGE, Client, Target
from baremetal_lb.kube.errors import NotFound, Refused
from baremetal_lb.kube.resources import CONFIG_MAPS, LEASES, NAMESPACES, SERVICES
from baremetal_lb.kube.watch import Informer
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.run.controller import leader_election
from baremetal_lb.run.controller.daemon import Controller
from baremetal_lb.run.controller.leader_election import LeaderElection, died_here, own_identity, this_process
from baremetal_lb.settings import Settings

LAB = "name: lab, addresses: [10.0.0.1-10.0.0.9]"
UNIQUE = "123e4567-e89b-42d3-a456-426614174000"
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
    leading = LeaderElection(lab.client, key, Candidate("a", duration=0.4))
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
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
        leading = LeaderElection(client, key, Candidate("a", duration=0.4))
        changes: asyncio.Queue[str] = asyncio.Queue()

        async def work() -> None:
            changes.put_nowait("leads")
            try:
                await asyncio.Event().wait()
            finally:
                changes.put_nowait("stopped")

        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
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
    leading = LeaderElection(
        lab.client, ObjectKey("baremetal-lb-system", "paused"), Candidate("a", duration=0.4)
    )
    working, stop = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        working.set()
        await stop.wait()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        running = group.create_task(leading.run(work))
        await working.wait()
        time.sleep(0.4)  # noqa: ASYNC251 - this is the pause: nothing of this process runs
        assert not leading.is_sure()
        running.cancel()


async def test_a_namespace_that_comes_later_is_waited_for(lab):
    """Not ready before it, since nobody can lead; leading and serving once it is there."""
    chosen = Settings(
        kubeconfig=lab.api.kubeconfig, namespace="later", status_namespace=lab.speakers, leader_elect=True
    )
    async with asyncio.TaskGroup() as group:
        controller = Controller(chosen, lab.client, "one")
        running = group.create_task(controller.run())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await controller.ready.wait()
        await lab.client.create(NAMESPACES, {"metadata": {"name": "later"}})
        config = "address-pools: [{name: lab, protocol: layer2, addresses: [10.0.0.1]}]"
        body = {"metadata": {"namespace": "later", "name": "config"}, "data": {"config": config}}
        await lab.client.create(CONFIG_MAPS, body)
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        assert not controller.hindrances()
        running.cancel()


async def test_a_missing_right_is_named_and_nobody_is_ready(lab, tmp_path, capsys):
    """Verb, resource and namespace, as RBAC has them; in a line now and then. Given the right, it leads."""
    async with lab.proxy(tmp_path) as (proxy, kubeconfig):
        proxy.forbidden = "/leases"
        async with await Client.connect(kubeconfig) as client:
            with pytest.raises(
                Refused, match=r"missing right: get leases\.coordination\.k8s\.io in namespace x "
            ):
                await client.get(LEASES, "any", "x")
            chosen = Settings(kubeconfig=kubeconfig, namespace=lab.system, status_namespace=lab.speakers)
            async with asyncio.TaskGroup() as group:
                controller = Controller(chosen, client, "one")
                running = group.create_task(controller.run())
                async with asyncio.timeout(60.0):
                    while not controller.hindrances():  # noqa: ASYNC110 - it is asked, as a probe does
                        await asyncio.sleep(0.05)
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(2.0):
                        await controller.ready.wait()
                said = capsys.readouterr()
                assert (said.out + said.err).count("could not acquire the lease, trying again") == 1
                proxy.forbidden = ""
                async with asyncio.timeout(60.0):
                    await controller.ready.wait()
                running.cancel()


async def test_who_led_and_has_lost_the_right_is_not_ready(lab, tmp_path, monkeypatch):
    """As long as that lasts; it says "standing by" only of somebody who leads."""
    monkeypatch.setattr(leader_election, "AT_A_LOSS", 0.2)
    async with lab.proxy(tmp_path) as (proxy, kubeconfig), lab.controller(kubeconfig) as controller:
        assert not controller.hindrances()
        proxy.forbidden = "/leases"
        async with asyncio.timeout(60.0):
            while not controller.hindrances():  # noqa: ASYNC110 - it is asked, as a probe does
                await asyncio.sleep(0.05)
        proxy.forbidden = ""
        async with asyncio.timeout(60.0):
            while controller.hindrances():  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.05)


async def namespace_of_speakers(lab) -> dict:
    """Once it is there, and not about to go."""
    async with asyncio.timeout(60.0):
        while True:
            with contextlib.suppress(NotFound):
                found = await lab.client.get(NAMESPACES, lab.speakers)
                if not found["metadata"].get("deletionTimestamp"):
                    return found
            await asyncio.sleep(0.02)


async def test_the_speakers_namespace_comes_back_when_it_was_deleted(lab, tmp_path):
    """With all in it; what speakers write there they write again."""
    async with lab.controller():
        await namespace_of_speakers(lab)
        await lab.client.delete(NAMESPACES, lab.speakers)
        going = await lab.client.get(NAMESPACES, lab.speakers)
        # What the cluster's own controllers do when it is empty.
        file = tmp_path / "namespace.json"
        file.write_text(json.dumps({**going, "spec": {"finalizers": []}}))
        path = f"/api/v1/namespaces/{lab.speakers}/finalize"
        await asyncio.to_thread(lab.api.kubectl, "replace", "--raw", path, "-f", str(file))
        again = await namespace_of_speakers(lab)
        assert again["metadata"]["uid"] != going["metadata"]["uid"]


async def test_a_dead_process_of_this_host_is_not_waited_for():
    """A killed controller, started again, goes on at once; only a pid of this very place can be looked up."""
    gone = await asyncio.create_subprocess_exec("true")
    await gone.wait()
    here = this_process()
    dead = replace(here, pid=gone.pid)

    def died(**other) -> bool:
        return died_here(replace(dead, **other).identity(UNIQUE), here)

    assert died()
    assert not died(pid=1)
    assert not died(pid=os.getpid())
    assert not died(host="elsewhere")
    assert not died(boot="00000000-0000-4000-8000-000000000000")
    assert not died(pid_namespace=here.pid_namespace + 1)
    for odd in ("", "controller-abc", f"controller-abc_{UNIQUE}", f"{here.host}_{gone.pid}"):
        assert not died_here(odd, here)
    for digits in ("9" * 7, "9" * 30, "9" * 5000):
        assert died_here(f"{here.host}_{digits}_{here.boot}_{here.pid_namespace}_{UNIQUE}", here) is (
            len(digits) == 7
        )


@pytest.mark.parametrize("pod", ["", "controller-abc"], ids=["process", "pod"])
async def test_candidates_of_one_name_do_not_lead_at_once(lab, monkeypatch, pod):
    """Containers with the host's network have one host name, and pids that repeat."""
    monkeypatch.setenv("POD_NAME", pod)
    key, leaders, led = ObjectKey("baremetal-lb-system", f"one-name-{pod}x"), set(), asyncio.Event()

    def work(name: str):
        async def lead() -> None:
            leaders.add(name)
            led.set()
            await asyncio.Event().wait()

        return lead

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        both = [LeaderElection(lab.client, key, Candidate(own_identity(), duration=1.0)) for _ in range(2)]
        running = [group.create_task(each.run(work(f"{at}"))) for at, each in enumerate(both)]
        await led.wait()
        waits = both[1 - int(next(iter(leaders)))]
        await waits.standing_by.wait()
        assert len(leaders) == 1
        for each in running:
            each.cancel()


class Onlooker:
    """Watches all Services, and takes down each moment at which two show one address."""

    def __init__(self, lab):
        self.doubles: list[str] = []
        self._seen = Informer(lab.client, SERVICES, convert.service)

    async def look(self) -> None:
        await self._seen.run(self._note)

    def _note(self, _change) -> None:
        shown = [(address, view.key) for view in self._seen.values() for address in view.status.addresses]
        for address, count in Counter(address for address, _ in shown).items():
            if count > 1:
                self.doubles.append(f"{address}: {[str(key) for each, key in shown if each == address]}")


LOW, HIGH = "10.0.0.1-10.0.0.3", "10.0.1.1-10.0.1.3"


async def turn(lab, first: str, second: str, names: list[str]) -> None:
    """Put other pools in force, so that each Service has to take an address that another has."""
    pinned = "service-allocation: {{service-selectors: [{{match-labels: {{t: {}}}}}]}}"
    pools = {"a": first, "b": second}
    texts = [f"name: {name}, addresses: [{each}], {pinned.format(name)}" for name, each in pools.items()]
    await lab.pools(*texts)
    wanted = {name: pools["ab"[at % 2]][:7] for at, name in enumerate(names)}
    await lab.until(lambda: all(lab.has(name).startswith(subnet) for name, subnet in wanted.items()))


async def test_an_address_that_changes_hands_is_never_in_two_statuses(lab, tmp_path):
    """As a watcher sees it: while writes fail, pools are exchanged, and another controller takes over."""
    onlooker, chance = Onlooker(lab), Random(5)
    names = [f"s{at}" for at in range(6)]
    for at, name in enumerate(names):
        await lab.create(name, labels={"t": "ab"[at % 2]})
    async with asyncio.TaskGroup() as group, lab.proxy(tmp_path) as (proxy, kubeconfig):
        looking = group.create_task(onlooker.look())
        for number in range(4):
            proxy.faults.extend(chance.choice([409, 429, 500, 503]) for _ in range(6))
            proxy.delay = chance.choice([0.0, 0.02])
            async with (
                lab.controller(kubeconfig=kubeconfig, identity=f"{number}-one"),
                lab.controller(kubeconfig=kubeconfig, identity=f"{number}-two"),
            ):
                await turn(lab, LOW, HIGH, names)
                await turn(lab, HIGH, LOW, names)
        looking.cancel()
    assert onlooker.doubles == []
