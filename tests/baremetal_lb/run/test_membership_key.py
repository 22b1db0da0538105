"""The Secret with the speakers' key, on the embedded API."""

import asyncio

import pytest

from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import NotFound
from baremetal_lb.kube.resources import NAMESPACES, SECRETS
from baremetal_lb.kube.secrets import MEMBERSHIP, membership_key
from baremetal_lb.run.membership_key import keep_membership_key


async def key_there(client: Client, namespace: str) -> bytes:
    async with asyncio.timeout(60):
        while True:
            try:
                key = membership_key(await client.get(SECRETS, MEMBERSHIP, namespace))
            except NotFound:
                await asyncio.sleep(0.02)
            else:
                assert key is not None
                return key


async def test_key_is_made_once_by_however_many_and_again_where_it_is_deleted(kube_api) -> None:
    """Two keepers, a namespace that comes later: one key, which stays; deleted, there is a new one."""
    async with await Client.connect(kube_api.kubeconfig) as client, asyncio.TaskGroup() as group:
        keepers = [group.create_task(keep_membership_key(client, "late")) for _ in range(2)]
        await client.create(NAMESPACES, {"metadata": {"name": "late"}})
        first = await key_there(client, "late")
        assert await key_there(client, "late") == first
        await client.delete(SECRETS, MEMBERSHIP, "late")
        assert await key_there(client, "late") != first
        for keeper in keepers:
            keeper.cancel()


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_controller_without_speakers_or_heartbeats_asks_for_no_secret(lab, wanted) -> None:
    """`--no-membership-key`: it needs no right to Secrets."""
    async with lab.controller(membership_key=wanted):
        running = {task.get_name() for task in asyncio.all_tasks()}
        assert ("watch the membership key" in running) is wanted
