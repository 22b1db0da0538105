"""A cluster for real packets: agents on two nodes, programs in pods' namespaces, a client outside."""

import pytest

from mockcloud.client.resources import ENDPOINT_SLICES, SERVICES
from mockcloud.client.rest import Client
from testkit.lan import NamespaceError
from testkit.services.cluster import Cluster, routes_by
from testkit.services.objects import NAMESPACE, expose, withdraw
from testkit.services.topology import NODES
from tests.fakes.service_stage import NODE_1, seen, until


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """One for all: its hosts take some seconds to start."""
    try:
        made = Cluster(tmp_path_factory.mktemp("cluster")).__enter__()
    except (NamespaceError, OSError) as error:
        pytest.skip(f"no network namespaces to be had: {error}")
    try:
        made.start_pods()
        for node in NODES:
            made.start_ours(node)
        yield made
    finally:
        made.__exit__()


@pytest.fixture
async def api(cluster):
    """A client of the cluster's API."""
    async with Client.from_kubeconfig(str(cluster.kubeconfig)) as client:
        yield client


async def programmed(cluster, api, exposed):
    """Wait until node-1's rules are as new as the Service and its slices of both families."""
    service = await api.get(SERVICES, exposed.name, NAMESPACE)
    parts = [await api.get(ENDPOINT_SLICES, part["metadata"]["name"], NAMESPACE) for part in exposed.slices()]
    newest = max(int(part["metadata"]["resourceVersion"]) for part in parts)
    url = f"http://127.0.0.1:10256/programmed/{service['metadata']['resourceVersion']}/{newest}"

    async def told():
        return cluster.run("node-1", "curl", "-s", "-o/dev/null", "-w%{http_code}", url)

    await until(told, "200")


@pytest.fixture
async def shown(cluster, api):
    """Exposes Services, waits until node-1 has their rules, and withdraws them after the test."""
    made = []

    async def show(exposed, fate="answered"):
        await expose(api, exposed)
        made.append(exposed)
        routes_by(cluster, "node-1", [*exposed.vips, *exposed.external_ips])
        await programmed(cluster, api, exposed)

        async def fate_there():
            return (await seen(cluster, "client", (NODE_1[0], exposed.node_port), tries=1))[0]

        await until(fate_there, fate)
        return exposed

    yield show
    for exposed in made:
        await withdraw(api, exposed)
