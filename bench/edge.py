"""What a lab's balancers cost: new connections and bytes through them, and straight to the node's port.

Straight means to the same NodePort by the instance's public address: from the same client, by the same hosts,
and by the same rules of the node. Rounds change between the ways, so that a busy machine spoils all of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.balancers import KINDS, NAMESPACE, awaited_host
from bench.figures import Figure
from mockcloud.client.resources import ENDPOINT_SLICES, NODES, SERVICES
from mockcloud.client.rest import Client
from testkit import objects
from testkit.lab import Lab, StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME: Final = "bench-edge"
NODE: Final = "node-1"
ROUNDS: Final = 9
SECONDS: Final = 1
CONNECTIONS: Final = 32
PATIENCE: Final = 60.0  # seconds
WEB, BULK = 8080, 5201  # the server's ports, and the Services'
NODE_PORTS: Final = {"an NLB": (30080, 30081), "a classic balancer": (30082, 30083)}
STRAIGHT: Final = "straight to the NodePort"
ASKED: Final = {"an NLB": "0.9 or more"}
# Ports for many connections, used again soon; what has ended is forgotten soon, else ports run out.
SETTINGS: Final = (
    ("client", "ipv4/ip_local_port_range", "1024 65000"),
    ("client", "ipv4/tcp_tw_reuse", "1"),
    ("edge", "netfilter/nf_conntrack_tcp_timeout_time_wait", "1"),
    (NODE, "netfilter/nf_conntrack_tcp_timeout_time_wait", "1"),
)
PROGRAMS: Final = {"wrk": "wrk", "iperf3": "iperf3", "cc": "gcc"}  # program -> package
SERVER: Final = Path(__file__).parent / "datapath" / "server.c"


@dataclass(frozen=True, slots=True)
class Way:
    """Where the client asks."""

    address: str
    web: int
    bulk: int


def run() -> Iterator[Figure]:
    """Medians of rounds; where a program is missing, a line that says which."""
    lacking = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if lacking:
        print(f"  not measured: install {' '.join(lacking)}")
        return
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        os.environ["XDG_STATE_HOME"] = home
        server = Path(home) / "server"
        subprocess.run(["cc", "-O2", "-o", str(server), str(SERVER)], check=True)
        lab = Lab(NAME)
        stack.enter_context(lab.running("--provider", "cloud", "--nodes", "1"))
        stack.enter_context(_on_the_node(str(server), str(WEB)))
        stack.enter_context(_on_the_node("iperf3", "-s", "-p", str(BULK), "--forceflush"))
        for host, setting, value in SETTINGS:
            lab.run(host, "sh", "-c", f"echo {value} > /proc/sys/net/{setting}")
        ways = asyncio.run(_ways(lab))
        yield from _figures(
            "new connections", "/s", {name: partial(_rate, lab, way) for name, way in ways.items()}
        )
        yield from _figures(
            "TCP", "Gbit/s", {name: partial(_throughput, lab, way) for name, way in ways.items()}
        )


def _figures(what: str, unit: str, ways: dict[str, Callable[[], float]]) -> Iterator[Figure]:
    rounds = [{name: measure() for name, measure in ways.items()} for _ in range(ROUNDS)]
    for name in ways:
        yield Figure(f"{what}, {name}", statistics.median(each[name] for each in rounds), unit, "")
    for name in NODE_PORTS:
        ratio = statistics.median(each[name] / each[STRAIGHT] for each in rounds)
        yield Figure(f"{what}, {name} to straight", ratio, "times", ASKED.get(name, ""))


@contextmanager
def _on_the_node(*command: str) -> Iterator[None]:
    words = [sys.executable, "-m", "mockcloud", "exec", "--name", NAME, NODE, "--", *command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


async def _ways(lab: Lab) -> dict[str, Way]:
    async with Client.from_kubeconfig(lab.kubeconfig) as client:
        inside, outside = _addresses(await client.get(NODES, NODE))
        for name in NODE_PORTS:
            await _expose(client, name, inside)
        hosts = {name: await _host(client, name) for name in NODE_PORTS}
    found = {STRAIGHT: Way(outside, *NODE_PORTS["an NLB"])}
    found |= {name: Way(await _answering(lab, host), WEB, BULK) for name, host in hosts.items()}
    await _answering(lab, outside, found[STRAIGHT].web)
    return found


def _addresses(node: dict[str, Any]) -> tuple[str, str]:
    told = {each["type"]: each["address"] for each in node["status"]["addresses"]}
    return told["InternalIP"], told["ExternalIP"]


async def _expose(client: Client, kind: str, target: str) -> None:
    """By a program of the node's: what is measured is the way to it."""
    web, bulk = NODE_PORTS[kind]
    ports: list[dict[str, Any]] = [
        {"name": "web", "port": WEB, "nodePort": web},
        {"name": "bulk", "port": BULK, "nodePort": bulk},
    ]
    name = _service(kind)
    metadata = {"annotations": KINDS[kind]}
    made = objects.service(name, namespace=NAMESPACE, metadata=metadata, type="LoadBalancer", ports=ports)
    await client.create(SERVICES, made)
    endpoint = {"addresses": [target], "nodeName": NODE, "conditions": {"ready": True}}
    serving = [{"name": "web", "port": WEB}, {"name": "bulk", "port": BULK}]
    await client.create(ENDPOINT_SLICES, objects.endpoint_slice(name, endpoint, name=name, ports=serving))


def _service(kind: str) -> str:
    return kind.split()[1].lower()


async def _host(client: Client, kind: str) -> str:
    async with asyncio.timeout(PATIENCE):
        return await awaited_host(client, _service(kind))


async def _answering(lab: Lab, host: str, port: int = WEB) -> str:
    """The address by which it answers the client."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(StepError):
                curl = ("curl", "-sfm2", "-o", "/dev/null", "-w", "%{remote_ip}", f"http://{host}:{port}/")
                return lab.run("client", *curl)
            await asyncio.sleep(0.2)


def _rate(lab: Lab, way: Way) -> float:
    """New connections a second."""
    wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", "Connection: close"]
    said = lab.run("client", *wrk, f"http://{way.address}:{way.web}/")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]


def _throughput(lab: Lab, way: Way) -> float:
    """TCP from the client to the server, in Gbit/s."""
    said = lab.run("client", "iperf3", "-c", way.address, "-p", str(way.bulk), f"-t{SECONDS}", "-J")
    return float(json.loads(said)["end"]["sum_received"]["bits_per_second"]) / 1e9
