"""`check-config --plan`: what would become of each Service, without changing anything."""

import asyncio

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
            "change  NS/a: 10.0.0.1 -> 10.1.0.1",
            "keep    NS/b: 10.0.0.2",
            "change  NS/c: 10.0.0.3 -> 10.1.0.2",
            "wait    NS/d: - -> -: 10.1.0.1: in use by NS/a",
            'pool    "new": 3 of 3 IPv4 addresses in use  FULL',
        ]
        code, lines = await said(lab, new.replace("10.1.0.1-10.1.0.2", "10.1.0.1"))
        assert 'lose    NS/c: 10.0.0.3 -> -: pool "new": full: 2 of 2 IPv4 addresses in use' in lines
        assert before == dict(lab.seen.items())


async def test_who_keeps_an_address_that_no_pool_has_is_told_so(lab):
    """`keep` alone would hide that the pool is gone."""
    await lab.pools("name: lab, addresses: [10.0.0.1], on-removal: keep")
    async with lab.controller():
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        _, lines = await said(lab, "address-pools: [{name: p, protocol: layer2, addresses: [10.1.0.1]}]")
        assert lines[0] == (
            "keep    NS/a: 10.0.0.1: in no pool any more, kept until the Service goes (on-removal: keep)"
        )


async def test_a_plan_of_a_bad_configuration_says_its_faults(lab):
    """As check-config without --plan."""
    assert await said(lab, "pools: 1") == (
        1,
        ["error: pools: is no known key; did you mean 'address-pools'?"],
    )


async def test_a_plan_without_a_configuration_in_force(lab):
    """Everything that waits would gain."""
    await lab.create("a")
    code, lines = await said(lab, "address-pools: [{name: p, protocol: layer2, addresses: [10.0.0.1/32]}]")
    assert (code, lines[0]) == (0, "gain    NS/a: - -> 10.0.0.1")
