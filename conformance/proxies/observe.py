"""What becomes of connections under one proxy: run all scenarios at once, and write down what was seen."""

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

from mockcloud.client.resources import NODES as NODE_OBJECTS
from mockcloud.client.rest import Client
from testkit.services.cluster import Cluster, Probe, routes_by
from testkit.services.objects import Backend, Exposed, expose, restock
from testkit.services.topology import CLIENT, NODES, OUTSIDER, names, on_lan

from conformance.harness.side import Step
from conformance.proxies.scenarios import (
    BYSTANDER,
    HOSTS,
    MOVING,
    SCENARIOS,
    SENTINEL,
    SOME_HOSTS,
    THREE,
    ZONES,
    Scenario,
)

TRIES: Final = 20  # so that one of two endpoints is missed once in 500,000 times
TRIES_OF_ONE: Final = 3
STICKY_TRIES: Final = 8
STRAYS: Final = "addresses of no Service"
NODE_1, NODE_2 = on_lan("node-1"), on_lan("node-2")
SECOND_ADDRESS: Final = "192.168.10.111"  # of node-1, not its main one
Start = Callable[[Cluster, str], None]
# A client that keeps its port says whom it talks to, until somebody else than at first answers.
TALK: Final = """
import socket, sys, time
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.2)
s.connect((sys.argv[1], int(sys.argv[2])))
said, end = [], time.monotonic() + 20
while len(said) < 2 and time.monotonic() < end:
    s.send(b"?")
    try:
        who = s.recv(99).decode().split()[0]
    except OSError:
        continue
    if who not in said:
        print(who, flush=True)
        said.append(who)
    time.sleep(0.05)
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One probe and what it is called."""

    label: str
    host: str
    probe: Probe


@dataclass(slots=True)
class Observed:
    """scenario -> its steps; other observations under names of their own."""

    steps: dict[str, list[Step]] = field(default_factory=dict)


def observe(start: Start) -> Observed:
    """Everything, under the proxy that `start` puts on each node. It takes some ten seconds."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder, Cluster(Path(folder)) as cluster:
        cluster.start_pods()
        cluster.start_server(OUTSIDER.name, "api")
        for node in NODES:
            start(cluster, node)
        cluster.lan.address("node-1", "eth0", SECOND_ADDRESS, 32)
        return asyncio.run(_observe(cluster))


async def _observe(cluster: Cluster) -> Observed:
    found = Observed()
    async with Client.from_kubeconfig(str(cluster.kubeconfig)) as client:
        for node, zone in ZONES.items():
            await client.patch(
                NODE_OBJECTS, node, {"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}}
            )
        for exposed in (*(scenario.exposed for scenario in SCENARIOS), MOVING, SENTINEL):
            await expose(client, exposed)
            routes_by(cluster, "node-1", [*exposed.vips, *exposed.external_ips, *exposed.cluster_ips])
        await asyncio.to_thread(cluster.until_answered, _signs(SENTINEL))
        matrix = {each.name: list(_questions(each)) for each in SCENARIOS if not each.sticky}
        answers = await asyncio.to_thread(_ask, cluster, {**matrix, STRAYS: list(_strays())})
        for name, answered in answers.items():
            found.steps[name] = [_step(*one) for one in answered]
        for scenario in SCENARIOS:
            if scenario.sticky:
                found.steps[scenario.name] = list(_sticky(cluster, scenario.exposed))
        found.steps["health"] = list(_health(cluster))
        found.steps["UDP flows"] = await _flows(cluster, client)
    return found


def _signs(exposed: Exposed) -> dict[str, list[Probe]]:
    """Answered from both nodes once both have all rules."""
    probes = [(protocol, ip, 80, 1) for protocol in ("tcp", "udp") for ip in exposed.cluster_ips]
    return dict.fromkeys(NODES, probes)


def _questions(scenario: Scenario) -> Iterator[Question]:
    exposed = scenario.exposed
    tries = TRIES if len(exposed.backends) > 1 else TRIES_OF_ONE
    for family in (0, 1):
        where = {
            "ClusterIP": (exposed.cluster_ips[family], 80),
            "ClusterIP, wrong port": (exposed.cluster_ips[family], 81),
            "NodePort of node-1": (NODE_1[family], exposed.node_port),
            "NodePort of node-2": (NODE_2[family], exposed.node_port),
            "VIP": (exposed.vips[family], 80),
            "externalIP": (exposed.external_ips[family], 80),
        }
        for protocol in ("tcp", "udp"):
            hosts = HOSTS if (family, protocol) == (0, "tcp") else SOME_HOSTS
            for what, (ip, port) in where.items():
                for host in hosts:
                    label = f"{host} -> {what}, {protocol} IPv{6 if family else 4}"
                    yield Question(label, host, (protocol, ip, port, tries))


def _strays() -> Iterator[Question]:
    node_port = SCENARIOS[0].exposed.node_port
    for host, what, ip, port in (
        (BYSTANDER.name, "a ClusterIP that nobody has", "10.96.250.250", 80),
        ("node-1", "a ClusterIP that nobody has", "10.96.250.250", 80),
        ("client", "a NodePort on another address of the node", SECOND_ADDRESS, node_port),
        ("node-1", "a NodePort on the loopback", "127.0.0.1", node_port),
        ("node-1", "a NodePort on the loopback, IPv6", "::1", node_port),
        ("client", "a NodePort that nobody has", NODE_1[0], 32767),
    ):
        for protocol in ("tcp", "udp"):
            yield Question(f"{host} -> {what}, {protocol}", host, (protocol, ip, port, 1))


def _ask(
    cluster: Cluster, questions: dict[str, list[Question]]
) -> dict[str, list[tuple[Question, dict[str, Any]]]]:
    """All at once: what nobody answers takes its time."""
    by_host: dict[str, list[tuple[str, Question]]] = {}
    for name, group in questions.items():
        for question in group:
            by_host.setdefault(question.host, []).append((name, question))
    answers = cluster.probe({host: [one.probe for _, one in group] for host, group in by_host.items()})
    found: dict[str, list[tuple[Question, dict[str, Any]]]] = {name: [] for name in questions}
    for host, group in by_host.items():
        for (name, question), answer in zip(group, answers[host], strict=True):
            found[name].append((question, answer))
    return found


def _step(question: Question, answer: dict[str, Any]) -> Step:
    seen = sorted({names().get(ip, ip) for ip in answer["seen"]})
    answered = {"pods": answer["pods"], "seen": seen}
    return Step(question.label, answered if answer["fate"] == "answered" else answer["fate"])


def _health(cluster: Cluster) -> Iterator[Step]:
    """Status, headers and body of the health ports; what a server says of itself is not compared."""
    for what, port, path in (
        ("a Service with a pod here", 31902, "/"),
        ("a Service with a pod here, any path", 31902, "/any?thing"),
        ("a Service whose pod here is leaving", 31914, "/healthz"),
        ("the node", 10256, "/healthz"),
        ("the node's life", 10256, "/livez"),
        ("nothing", 10256, "/nothing"),
    ):
        for host in (NODE_1[0], NODE_2[0], f"[{NODE_1[1]}]"):
            said = cluster.run(CLIENT, "curl", "-sgim3", f"http://{host}:{port}{path}")
            head, _, body = said.replace("\r", "").partition("\n\n")
            status, *headers = head.splitlines()
            kept = sorted(
                line for line in headers if line.split(":")[0] not in ("Date", "Server", "Content-Length")
            )
            yield Step(f"{what} at {host}", {"status": status, "headers": kept, "body": _timeless(body)})


def _timeless(body: str) -> object:
    """An answer with times in it as a value without them; others as they came."""
    if '"currentTime"' not in body:
        return body.splitlines()
    return json.loads(
        body, object_hook=lambda found: {**found, **dict.fromkeys(found.keys() & _TIMES, "...")}
    )


_TIMES: Final = {"lastUpdated", "currentTime"}


def _sticky(cluster: Cluster, exposed: Exposed) -> Iterator[Step]:
    """Each client by every address, one after the other: with how many pods it has spoken so far."""
    for family in (0, 1):
        ways = {
            "VIP": (exposed.vips[family], 80),
            "NodePort of node-1": (NODE_1[family], exposed.node_port),
            "externalIP": (exposed.external_ips[family], 80),
            "ClusterIP": (exposed.cluster_ips[family], 80),
        }
        for host in SOME_HOSTS:
            spoken: set[str] = set()
            for what, way in ways.items():
                answer = cluster.probe_one(host, "tcp", *way, STICKY_TRIES)
                spoken.update(answer["pods"])
                told = {"fate": answer["fate"], "pods so far": len(spoken)}
                yield Step(f"{host} -> {what}, IPv{6 if family else 4}", told)


async def _flows(cluster: Cluster, client: Client) -> list[Step]:
    """Some clients talk by UDP while the only endpoint is replaced."""
    places = [(NODE_1[0], MOVING.node_port), (MOVING.vips[0], 80), (MOVING.vips[1], 80)]
    found = []
    with ExitStack() as stack:
        talks = [
            stack.enter_context(cluster.open(CLIENT, "python3", "-c", TALK, ip, str(port)))
            for ip, port in places
        ]
        first = [await asyncio.to_thread(_line, talk) for talk in talks]
        await restock(client, replace(MOVING, backends=(Backend(THREE),)))
        for (ip, _), talk, said in zip(places, talks, first, strict=True):
            then = await asyncio.to_thread(_line, talk)
            found.append(Step(f"client -> {ip}", {"answered by": said, "then by": then}))
    return found


def _line(talk: Popen[str]) -> str:
    assert talk.stdout is not None
    return talk.stdout.readline().strip()
