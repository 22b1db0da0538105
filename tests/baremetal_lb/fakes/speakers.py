"""Speakers as processes on the nodes of a real LAN, on the embedded API, and a client that asks them.

Each node has a way of its own to the API, on its loopback: what a test does to the LAN does not touch that.
"""

import asyncio
import json
import os
import resource
import signal
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baremetal_lb.kube.client import Client, Target
from baremetal_lb.kube.resources import (
    CONFIG_MAPS,
    ENDPOINT_SLICES,
    EVENTS,
    NAMESPACES,
    NODES,
    SERVICES,
)
from mockcloud.linux import prctl
from testkit.lan import Lan
from tests.fakes.neighbour import Neighbour
from tests.fakes.solicitor import Solicitor

ROOT = Path(__file__).parents[3]
SYSTEM = "baremetal-lb-system"
START, MOVE, STOP = 60.0, 60.0, 60.0  # seconds, for a machine that is busy with other things
METRICS_PORT = 9120
SOFT_FILES = 40  # a soft limit of open files that a few interfaces use up
# capabilities(7), prctl(2)
CAP_NET_RAW, LAST_CAPABILITY, PR_CAPBSET_DROP = 13, 40, 24


def _confine(enter: Callable[[], None]) -> None:
    """Onto the node, with no more rights and files than the documentation asks for."""
    enter()
    for capability in range(LAST_CAPABILITY + 1):
        if capability != CAP_NET_RAW:
            prctl(PR_CAPBSET_DROP, capability)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_FILES, hard))


@dataclass
class SpeakerProcess:
    """One `baremetal-lb speaker` on its node, and the way from there to the API."""

    lan: Lan
    node: str
    kubeconfig: Path
    log_path: Path
    options: Sequence[str] = ()
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        ready, theirs = os.pipe()
        command = [sys.executable, "-m", "baremetal_lb", "speaker", "--node-name", self.node]
        command += ["--kubeconfig", str(self.kubeconfig), "--log-format", "json"]
        command += ["--metrics-port", str(METRICS_PORT), *self.options]
        with self.log_path.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                env={**os.environ, "READY_FD": str(theirs)},
                pass_fds=[theirs],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                preexec_fn=lambda: _confine(self.lan.enter(self.node)),
            )
        os.close(theirs)
        assert await said_on(ready) == b"\n", self.log_path.read_text()

    async def stop(self, how: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(how)
        return await asyncio.wait_for(self.process.wait(), STOP)

    async def asked(self, path: str) -> str:
        """What it says over HTTP to somebody on its node."""

        def ask() -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{METRICS_PORT}{path}", timeout=MOVE) as reply:
                return reply.read().decode()

        return str(await asyncio.to_thread(self.lan.run, self.node, ask))

    def signal(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)

    async def says(self, sample: str, within: float) -> None:
        """Wait until a line of /metrics is there."""
        async with asyncio.timeout(within):
            while sample not in (await self.asked("/metrics")).splitlines():
                pass

    async def sample(self, name: str) -> float:
        """The value of one of its samples, with labels as they are written."""
        lines = (await self.asked("/metrics")).splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == name)

    async def logs(self, holds: Callable[[dict[str, Any]], bool], within: float) -> None:
        """Wait until a line of its log is such."""
        async with asyncio.timeout(within):
            while not any(map(holds, self.log())):  # noqa: ASYNC110 - another process writes the file
                await asyncio.sleep(0.02)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]


@dataclass
class Cluster:
    """What a test acts on: objects in the API, speakers on the nodes, a client on the LAN."""

    client: Client
    neighbour: Neighbour
    solicitor: Solicitor
    speakers: dict[str, SpeakerProcess]
    macs: dict[str, str]

    async def node_ready(self, name: str, ready: bool) -> None:
        body = {"status": {"conditions": [{"type": "Ready", "status": str(ready)}]}}
        await self.client.patch(Target(NODES, name=name, subresource="status"), body)

    async def service(self, name: str, address: str, node: str = "node-1", policy: str = "Cluster") -> None:
        """A Service as the controller leaves it, with one ready endpoint."""
        spec = {"type": "LoadBalancer", "ports": [{"port": 80}], "externalTrafficPolicy": policy}
        metadata = {"name": name, "namespace": "default"}
        await self.client.create(SERVICES, {"metadata": metadata, "spec": spec})
        await self.endpoints(name, node)
        await self.set_address(name, address)

    async def set_address(self, name: str, address: str) -> None:
        status = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
        await self.client.patch(Target(SERVICES, "default", name, "status"), status)

    async def endpoints(self, service: str, node: str, ready: bool = True) -> None:
        endpoint = {"addresses": ["10.244.1.2"], "nodeName": node, "conditions": {"ready": ready}}
        body = {
            "metadata": {
                "name": service,
                "namespace": "default",
                "labels": {"kubernetes.io/service-name": service},
            },
            "addressType": "IPv4",
            "endpoints": [endpoint],
            "ports": [{"port": 80, "protocol": "TCP"}],
        }
        await self.client.create(ENDPOINT_SLICES, body)

    async def events_of(self, service: str) -> list[dict[str, Any]]:
        query = {"fieldSelector": f"involvedObject.name={service}"}
        return (await self.client.list(EVENTS, "default", query))["items"]

    async def announced_by(self, address: str, within: float = MOVE) -> str:
        """The node that answers for an address, once one does."""
        async with asyncio.timeout(within):
            while not (mac := await self.neighbour.who_has(address, 0.5)):
                pass
        owner = self.owner_of(mac)
        assert owner, f"{address} is answered for by {mac}, which is no node"
        return owner

    def owner_of(self, mac: str | None) -> str | None:
        return next((node for node, its in self.macs.items() if its == mac), None)


async def said_on(ready: int) -> bytes:
    """What comes on a pipe before START is over; in no thread, which nothing could end."""
    reader = asyncio.StreamReader()
    connecting = asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ready, "rb", 0)
    )
    transport, _ = await connecting
    try:
        async with asyncio.timeout(START):
            return await reader.read(1)
    finally:
        transport.close()


async def relay(to_port: int, listening: socket.socket) -> asyncio.Server:
    """Bring connections that are made on a node to the API on the host's loopback."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward = await asyncio.open_connection("127.0.0.1", to_port)
        except ConnectionError:
            writer.close()
            return
        await asyncio.gather(pump(reader, onward[1]), pump(onward[0], writer))

    return await asyncio.start_server(on_connection, sock=listening)


def listen_on(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    return listening


@asynccontextmanager
async def speaking_cluster(
    kube_api: Any, lan: Lan, logs: Path, nodes: Sequence[str], options: Sequence[str] = ()
) -> AsyncIterator[Cluster]:
    """A speaker for each node, not started; `client` of the LAN is the neighbour. The API is empty."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(await Client.connect(kube_api.kubeconfig))
        neighbour = Neighbour(lan, "client")
        stack.callback(neighbour.close)
        solicitor = Solicitor(lan, "client")
        stack.callback(solicitor.close)
        speakers = {}
        for node in nodes:
            listening = lan.open(node, lambda: listen_on(kube_api.port))
            server = await relay(kube_api.port, listening)
            stack.callback(server.close)
            speakers[node] = SpeakerProcess(lan, node, kube_api.kubeconfig, logs / node, options)
        macs = {node: lan.mac(node, "eth0").hex(":") for node in nodes}
        cluster = Cluster(client, neighbour, solicitor, speakers, macs)
        try:
            yield cluster
        finally:
            for speaker in speakers.values():
                if speaker.process and speaker.process.returncode is None:
                    await speaker.stop(signal.SIGKILL)


async def make_cluster(client: Client, pools: str, nodes: dict[str, str | None]) -> None:
    """The namespace, the pools, and Ready nodes, each with its InternalIP if it has one."""
    await client.create(NAMESPACES, {"metadata": {"name": SYSTEM}})
    await client.create(
        CONFIG_MAPS, {"metadata": {"name": "config", "namespace": SYSTEM}, "data": {"config": pools}}
    )
    for name, address in nodes.items():
        await client.create(NODES, {"metadata": {"name": name}})
        status: dict[str, Any] = {"conditions": [{"type": "Ready", "status": "True"}]}
        if address:
            status["addresses"] = [{"type": "InternalIP", "address": address}]
        await client.patch(Target(NODES, name=name, subresource="status"), {"status": status})
