"""The balancer's own scenarios on both APIs: what holds in the lab holds in a cluster."""

import asyncio
from types import SimpleNamespace

import pytest
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.resources import NAMESPACES, SERVICES
from conformance.harness.contract import Sides
from tests.baremetal_lb.fakes.lab import Lab
from tests.baremetal_lb.fakes.scenarios import SCENARIOS

# Each scenario's own: other contracts' Services are none of ours, and a second release of a class waits.
CLASS = "conformance.example/"


@pytest.mark.parametrize("side", ["real", "embedded"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
async def test_the_balancer(sides: Sides, side: str, scenario) -> None:
    """One scenario on one side, in namespaces of its own."""
    cluster = getattr(sides, side)
    name = f"balancer-{SCENARIOS.index(scenario)}"
    async with await Client.connect(cluster.kubeconfig) as client, asyncio.TaskGroup() as group:
        lab = Lab(
            SimpleNamespace(kubeconfig=cluster.kubeconfig), client, name, f"{name}-system", CLASS + name
        )
        for namespace in (lab.namespace, lab.system):
            await client.create(NAMESPACES, {"metadata": {"name": namespace}})
        watching = group.create_task(lab.watch())
        try:
            await scenario(lab)
        finally:
            watching.cancel()
            await lab.remove_nodes()
            for raw in (await client.list(SERVICES, lab.namespace))["items"]:
                await client.delete(SERVICES, raw["metadata"]["name"], lab.namespace)
