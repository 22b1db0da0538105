"""metrics.k8s.io as clients see it, with an agent that the test plays."""

import asyncio
import itertools
import logging

import pytest
from aiohttp import test_utils, web

from mockcloud.kube.serving import cluster
from testkit import objects

BASE = "/apis/metrics.k8s.io/v1beta1"
PODS = f"{BASE}/namespaces/default/pods"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
TEXT = """\
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total {cpu} {at}
node_memory_working_set_bytes 1048576 {at}
container_cpu_usage_seconds_total{{container="c",namespace="default",pod="web"}} {cpu} {at}
container_memory_working_set_bytes{{container="c",namespace="default",pod="web"}} 2048 {at}
container_start_time_seconds{{container="c",namespace="default",pod="web"}} 5
"""


class Agent:
    """Half a core is in use. By its clock ten seconds go by between two questions."""

    def __init__(self):
        self.asked = []
        self.status = 200
        self._looks = itertools.count(1)

    async def answer(self, request):
        self.asked.append(request.headers.get("Authorization"))
        look = next(self._looks)
        return web.Response(text=TEXT.format(cpu=5 * look, at=10_000 * look), status=self.status)


async def to_loopback(host, port):
    return await asyncio.open_connection("127.0.0.1", port)


@pytest.fixture
async def agent(api, monkeypatch):
    """That of node-1, where pod `web` runs and `done` has ended; pod `waits` is on no node."""
    monkeypatch.setattr(api.served.streams.network, "connect", to_loopback)
    await cluster.begin_metrics(api.registry)
    found, application = Agent(), web.Application()
    application.router.add_get("/metrics/resource", found.answer)
    async with test_utils.TestServer(application) as server:
        endpoint = {"daemonEndpoints": {"kubeletEndpoint": {"Port": server.port}}}
        node = objects.node("node-1", addresses=["192.0.2.1"], status=endpoint)
        made = [("/api/v1/nodes", node)]
        for name, where in (("web", "node-1"), ("done", "node-1"), ("waits", "")):
            pod = objects.pod(
                name, metadata={"labels": {"app": name}}, **({"nodeName": where} if where else {})
            )
            made.append(("/api/v1/namespaces/default/pods", pod))
        for path, body in made:
            status, said = await api("POST", path, body)
            assert status == 201, said
        yield found


async def test_lists_have_what_runs(api, agent):
    """The agent is asked twice at first, by the token it knows; the window is between the two."""
    status, found = await api("GET", PODS)
    assert status == 200
    assert (found["kind"], found["metadata"]) == ("PodMetricsList", {})
    (pod,) = found["items"]
    assert pod["containers"] == [{"name": "c", "usage": {"cpu": "500m", "memory": "2Ki"}}]
    assert (pod["window"], pod["metadata"]["labels"]) == ("10s", {"app": "web"})
    assert agent.asked == ["Bearer secret"] * 2
    _, nodes = await api("GET", f"{BASE}/nodes")
    assert [each["usage"] for each in nodes["items"]] == [{"cpu": "500m", "memory": "1Mi"}]
    _, everywhere = await api("GET", f"{BASE}/pods")
    assert [each["metadata"]["name"] for each in everywhere["items"]] == ["web"]


async def test_clients_that_ask_together_have_one_answer(api, agent):
    """An agent is not asked for each of fifty."""
    answers = await asyncio.gather(*(api("GET", f"{BASE}/nodes/node-1") for _ in range(50)))
    assert len({str(body["usage"]) for _, body in answers}) == 1
    assert len(agent.asked) < 25


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=app%3Dweb", ["web"]),
        ("labelSelector=app%3Ddone", []),
        ("fieldSelector=metadata.name%3Dweb", ["web"]),
        ("fieldSelector=metadata.name%3Ddone", []),
    ],
)
async def test_selectors_are_of_the_pods(api, agent, query, names):
    """Figures have the labels of what they are of."""
    _, found = await api("GET", f"{PODS}?{query}")
    assert [each["metadata"]["name"] for each in found["items"]] == names


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (f"{PODS}/none", 'podmetrics.metrics.k8s.io "default/none" not found'),
        (f"{PODS}/done", 'podmetrics.metrics.k8s.io "default/done" not found'),
        (f"{PODS}/waits", 'podmetrics.metrics.k8s.io "default/waits" not found'),
        (f"{BASE}/nodes/none", 'nodemetrics.metrics.k8s.io "none" not found'),
    ],
)
async def test_what_does_not_run_is_not_found(api, agent, path, message):
    """In metrics-server's words."""
    status, said = await api("GET", path)
    assert (status, said["message"]) == (404, message)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{PODS}?watch=true"),
        ("POST", PODS),
        ("DELETE", f"{PODS}/web"),
        ("PUT", f"{BASE}/nodes/node-1"),
    ],
)
async def test_figures_are_only_read(api, agent, method, path):
    """They cannot be watched or written."""
    status, said = await api(method, path, {} if method in ("POST", "PUT") else None)
    assert (status, said["reason"]) == (405, "MethodNotAllowed")


async def test_a_table_for_kubectl_get(api, agent):
    """`kubectl get podmetrics`."""
    _, table = await api("GET", PODS, Accept=TABLE)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "cpu", "memory", "Window"]
    assert [row["cells"] for row in table["rows"]] == [["web", "500m", "2Ki", "10s"]]


async def test_an_agent_that_fails_is_left_out_and_the_log_says_why_once(api, agent, caplog):
    """Until it answers again."""
    agent.status = 500
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        _, found = await api("GET", f"{BASE}/nodes")
        assert found["items"] == []
    (told,) = [record.getMessage() for record in caplog.records if "node-1" in record.getMessage()]
    assert told.startswith(
        "node node-1: could not read what it uses: /metrics/resource was answered with status 500"
    )
    agent.status = 200
    _, found = await api("GET", f"{BASE}/nodes")
    assert len(found["items"]) == 1


async def test_who_may_view_may_read_figures(api, agent):
    """By a role as metrics-server's, which is gathered into view, edit and admin; others may not."""
    status, said = await api("GET", PODS, Authorization="Bearer ann")
    assert status == 403, said
    role = api.registry.scheme.at("rbac.authorization.k8s.io/v1", "clusterroles")
    stored = api.registry.store.get(role.storage, ("", "system:aggregated-metrics-reader")).object
    assert stored["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-view"] == "true"
    binding = {
        "metadata": {"name": "ann"},
        "roleRef": {"apiGroup": role.group, "kind": "ClusterRole", "name": stored["metadata"]["name"]},
        "subjects": [{"apiGroup": role.group, "kind": "User", "name": "ann"}],
    }
    status, said = await api("POST", f"/apis/{role.group_version}/clusterrolebindings", binding)
    assert status == 201, said
    assert (await api("GET", PODS, Authorization="Bearer ann"))[0] == 200


async def test_an_api_without_nodes_serves_no_figures(api):
    """kubectl top says that the metrics API is not available."""
    assert (await api("GET", f"{BASE}/nodes"))[0] == 404
