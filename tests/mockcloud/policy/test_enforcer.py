"""A kernel that refuses: the agent goes on, and asks it again."""

from __future__ import annotations

import asyncio

import pytest

from mockcloud.client.kubeconfig import load_access
from mockcloud.client.rest import Client
from mockcloud.policy import enforcer
from mockcloud.policy.enforcer import NetworkPolicies
from mockcloud.proxy.nftables import NftError


class Refusing:
    """An nft that refuses so many times, then has a table that an agent before us left."""

    one_socket = False

    def __init__(self, times: int) -> None:
        self.times = times
        self.ran: asyncio.Queue[str] = asyncio.Queue()

    def run(self, script: str) -> str:
        if self.times:
            self.times -= 1
            msg = "busy"
            raise NftError(msg)
        self.ran.put_nowait(script)
        return "table ip mockcloud-policies-a\n"


@pytest.fixture
def api(kube_api_factory):
    return kube_api_factory()


async def test_what_an_agent_before_us_left_goes_though_the_kernel_refuses_at_first(api, monkeypatch, caplog):
    """The whole agent would have ended by it."""
    monkeypatch.setattr(enforcer, "RETRY_SECONDS", 0.01)
    nft = Refusing(2)
    async with Client(load_access(str(api.kubeconfig))) as client, asyncio.timeout(60):
        task = asyncio.create_task(NetworkPolicies(client, nft, ["ip"]).run())
        assert (await nft.ran.get()) == "list tables ip\n"
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert caplog.text.count("the kernel refused the rules of network policies, table ip: busy") == 2
