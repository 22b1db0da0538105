"""From a Service's creation to the address in its status, as a watching client sees it: on the embedded API,
and on a real one where `make conformance` has built it.

One Service at a time is timed from the moment its POST is sent; many at once from the moment the API has
taken each, so that the time it takes to accept them does not count as the controller's.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from baremetal_lb.kube.client import Client
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES, SERVICES
from baremetal_lb.kube.watch import Change, Informer
from bench.figures import Figure, resident
from testkit import daemons
from testkit.api import KubeApi
from testkit.control_planes import planes
from testkit.control_planes.build import programs_dir

if TYPE_CHECKING:
    import subprocess
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractContextManager

    _Api = Callable[[Path], AbstractContextManager[Path]]


_POOLS: Final = "address-pools:\n- {name: bench, protocol: layer2, addresses: [172.16.0.0/12]}\n"
_SYSTEM: Final = "baremetal-lb-system"
_ALONE: Final = 100
_MANY: Final = 10_000
_RESTARTS: Final = 3
_BUSY: Final = 16  # POSTs in flight while many are created


def run() -> Iterator[Figure]:
    """One after the other, then 200 and 2,000 at once, then the memory and the restart that so many cost."""
    for name, api in _apis().items():
        with (
            tempfile.TemporaryDirectory() as folder,
            api(Path(folder)) as kubeconfig,
            _cluster(kubeconfig) as cluster,
        ):
            for figure in asyncio.run(_measure(cluster)):
                yield replace(figure, name=f"{name}: {figure.name}")


def _apis() -> dict[str, _Api]:
    found: dict[str, _Api] = {"embedded": _embedded}
    programs = programs_dir()
    if (programs / "kube-apiserver").exists():
        found["real"] = lambda folder: planes.real(folder, programs)
    return found


@contextmanager
def _embedded(folder: Path) -> Iterator[Path]:
    """The embedded API alone; what its controllers do of each Service is not the balancer's time."""
    with KubeApi(folder).running() as api:
        yield api.kubeconfig


class _Cluster:
    """Controllers of an API, each a process."""

    def __init__(self, kubeconfig: Path, stack: ExitStack) -> None:
        self.kubeconfig = kubeconfig
        self._stack = stack

    def start_controller(self) -> subprocess.Popen[bytes]:
        """Start one, and return when it is ready."""
        command = daemons.module("baremetal_lb", "controller", "--kubeconfig", str(self.kubeconfig))
        process = daemons.start(command, log=self.kubeconfig.with_name("controller.log"))
        self._stack.callback(daemons.stop, process)
        return process


@contextmanager
def _cluster(kubeconfig: Path) -> Iterator[_Cluster]:
    with ExitStack() as stack:
        yield _Cluster(kubeconfig, stack)


async def _measure(cluster: _Cluster) -> list[Figure]:
    async with await Client.connect(cluster.kubeconfig) as client, asyncio.TaskGroup() as group:
        await client.create(NAMESPACES, {"metadata": {"name": _SYSTEM}})
        config = {"metadata": {"namespace": _SYSTEM, "name": "config"}, "data": {"config": _POOLS}}
        await client.create(CONFIG_MAPS, config)
        process = cluster.start_controller()
        stopwatch = _Stopwatch(client)
        watching = group.create_task(stopwatch.informer.run(stopwatch.see), name="watch")
        await stopwatch.informer.synced.wait()
        figures = [figure async for figure in _figures(stopwatch, process)]
        await stopwatch.many("of-the-rest", _MANY - len(list(stopwatch.informer.values())))
        watching.cancel()
        figures.append(Figure("controller's memory with 10,000 Services", resident(process.pid), "MiB", ""))
        daemons.stop(process)
        times = []
        for _ in range(_RESTARTS):
            began = time.monotonic()
            process = await asyncio.to_thread(cluster.start_controller)
            times.append(time.monotonic() - began)
            daemons.stop(process)
        figures.append(Figure("restart with 10,000 Services, to ready", statistics.median(times), "s", "3 s"))
        return figures


async def _figures(stopwatch: _Stopwatch, process: subprocess.Popen[bytes]) -> AsyncIterator[Figure]:
    alone = [await stopwatch.one(f"one-{number}") for number in range(_ALONE)]
    yield Figure(
        "one Service, created to address in status, p50", _percentile(alone, 50) * 1e3, "ms", "10 ms"
    )
    yield Figure("one Service, created to address in status, p99", _percentile(alone, 99) * 1e3, "ms", "")
    for count, asked in ((200, "0.3 s"), (2000, "3 s")):
        times = await stopwatch.many(f"of-{count}", count)
        yield Figure(f"{count:,} at once, each from taken to address, p50", _percentile(times, 50), "s", "")
        yield Figure(
            f"{count:,} at once, each from taken to address, p99", _percentile(times, 99), "s", asked
        )
        yield Figure(f"{count:,} at once, all of it", stopwatch.last, "s", "")
    yield Figure("controller's memory with 2,300 Services", resident(process.pid), "MiB", "90 MiB with 2,000")


class _Stopwatch:
    """Creates Services, and notes when the watch shows their addresses."""

    def __init__(self, client: Client) -> None:
        self.informer = Informer(client, SERVICES, _has_address)
        self.last = 0.0
        self._client = client
        self._seen: dict[str, asyncio.Future[float]] = {}

    def see(self, change: Change[bool]) -> None:
        """The watch shows a Service."""
        future = self._seen.get(change.key.name)
        if change.new and future is not None and not future.done():
            future.set_result(time.monotonic())

    async def one(self, name: str) -> float:
        """Seconds from sending to seeing."""
        began = time.monotonic()
        await self._create(name)
        return await self._seen[name] - began

    async def many(self, prefix: str, count: int) -> list[float]:
        """Seconds from each one's answer to seeing it."""
        began, gate = time.monotonic(), asyncio.Semaphore(_BUSY)

        async def one(name: str) -> float:
            async with gate:
                await self._create(name)
                taken = time.monotonic()
            # The watch may be ahead of the answer.
            return max(0.0, await self._seen[name] - taken)

        times = await asyncio.gather(*(one(f"{prefix}-{number}") for number in range(count)))
        self.last = time.monotonic() - began
        return list(times)

    async def _create(self, name: str) -> None:
        self._seen[name] = asyncio.get_running_loop().create_future()
        spec: dict[str, Any] = {"type": "LoadBalancer", "selector": {"app": name}, "ports": [{"port": 80}]}
        spec["allocateLoadBalancerNodePorts"] = False
        await self._client.create(
            SERVICES, {"metadata": {"namespace": "default", "name": name}, "spec": spec}
        )


def _has_address(raw: dict[str, Any]) -> bool:
    return bool(raw["status"].get("loadBalancer", {}).get("ingress"))


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
