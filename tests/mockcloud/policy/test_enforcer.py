"""A kernel that refuses: the agent goes on, and asks it again; no pod is open meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from mockcloud.client.kubeconfig import load_access
from mockcloud.client.resources import NETWORK_POLICIES
from mockcloud.client.rest import Client
from mockcloud.policy import enforcer
from mockcloud.policy.enforcer import NetworkPolicies, NotInForce
from mockcloud.proxy.decide.views import Family
from mockcloud.proxy.nftables import NftError
from testkit import objects


class Refusing:
    """An nft that refuses so many times, then has a table that an agent before us left."""

    one_socket = False

    def __init__(self, times: int) -> None:
        self.times = times
        self.refused = asyncio.Event()
        self.ran: asyncio.Queue[str] = asyncio.Queue()

    def run(self, script: str) -> str:
        if self.times:
            self.times -= 1
            self.refused.set()
            msg = "busy"
            raise NftError(msg)
        self.ran.put_nowait(script)
        return "table ip mockcloud-policies-a\n"


@pytest.fixture
def api(kube_api_factory):
    return kube_api_factory()


@asynccontextmanager
async def enforcing(api, nft, *policies):
    """The node's policies, while they are kept; the API has these."""
    async with Client(load_access(str(api.kubeconfig))) as client, asyncio.timeout(60):
        for each in policies:
            await client.create(NETWORK_POLICIES, each)
        kept = NetworkPolicies(client, nft, [Family.IPV4])
        task = asyncio.create_task(kept.run())
        yield kept
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


CLOSED = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "closed", "namespace": "default"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}
NEW = objects.pod("new", metadata={"uid": "u-1"})


async def test_without_policies_a_pod_is_admitted_when_that_is_known(api):
    """No kernel is asked for it."""
    async with enforcing(api, Refusing(1000)) as kept:
        await kept.admit(NEW, ["10.244.1.9"])


async def test_a_pod_is_admitted_when_the_policies_are_its(api, monkeypatch):
    """Though the agent has just begun, and the kernel refuses at first."""
    monkeypatch.setattr(enforcer, "RETRY_SECONDS", 0.01)
    nft = Refusing(2)
    async with enforcing(api, nft, CLOSED) as kept:
        await kept.admit(NEW, ["10.244.1.9"])
        ran = "".join(nft.ran.get_nowait() for _ in range(nft.ran.qsize()))
    assert "10.244.1.9" in ran


async def test_a_pod_that_would_be_open_is_not_admitted(api, monkeypatch):
    """The reason is the kernel's, or that nothing is known yet."""
    monkeypatch.setattr(enforcer, "ADMIT_SECONDS", 0.2)
    nft = Refusing(1000)
    async with enforcing(api, nft, CLOSED) as kept:
        await nft.refused.wait()
        with pytest.raises(NotInForce, match="the kernel refused them: busy"):
            await kept.admit(NEW, ["10.244.1.9"])
    async with Client(load_access(str(api.kubeconfig))) as client:
        with pytest.raises(NotInForce, match="the API has not said yet which there are"):
            await NetworkPolicies(client, Refusing(0), [Family.IPV4]).admit(NEW, ["10.244.1.9"])


async def test_what_an_agent_before_us_left_goes_though_the_kernel_refuses_at_first(api, monkeypatch, caplog):
    """The whole agent would have ended by it."""
    monkeypatch.setattr(enforcer, "RETRY_SECONDS", 0.01)
    nft = Refusing(2)
    async with enforcing(api, nft):
        assert (await nft.ran.get()) == "list tables ip\n"
    assert caplog.text.count("the kernel refused the rules of network policies, table ip: busy") == 2
