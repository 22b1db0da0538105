"""`baremetal-lb status`: how the balancer stands in a cluster, and the verdict on the ConfigMap."""

import asyncio
import json

from click.testing import CliRunner

from baremetal_lb.__main__ import main
from baremetal_lb.kube.client import MERGE, Target
from baremetal_lb.kube.resources import CONFIG_MAPS
from baremetal_lb.model.api_names import (
    VERDICT,
)
from baremetal_lb.model.reports import Report


async def said(lab, *options: str) -> str:
    arguments = ["status", "--kubeconfig", str(lab.api.kubeconfig), *options]
    done = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    assert done.exit_code == 0, done.output
    return done.output.replace(lab.namespace, "NS")


async def verdict(lab, expected: str) -> dict:
    """Wait until the ConfigMap has it."""
    async with asyncio.timeout(60):
        while True:
            raw = await lab.client.get(CONFIG_MAPS, "config", lab.system)
            if (raw["metadata"].get("annotations") or {}).get(VERDICT, "").startswith(expected):
                return raw
            await asyncio.sleep(0.02)


async def test_status_says_how_everything_stands(lab):
    """For people, and the same as JSON."""
    await lab.pools("name: lab, addresses: [10.0.0.1]")
    async with lab.controller(identity="one"):
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        await lab.create("b")
        await lab.until(lambda: lab.says("b"))
        await lab.report(Report("node-x"))
        await verdict(lab, "accepted: 1 pool")
        lines = (await said(lab)).splitlines()
        assert lines[:3] == [
            "configuration  baremetal-lb-system/config: accepted",
            "  the controller says: accepted: 1 pool",
            "pool           lab: 1 of 1 IPv4 addresses in use  FULL",
        ]
        assert lines[3].startswith("leader         one, ")
        assert lines[4] == "speakers       1"
        assert lines[5].startswith("  node-x, ")
        assert lines[5].endswith(" s ago: announces 0 addresses")
        assert lines[6:8] == [
            "services       2 of type LoadBalancer",
            '  waits: NS/b: Exhausted: pool "lab": full: 1 of 1 IPv4 addresses in use',
        ]
        found = json.loads(await said(lab, "-o", "json"))
        assert found["configuration"]["state"] == "accepted"
        assert found["pools"] == [{"name": "lab", "family": "IPv4", "used": 1, "capacity": 1}]
        assert found["leader"]["name"] == "one"
        assert [each["name"] for each in found["speakers"]] == ["node-x"]
        assert [each["reason"] for each in found["waiting"]] == ["Exhausted"]


async def test_status_of_a_cluster_without_anything(lab):
    """Nothing runs, and nothing is configured: that is said, too."""
    lines = (await said(lab, "--status-namespace", "nowhere")).splitlines()
    assert lines == [
        "configuration  baremetal-lb-system/config: missing: there is no such ConfigMap",
        "leader         none: no controller is running, or none may write its Lease",
        "speakers       none has reported",
        "services       0 of type LoadBalancer",
    ]


async def test_a_rejected_config_map_says_so_itself(lab):
    """Once for each verdict: whoever takes the annotation away, or applies without it, is left alone."""
    await lab.pools("name: lab, addresses: [10.0.0.1]")
    async with lab.controller():
        await verdict(lab, "accepted: 1 pool")
        await lab.pools(text="address-pools: [{name: lab, protocol: layer2, adresses: [10.0.0.1]}]")
        raw = await verdict(lab, "rejected: ")
        assert raw["metadata"]["annotations"][VERDICT] == (
            "rejected: address-pools[0].addresses: is required (and 1 more); "
            "the last good configuration stays in force"
        )
        assert (
            "  error: address-pools[0].adresses: is not a known key; did you mean 'addresses'?"
            in await said(lab)
        )
        target = Target(CONFIG_MAPS, lab.system, "config")
        taken = await lab.client.patch(target, {"metadata": {"annotations": {VERDICT: None}}}, MERGE)
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        now = await lab.client.get(CONFIG_MAPS, "config", lab.system)
        assert now["metadata"]["resourceVersion"] == taken["metadata"]["resourceVersion"]
        assert await lab.events("config", expected=1)


async def test_a_cluster_that_does_not_answer_is_one_message(tmp_path):
    """And exit code 1."""
    path = tmp_path / "kubeconfig"
    path.write_text("")
    done = await asyncio.to_thread(CliRunner().invoke, main, ["status", "--kubeconfig", str(path)])
    assert done.exit_code == 1
    assert done.output.startswith("error: kubeconfig ")
