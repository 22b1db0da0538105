"""`check-config --plan`: what would become of each Service, without changing anything."""

import asyncio

from baremetal_lb.kube.resources import NODES
from baremetal_lb.run.preview_config import plan
from baremetal_lb.settings import Settings


async def said(lab, text: str) -> tuple[int, list[str]]:
    lines: list[str] = []
    settings = Settings(kubeconfig=lab.api.kubeconfig)
    code = await asyncio.to_thread(plan, text, settings, lines.append)
    return code, [line.replace(lab.namespace, "NS") for line in lines]


async def test_the_plan_says_who_keeps_changes_loses_and_gains(lab):
    """With the pools' fill, and the reason of who would have to wait."""
    await lab.pools("name: lab, addresses: [10.0.0.1-10.0.0.3]")
    async with lab.controller():
        for name in ("a", "b", "c"):
            await lab.create(name)
            await lab.until(lambda name=name: lab.has(name))
        await lab.create("d", loadBalancerIP="10.1.0.1")
        await lab.until(lambda: lab.says("d"))
        before = dict(lab.seen.items())
        new = "address-pools:\n- {name: new, protocol: layer2, addresses: [10.0.0.2, 10.1.0.1-10.1.0.2]}\n"
        code, lines = await said(lab, new)
        assert code == 0
        assert lines == [
            "change  NS/a: 10.0.0.1 -> 10.1.0.1; 10.0.0.1: is in no pool any more",
            "keep    NS/b: 10.0.0.2",
            "change  NS/c: 10.0.0.3 -> 10.1.0.2; 10.0.0.3: is in no pool any more",
            "wait    NS/d: -; 10.1.0.1: in use by NS/a",
            'pool    "new": 3 of 3 IPv4 addresses in use  FULL',
        ]
        code, lines = await said(lab, new.replace("10.1.0.1-10.1.0.2", "10.1.0.1"))
        assert 'lose    NS/c: 10.0.0.3 -> -; pool "new": full: 2 of 2 IPv4 addresses in use' in lines
        assert before == dict(lab.seen.items())


async def test_who_keeps_an_address_that_no_pool_has_is_told_so(lab):
    """`keep` alone would hide that the pool is gone."""
    await lab.pools("name: lab, addresses: [10.0.0.1], on-removal: keep")
    async with lab.controller():
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        _, lines = await said(lab, "address-pools: [{name: p, protocol: layer2, addresses: [10.1.0.1]}]")
        assert lines[0] == (
            "keep    NS/a: 10.0.0.1; 10.0.0.1: "
            "in no pool any more, kept until the Service goes (on-removal: keep)"
        )


async def test_a_plan_of_a_bad_configuration_says_its_faults(lab):
    """As check-config without --plan."""
    assert await said(lab, "pools: 1") == (
        1,
        ["error: pools: is not a known key; did you mean 'address-pools'?"],
    )


async def test_a_plan_without_a_configuration_in_force(lab):
    """Everything that waits would gain."""
    await lab.create("a")
    code, lines = await said(lab, "address-pools: [{name: p, protocol: layer2, addresses: [10.0.0.1/32]}]")
    assert (code, lines[0]) == (0, "gain    NS/a: - -> 10.0.0.1")


async def test_the_plan_says_who_would_not_be_announced_any_more(lab):
    """And all else that applying it would warn of: a pool may be right, and nobody hear of its addresses."""
    name, status = "p-" + lab.namespace, {"addresses": [{"type": "InternalIP", "address": "10.0.0.9"}]}
    await lab.client.create(NODES, {"metadata": {"name": name, "labels": {"rack": "a"}}, "status": status})
    await lab.pools("name: lab, addresses: [10.0.0.1-10.0.0.9]")
    try:
        async with lab.controller():
            await lab.create("a")
            await lab.until(lambda: lab.has("a"))
            code, lines = await said(
                lab, "address-pools: [{name: lab, protocol: bgp, addresses: [10.0.0.7/28]}]"
            )
            assert code == 0
            assert lines[0].startswith("warning: address-pools[0].addresses[0]: '10.0.0.7/28' has host bits")
            assert lines[1:] == [
                'warning: pool "lab" has protocol bgp: its addresses are given, but not announced yet',
                'warning: pool "lab" has 10.0.0.9, which belongs to node p-NS: it is never given',
                "silence NS/a: 10.0.0.1; not announced: "
                'pool "lab" has protocol bgp, which is not announced yet',
                'pool    "lab": 1 of 14 IPv4 addresses in use',
            ]
            selector = "node-selectors: [{match-labels: {rack: b}}]"
            racks = f"address-pools: [{{name: lab, protocol: layer2, addresses: [10.0.0.1], {selector}}}]"
            _, lines = await said(lab, racks)
            assert lines[0] == (
                "silence NS/a: 10.0.0.1; not announced: "
                'no node has labels that the node-selectors of pool "lab" select'
            )
            _, lines = await said(lab, racks.replace("rack: b", "rack: a"))
            assert lines[0] == "keep    NS/a: 10.0.0.1"
    finally:
        await lab.client.delete(NODES, name)
