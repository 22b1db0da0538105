"""The cluster's DNS with 5,000 Services: answers a second, their times, how soon a record follows.

An embedded API and one DNS daemon as processes; who asks is a third. The daemon has one core and who asks
the other, so that the figures are one core's. A machine with others at work spoils times, but not what a
second of the processor's time is worth.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import dns.asyncquery
import dns.message
import dns.rcode

from bench.figures import Figure, resident
from mockcloud.client.resources import ENDPOINT_SLICES, SERVICES
from mockcloud.client.rest import Client
from testkit import daemons, objects
from testkit.api import KubeApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SERVICES_THERE: Final = 5_000
PODS: Final = 100  # of one headless Service
CHANGES: Final = 100
ROUNDS: Final = 3
ROUND_MS: Final = 1_000
RATE: Final = 10_000  # questions a second, as asked of the server
BUSY: Final = 16  # POSTs in flight while Services are made
ZONE: Final = "svc.cluster.local"
LOAD: Final = Path(__file__).with_name("load.py")


def run() -> Iterator[Figure]:
    """Fill the cluster, ask, change, start anew."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        kubeconfig = stack.enter_context(KubeApi(Path(scratch)).running()).kubeconfig
        asyncio.run(_fill(kubeconfig))
        started = time.monotonic()
        daemon, port = stack.enter_context(_daemon(kubeconfig))
        yield Figure(f"start with {SERVICES_THERE:,} Services", time.monotonic() - started, "s", "")
        for what, questions in _questions().items():
            yield from _asked(what, questions, port, daemon.pid)
        yield from asyncio.run(_followed(kubeconfig, port))
        yield Figure("memory of the daemon", resident(daemon.pid), "MiB", "")


def _questions() -> dict[str, list[tuple[str, str]]]:
    """One name, what a search path makes of two, a long answer, all names, and names that are not there."""
    pods = [
        (f"{name}.{ZONE}", kind)
        for name in ("web-0.default", "web-0.default.default")
        for kind in ("A", "AAAA")
    ]
    outside = ("default.svc.cluster.local", "svc.cluster.local", "cluster.local")
    return {
        "one name": [(f"web-0.default.{ZONE}", "A")],
        "a search path": [*pods, *((f"example.com.{end}", "A") for end in outside)],
        f"{PODS} pods of a headless Service": [(f"pods.default.{ZONE}", "A")],
        f"{SERVICES_THERE:,} Services in turn": [
            (f"web-{number}.default.{ZONE}", "A") for number in range(SERVICES_THERE)
        ],
        f"{10 * SERVICES_THERE:,} names that are not": [
            (f"no-{number}.default.{ZONE}", "A") for number in range(10 * SERVICES_THERE)
        ],
    }


def _asked(what: str, questions: list[tuple[str, str]], port: int, pid: int) -> Iterator[Figure]:
    busy = _processor_seconds(pid)
    floods = [_load(questions, port, "flood") for _ in range(ROUNDS)]
    busy = _processor_seconds(pid) - busy
    paced = [_load(questions, port, "paced", str(RATE)) for _ in range(ROUNDS)]
    yield Figure(f"{what}: answers", _median(floods, _rate), "/s", "10,000/s on one core")
    answered = sum(each["answered"] for each in floods)
    yield Figure(f"{what}: answers for a second of processor time", answered / busy, "", "10,000")
    yield Figure(f"{what}: p50 at 10,000/s", _median(paced, lambda each: each["p50"]), "us", "")
    yield Figure(f"{what}: p99 at 10,000/s", _median(paced, lambda each: each["p99"]), "us", "2,000 us")
    lost = sum(each["lost"] for each in paced)
    if lost:
        print(f"  {lost} of {ROUNDS * ROUND_MS * RATE // 1000} questions were not answered in 200 ms")


def _rate(measured: dict[str, float]) -> float:
    return measured["answered"] / measured["seconds"]


def _load(questions: list[tuple[str, str]], port: int, mode: str, *rate: str) -> dict[str, float]:
    text = "\n".join(
        dns.message.make_query(name, kind, use_edns=0, payload=1232).to_wire()[2:].hex()
        for name, kind in questions
    )
    command = [sys.executable, str(LOAD), str(port), str(_cores()[0]), mode, str(ROUND_MS), *rate]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


async def _fill(kubeconfig: Path) -> None:
    async with Client.from_kubeconfig(str(kubeconfig)) as client:
        names = iter([_service(f"web-{number}") for number in range(SERVICES_THERE)])

        async def make() -> None:
            for obj in names:
                await client.create(SERVICES, obj)

        async with asyncio.TaskGroup() as group:
            for _ in range(BUSY):
                group.create_task(make())
        await client.create(SERVICES, _service("pods", clusterIP="None"))
        await client.create(
            ENDPOINT_SLICES, _slice("pods", [f"10.244.1.{number + 1}" for number in range(PODS)])
        )


async def _followed(kubeconfig: Path, port: int) -> list[Figure]:
    """From the moment that the API has said yes to a change until the first answer that knows of it."""
    times: list[float] = []
    async with Client.from_kubeconfig(str(kubeconfig)) as client:
        for number in range(CHANGES):
            name = f"new-{number}"
            made = await client.create(SERVICES, _service(name))
            times.append(await _until(port, f"{name}.default.{ZONE}", made["spec"]["clusterIP"]))
    cuts = statistics.quantiles(times, n=100)
    return [
        Figure("a record follows its Service: p50", cuts[49] * 1e3, "ms", ""),
        Figure("a record follows its Service: p99", cuts[98] * 1e3, "ms", "100 ms"),
    ]


async def _until(port: int, name: str, address: str) -> float:
    started = time.perf_counter()
    while True:
        answer = await dns.asyncquery.udp(
            dns.message.make_query(name, "A"), "127.0.0.1", port=port, timeout=5
        )
        if answer.rcode() == dns.rcode.NOERROR:
            assert [str(each) for each in answer.answer[0]] == [address]
            return time.perf_counter() - started


def _service(name: str, **spec: str) -> dict[str, Any]:
    return objects.service(name, **{"ports": [{"name": "http", "port": 80}], **spec})


def _slice(name: str, addresses: list[str]) -> dict[str, Any]:
    return objects.endpoint_slice(name, *addresses, name=f"{name}-bench")


@contextmanager
def _daemon(kubeconfig: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The DNS daemon on a core of its own, and its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        port, descriptor = wire.getsockname()[1], wire.fileno()
        arguments = ["--node-name", "node-1", "--node-ip", "192.0.2.11", "--fd", str(descriptor)]
        arguments += ["--kubeconfig", str(kubeconfig)]
        command, log = daemons.module("mockcloud.dns", *arguments), kubeconfig.with_name("dns.log")
        with daemons.running(command, log=log, descriptors=[descriptor]) as process:
            os.sched_setaffinity(process.pid, {_cores()[-1]})
            yield process, port


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def _processor_seconds(pid: int) -> float:
    """User and system time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _median(rounds: list[dict[str, float]], of: Callable[[dict[str, float]], float]) -> float:
    return statistics.median(of(each) for each in rounds)
