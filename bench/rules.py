"""How soon a node's Service rules follow the API: 5,000 Services from nothing, then one endpoint more.

A real API, a real agent, the real kernel. The kernel itself says when a transaction was done and what was in
it (nftables' netlink group, heard in the node's namespace).
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import struct
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.crowd import crowd, endpoint_slice
from bench.figures import Figure
from mockcloud.client.resources import ENDPOINT_SLICES
from mockcloud.client.rest import Client
from mockcloud.proxy import guard
from testkit.services.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES: Final = 5_000
ROUNDS: Final = 30
NODE: Final = "node-1"
PATIENCE: Final = 10.0
STARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Transaction:
    """What the kernel told of one: when it was over, and how many messages of which kind."""

    at: float
    kinds: Counter[int]

    @property
    def messages(self) -> int:
        return sum(self.kinds.values())


def run() -> Iterator[Figure]:
    """Changes as medians; of starts, what an agent without Services takes is taken off."""
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder), pods=()) as cluster:
        yield from asyncio.run(_figures(cluster))


async def _figures(cluster: Cluster) -> list[Figure]:
    async with Client.from_kubeconfig(str(cluster.kubeconfig)) as client:
        without = await asyncio.to_thread(_starts, cluster)
        await crowd(client, SERVICES)
        loads = await asyncio.to_thread(_starts, cluster)
        took, sizes = await _changes(cluster, client)
    return [
        Figure(f"{SERVICES:,} Services from nothing to the kernel", loads[0] - without[0], "s", "2 s"),
        Figure(f"{SERVICES:,} Services from nothing: processor time", loads[1] - without[1], "s", ""),
        Figure("one endpoint more: API write to kernel, p50", _milli(took), "ms", "20 ms"),
        Figure("one endpoint more: API write to kernel, worst", max(took) * 1e3, "ms", ""),
        Figure("  messages in its transaction", max(sizes), "", "a few"),
    ]


def _starts(cluster: Cluster) -> tuple[float, float]:
    """The fastest of some starts of an agent, until its rules are in the kernel: by the clock, at work."""
    return min(_start(cluster) for _ in range(STARTS))


def _start(cluster: Cluster) -> tuple[float, float]:
    name = f"agent-{NODE}"
    if name in cluster.programs:
        cluster.stop(name, kill=True)
    cluster.run(NODE, "nft", "flush", "ruleset")
    began = time.monotonic()
    cluster.start_ours(NODE)
    took = time.monotonic() - began
    stat = Path(f"/proc/{cluster.programs[name].pid}/stat").read_text().rpartition(")")[2].split()
    return took, (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


async def _changes(cluster: Cluster, client: Client) -> tuple[list[float], list[int]]:
    """For some changes, seconds until the kernel had it, and how many messages it told of it."""
    ears = cluster.lan.open(NODE, _ears)
    took, sizes = [], []
    ears.settimeout(PATIENCE)
    with ears:
        for number in range(ROUNDS):
            body = endpoint_slice(number * 7, endpoints=3)
            present = await client.get(
                ENDPOINT_SLICES, body["metadata"]["name"], body["metadata"]["namespace"]
            )
            hearing = asyncio.create_task(asyncio.to_thread(_next, ears))
            await asyncio.sleep(0.02)
            began = time.monotonic()
            await client.replace(ENDPOINT_SLICES, {**body, "metadata": present["metadata"]})
            heard = await hearing
            took.append(heard.at - began)
            sizes.append(heard.messages)
    return took, sizes


def _ears() -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, guard.NETLINK_NETFILTER)
    opened.bind((0, 0))
    opened.setsockopt(guard.SOL_NETLINK, guard.NETLINK_ADD_MEMBERSHIP, guard.NFNLGRP_NFTABLES)
    return opened


def _next(ears: socket.socket) -> Transaction:
    kinds: Counter[int] = Counter()
    while True:
        data = ears.recv(guard.READ)
        at, now = 0, time.monotonic()
        while at < len(data):
            size, kind = struct.unpack_from("=IH", data, at)
            kinds[kind & 0xFF] += 1
            if kind & 0xFF == guard.NEW_GENERATION:
                return Transaction(now, kinds)
            at += (size + 3) & ~3


def _milli(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1e3
