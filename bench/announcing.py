"""From a Service's creation to the first ARP answer for its address, and what many addresses cost a speaker.

A real lab. A process on the client asks for the address that comes next every millisecond and notes when the
first answer came; both ends read the same clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from baremetal_lb.kube.client import Client, Target
from baremetal_lb.kube.resources import CONFIG_MAPS, SERVICES
from bench.failover import NAME, NODES, BenchLab
from bench.figures import Figure, resident
from testkit import objects

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS: Final = 30
MANY: Final = 2221
FIRST: Final = IPv4Address("172.20.0.1")
_POOLS: Final = "address-pools:\n- {name: bench, protocol: layer2, addresses: [172.20.0.0/16]}\n"
_BUSY: Final = 16
# Asks for each address that a line of stdin names until somebody answers; prints the time of the answer.
_CLIENT: Final = """
import socket, struct, sys, time
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
link.bind(("eth0", 0x0806))
mac = link.getsockname()[4]
print("begun", flush=True)
for line in sys.stdin:
    address = socket.inet_aton(line.strip())
    ask = b"\\xff" * 6 + mac + bytes.fromhex("0806000108000604") + b"\\0\\1" + mac
    ask += socket.inet_aton("192.168.10.100") + bytes(6) + address
    link.settimeout(0.001)
    answered = False
    while not answered:
        link.send(ask)
        try:
            frame = link.recv(100)
            answered = frame[20:22] == b"\\0\\2" and frame[28:32] == address
        except TimeoutError:
            pass
    print(time.monotonic(), flush=True)
"""


def run() -> Iterator[Figure]:
    """A new address, which is asked for before it is used; one that was used a moment ago; then many."""
    with tempfile.TemporaryDirectory() as home, BenchLab(home) as lab:
        kubeconfig = Path(lab.mockcloud("kubeconfig", "--name", NAME).strip())
        with _Asker(lab) as asker:
            new, known = asyncio.run(_time(kubeconfig, asker))
        yield _figure("Service created to first ARP answer, new address", new, "300 ms")
        yield _figure("... address that was used before", known, "30 ms")
        asyncio.run(_create_many(kubeconfig))
        lab.until_announced(str(FIRST + MANY - 1))
        pids = list(map(lab.speaker, NODES))
        yield Figure(f"a speaker's memory, {MANY:,} addresses", max(map(resident, pids)), "MiB", "90 MiB")


def _figure(name: str, times: list[float], asked: str) -> Figure:
    return Figure(f"{name}, p50", statistics.median(times) * 1e3, "ms", asked)


class _Asker:
    """The process on the client."""

    def __init__(self, lab: BenchLab) -> None:
        command = lab.command_on("client", sys.executable, "-c", _CLIENT)
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, env=lab.environment, **pipes)
        self._process.stdout.readline()  # type: ignore[union-attr]

    def __enter__(self) -> _Asker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.communicate(timeout=5)

    def ask(self, address: IPv4Address) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{address}\n")
        self._process.stdin.flush()

    def answered(self) -> float:
        assert self._process.stdout
        return float(self._process.stdout.readline())


async def _time(kubeconfig: Path, asker: _Asker) -> tuple[list[float], list[float]]:
    async with await Client.connect(kubeconfig) as client:
        body = {"data": {"config": _POOLS}}
        await client.patch(Target(CONFIG_MAPS, "baremetal-lb-system", "config"), body)
        for raw in (await client.list(SERVICES))["items"]:
            if raw["spec"]["type"] == "LoadBalancer":
                await client.delete(SERVICES, raw["metadata"]["name"], raw["metadata"]["namespace"])
        await asyncio.sleep(2)
        new = [await _one(client, asker, number) for number in range(ROUNDS)]
        known = []
        for number in range(ROUNDS):
            await client.delete(SERVICES, f"timed-{number}", "default")
            await asyncio.sleep(0.5)
            known.append(await _one(client, asker, number))
        return new, known


async def _one(client: Client, asker: _Asker, number: int) -> float:
    asker.ask(FIRST + number)
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await client.create(SERVICES, _service(f"timed-{number}"))
    return await asyncio.to_thread(asker.answered) - began


async def _create_many(kubeconfig: Path) -> None:
    gate = asyncio.Semaphore(_BUSY)

    async def one(client: Client, number: int) -> None:
        async with gate:
            await client.create(SERVICES, _service(f"many-{number}"))

    async with await Client.connect(kubeconfig) as client:
        await asyncio.gather(*(one(client, number) for number in range(ROUNDS, MANY)))


def _service(name: str) -> dict[str, Any]:
    return objects.service(
        name, type="LoadBalancer", selector={"app": "web"}, allocateLoadBalancerNodePorts=False
    )
