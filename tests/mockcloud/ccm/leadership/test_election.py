import asyncio
from contextlib import asynccontextmanager

import pytest

from mockcloud.ccm.leadership.candidate import Candidate
from mockcloud.ccm.leadership.election import NAME, NAMESPACE, Election, LeadershipLost
from mockcloud.client.informer import Informer
from mockcloud.client.resources import LEASES
from mockcloud.client.rest import Client
from tests.mockcloud.ccm.conftest import PATIENCE


@asynccontextmanager
async def running(api, identity):
    """A candidate, and the event that it leads; LeadershipLost comes out of the block."""
    leads = asyncio.Event()

    async def work():
        leads.set()
        await asyncio.Event().wait()

    async with Client.from_kubeconfig(str(api.identity)) as client, asyncio.TaskGroup() as group:
        task = group.create_task(Election(client, Candidate(identity, retry=0.05)).lead(work))
        try:
            yield leads
        finally:
            task.cancel()


@pytest.fixture
async def admin(api):
    """Rights to everything; no lease before and none after."""
    async with Client.from_kubeconfig(str(api.kubeconfig)) as client:
        await client.delete(LEASES, NAME, namespace=NAMESPACE)
        yield client
        await client.delete(LEASES, NAME, namespace=NAMESPACE)


async def renewals(admin, count):
    """Returns when the Lease has been renewed so many times more."""
    seen, enough = set(), asyncio.Event()

    def changed(_key, _old, new):
        seen.add(new["spec"]["renewTime"])
        if len(seen) > count:
            enough.set()

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(Informer(admin, LEASES, namespace=NAMESPACE).run(changed))
        await enough.wait()
        watching.cancel()


async def test_the_next_one_follows_at_once_where_the_first_ends_in_order(api, admin):
    """It gives the Lease back, so nobody waits for 15 s; both have no rights but those a lab gives them."""
    async with asyncio.timeout(PATIENCE):
        async with running(api, "a") as first:
            await first.wait()
            assert (await admin.get(LEASES, NAME, NAMESPACE))["spec"]["holderIdentity"] == "a"
        async with running(api, "b") as second:
            await second.wait()
    spec = (await admin.get(LEASES, NAME, NAMESPACE))["spec"]
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("", 1)
    assert api.refused() == []


async def test_while_one_leads_another_stands_by(api, admin):
    """It does not work, and follows when the first has gone."""
    async with asyncio.timeout(PATIENCE), running(api, "a") as first:
        await first.wait()
        async with running(api, "b") as second:
            await renewals(admin, 3)
            assert not second.is_set()


async def test_whose_lease_was_taken_stops_working(api, admin):
    """Two that work at once would make things twice."""
    with pytest.RaisesGroup(pytest.RaisesGroup(LeadershipLost)):
        async with asyncio.timeout(PATIENCE), running(api, "a") as first:
            await first.wait()
            spec = {"holderIdentity": "thief"}
            await admin.patch(LEASES, NAME, {"spec": spec}, namespace=NAMESPACE)
            await asyncio.Event().wait()
