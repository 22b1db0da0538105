"""How fast a node's rules pass connections and bytes: ours beside kube-proxy's, with 1 and 5,000 Services.

Two clusters alike, one under each proxy; rounds change between them, so that a busy machine spoils both. The
client is wrk (a connection for each request) and iperf3. Only for root: nft, which kube-proxy runs, cannot
write 5,000 Services at once from a user namespace.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.crowd import crowd, service
from bench.figures import Figure
from mockcloud.client.resources import ENDPOINT_SLICES, SERVICES
from mockcloud.client.rest import Client
from mockcloud.proxy.decide.render import TABLES
from testkit import objects
from testkit.control_planes.build import programs_dir
from testkit.services.cluster import Cluster, ClusterError, routes_by
from testkit.services.topology import CLIENT, PODS, on_lan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OTHERS: Final = 5_000
ROUNDS: Final = 7
SECONDS: Final = 1
CONNECTIONS: Final = 32
PATIENCE: Final = 300
HERE: Final = Path(__file__).parent
POD: Final = PODS[0]
NODE: Final = POD.node
WEB, BULK = 8080, 5201  # the pod's ports, and the Service's
NODE_PORT: Final = 30080
CLUSTER_IP, VIP = "10.96.7.7", "192.168.20.7"
WAYS: Final = {
    "straight to the pod": (POD.ips[0], WEB),
    "external IP": (VIP, WEB),
    "NodePort": (on_lan(NODE)[0], NODE_PORT),
    "ClusterIP": (CLUSTER_IP, WEB),
}
STRAIGHT: Final = "straight to the pod"
PROGRAMS: Final = {"wrk": "wrk", "iperf3": "iperf3", "cc": "gcc", "nft": "nftables"}  # program -> package
OURS, THEIRS = "ours", "kube-proxy"
# Where each has what leads on from a ClusterIP.
MAPS: Final = (*((table, "services") for table in TABLES), ("kube-proxy", "service-ips"))
Rates = dict[tuple[str, str], float]  # proxy, way -> connections a second


@dataclass(frozen=True, slots=True)
class Bench:
    """One cluster under one proxy."""

    proxy: str
    cluster: Cluster

    def rate(self, way: str) -> float:
        """New connections a second."""
        address, port = WAYS[way]
        wrk = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", "Connection: close"]
        said = self.cluster.run(CLIENT, *wrk, f"http://{address}:{port}/")
        return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]

    def throughput(self, address: str) -> float:
        """TCP from the client to the pod, in Gbit/s."""
        said = self.cluster.run(CLIENT, "iperf3", "-c", address, "-p", str(BULK), f"-t{SECONDS}", "-J")
        return float(json.loads(said)["end"]["sum_received"]["bits_per_second"]) / 1e9

    def wait(self) -> None:
        """Return when every way is open."""
        urls = [f"http://{address}:{port}/" for address, port in WAYS.values()]
        _until(lambda: self._succeeds(CLIENT, "curl", "-sfm2", *urls), f"{self.proxy} does not serve {urls}")

    def fill(self) -> None:
        """Many other Services; returns when the kernel has the last of them."""
        asyncio.run(self._crowd())
        last = f"{{ {service(OTHERS - 1)['spec']['clusterIP']} . tcp . 80 }}"
        get = ("nft", "get", "element", "ip")
        _until(
            lambda: any(self._succeeds(NODE, *get, *where, last) for where in MAPS),
            f"{self.proxy} has no rule for the last of {OTHERS} Services",
        )

    async def _crowd(self) -> None:
        async with Client.from_kubeconfig(str(self.cluster.kubeconfig)) as client:
            await crowd(client, OTHERS)

    def _succeeds(self, host: str, *command: str) -> bool:
        with suppress(ClusterError):
            self.cluster.run(host, *command)
            return True
        return False


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise ClusterError(otherwise)
        time.sleep(0.2)


def run() -> Iterator[Figure]:
    """Medians of rounds; where a program is missing, a line that says which."""
    kube_proxy = programs_dir() / THEIRS
    lacking = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    if lacking or os.geteuid() != 0:
        print(f"  not measured: install {' '.join(lacking)}" if lacking else "  not measured: it needs root")
        return
    if not kube_proxy.exists():
        print("  kube-proxy is not there to be measured beside ours: `make conformance` builds it")
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        server = Path(scratch) / "server"
        subprocess.run(["cc", "-O2", "-o", str(server), str(HERE / "server.c")], check=True)
        benches = [Bench(OURS, stack.enter_context(_cluster(Path(scratch) / OURS, server)))]
        benches[0].cluster.start_ours(NODE)
        if kube_proxy.exists():
            benches.append(Bench(THEIRS, stack.enter_context(_cluster(Path(scratch) / THEIRS, server))))
            benches[1].cluster.start_kube_proxy(NODE, kube_proxy)
        for bench in benches:
            bench.wait()
        yield from _figures(benches)


def _figures(benches: Sequence[Bench]) -> Iterator[Figure]:
    alone = _rates(benches)
    yield from _throughputs(benches)
    for bench in benches:
        bench.fill()
    crowded = _rates(benches)
    for others, rates in ((1, alone), (OTHERS, crowded)):
        for (proxy, way), rate in rates.items():
            yield Figure(f"{way}, {_counted(others)}: {proxy}", rate, "/s", "")
        for way in WAYS:
            if (THEIRS, way) in rates and way != STRAIGHT:
                ratio = rates[OURS, way] / rates[THEIRS, way]
                yield Figure(f"{way}, {_counted(others)}: ours to kube-proxy's", ratio, "times", "1 or more")
    for way in WAYS:
        ratio = crowded[OURS, way] / alone[OURS, way]
        yield Figure(f"{way}: ours with {OTHERS:,} Services to with one", ratio, "times", "0.95 or more")


def _counted(others: int) -> str:
    return "one Service" if others == 1 else f"{others:,} Services"


def _rates(benches: Sequence[Bench]) -> Rates:
    found: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for way in WAYS:
            for bench in benches:
                found.setdefault((bench.proxy, way), []).append(bench.rate(way))
    return {key: statistics.median(rates) for key, rates in found.items()}


def _throughputs(benches: Sequence[Bench]) -> Iterator[Figure]:
    for bench in benches:
        rounds = [(bench.throughput(POD.ips[0]), bench.throughput(VIP)) for _ in range(ROUNDS)]
        straight, through = (statistics.median(column) for column in zip(*rounds, strict=True))
        yield Figure(f"TCP straight to the pod: {bench.proxy}", straight, "Gbit/s", "")
        yield Figure(f"TCP through the external IP: {bench.proxy}", through, "Gbit/s", "")
        asked = "0.9 or more" if bench.proxy == OURS else ""
        yield Figure(f"TCP through to straight: {bench.proxy}", through / straight, "times", asked)


@contextmanager
def _cluster(folder: Path, server: Path) -> Iterator[Cluster]:
    """A cluster with the pod, its programs and the Service, but without a proxy yet."""
    folder.mkdir()
    with Cluster(folder, pods=[POD], user_namespace=False) as cluster:
        cluster.lan.run(CLIENT, _make_room)
        cluster.lan.run(NODE, _forget_soon)
        cluster.start("server", POD.name, [str(server), str(WEB)])
        cluster.start("iperf3", POD.name, ["iperf3", "-s", "-p", str(BULK), "--forceflush"])
        routes_by(cluster, NODE, [CLUSTER_IP, VIP, POD.ips[0]])
        asyncio.run(_expose(cluster))
        yield cluster


async def _expose(cluster: Cluster) -> None:
    ports: list[dict[str, Any]] = [
        {"name": "web", "port": WEB, "nodePort": NODE_PORT},
        {"name": "bulk", "port": BULK},
    ]
    metadata = {"name": "measured", "namespace": "default"}
    spec = {"type": "LoadBalancer", "clusterIP": CLUSTER_IP, "ports": ports}
    async with Client.from_kubeconfig(str(cluster.kubeconfig)) as client:
        await client.create(
            SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
        )
        status = {"status": {"loadBalancer": {"ingress": [{"ip": VIP}]}}}
        await client.patch(SERVICES, "measured", status, namespace="default", subresource="status")
        await client.create(ENDPOINT_SLICES, _slice())


def _slice() -> dict[str, Any]:
    endpoint = {"addresses": [POD.ips[0]], "nodeName": NODE, "conditions": {"ready": True}}
    ports = [{"name": "web", "port": WEB}, {"name": "bulk", "port": BULK}]
    return objects.endpoint_slice("measured", endpoint, name="measured", ports=ports)


def _make_room() -> None:
    """Ports for many connections, and used again soon."""
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("1024 65000")
    Path("/proc/sys/net/ipv4/tcp_tw_reuse").write_text("1")


def _forget_soon() -> None:
    """Connections that have ended: else the node's ports run out in seconds, whoever translates."""
    Path("/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait").write_text("1")
