"""The API beside a real one (kube-apiserver with etcd, where `make conformance` has built them), in one run.

The same client asks both the same; no controllers run. Where there is no real one, ours is measured alone.
What is asked of ours is the real one's figure, so each has its ratio, of which more is better.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.api_client import MERGE_PATCH, Api, drive, fan_out
from bench.figures import Figure, children, processor_seconds, proportional
from mockcloud.client.kubeconfig import load_access
from testkit import objects
from testkit.api import KubeApi
from testkit.control_planes import planes
from testkit.control_planes.build import programs_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

_PLANES: Final = ("ours", "real")
PROGRAMS: Final = ("mockcloud.kube", "kube-apiserver", "etcd")
"""What belongs to an API, by what stands in its command line."""
CONNECTIONS: Final = 8
WRITES: Final = 1_000
READS: Final = 3_000
LISTED: Final = 5_000
LISTS: Final = 5
WATCHERS: Final = 100
EVENTS: Final = 40
STORED: Final = 10_000
PODS: Final = "/api/v1/namespaces/default/pods"
MAPS: Final = "/api/v1/namespaces/default/configmaps"


@dataclass(frozen=True, slots=True)
class Found:
    """One figure of one API; `better` says which way is better."""

    value: float
    unit: str
    better: str


def run() -> Iterator[Figure]:
    """Each figure of each API, and what part of the real one's ours reaches."""
    found = {}
    for name, plane in _apis().items():
        with tempfile.TemporaryDirectory() as folder, plane(Path(folder)) as kubeconfig:
            found[name] = dict(_Measured(kubeconfig).figures())
    if "real" not in found:
        yield Figure("(no kube-apiserver here: `make conformance` builds it; ours alone)", 0, "", "")
    for what, ours in found["ours"].items():
        yield Figure(what, ours.value, ours.unit, "")
        real = found.get("real", {}).get(what)
        if real is not None:
            ratio = ours.value / real.value if ours.better == "more" else real.value / ours.value
            yield Figure("  of a real one", real.value, real.unit, "")
            yield Figure("  ratio (more than 1: ours is better)", ratio, "", "1")


def _apis() -> dict[str, Callable[[Path], AbstractContextManager[Path]]]:
    programs = programs_dir()
    found: dict[str, Callable[[Path], AbstractContextManager[Path]]] = {"ours": _ours}
    if (programs / "kube-apiserver").exists() and os.environ.get("BENCH_API", "real") == "real":
        found["real"] = lambda folder: planes.real(folder, programs, controllers=False)
    return found


@contextmanager
def _ours(folder: Path) -> Iterator[Path]:
    with KubeApi(folder).running() as api:
        yield api.kubeconfig


class _Measured:
    """One API, from empty to ten thousand pods."""

    def __init__(self, kubeconfig: Path) -> None:
        self._api = Api(load_access(str(kubeconfig)))
        self._pids = [pid for pid, command in children(os.getpid()) if any(p in command for p in PROGRAMS)]
        self._made = 0

    def figures(self) -> Iterator[tuple[str, Found]]:
        """In this order: what comes later counts on what was made before."""
        account = {"metadata": {"name": "default"}}
        path = "/api/v1/namespaces/default/serviceaccounts"
        self._api.ask(self._api.request("POST", path, account), taken=(409,))
        yield from self._rates("ConfigMap", MAPS, _config_map)
        yield from self._rates("Pod", PODS, _pod)
        self._fill(LISTED)
        yield from self._lists()
        yield from self._watches()
        self._fill(STORED)
        memory = sum(map(proportional, self._pids))
        yield f"memory with {STORED:,} pods (PSS)", Found(memory, "MiB", "less")

    def _rates(
        self, kind: str, path: str, make: Callable[[str], objects.Object]
    ) -> Iterator[tuple[str, Found]]:
        ask, names = self._api.request, [f"b-{number}" for number in range(WRITES)]
        patch = [{"metadata": {"labels": {"turn": str(number)}}} for number in range(WRITES)]
        asked: dict[str, Iterable[bytes]] = {
            "create": [ask("POST", path, make(name)) for name in names],
            "patch": [ask("PATCH", f"{path}/{n}", p, MERGE_PATCH) for n, p in zip(names, patch, strict=True)],
            "get": [ask("GET", f"{path}/{names[number % WRITES]}") for number in range(READS)],
        }
        for verb, requests in asked.items():
            listed = list(requests)
            before = self._worked()
            seconds, _ = drive(self._api, listed, CONNECTIONS)
            worked = (self._worked() - before) / len(listed)
            yield f"{verb} a {kind}", Found(len(listed) / seconds, "/s", "more")
            yield f"{verb} a {kind}: processor time", Found(worked * 1e6, "us", "less")

    def _fill(self, until: int) -> None:
        """So many pods there are, then."""
        self._made = max(self._made, WRITES)
        names = [f"b-{number}" for number in range(self._made, until)]
        drive(self._api, (self._api.request("POST", PODS, _pod(name)) for name in names), CONNECTIONS)
        self._made = until

    def _lists(self) -> Iterator[tuple[str, Found]]:
        request, before, took = self._api.request("GET", PODS), self._worked(), []
        for _ in range(LISTS):
            began = time.monotonic()
            self._api.ask(request)
            took.append(time.monotonic() - began)
        yield f"list of {LISTED:,} pods", Found(statistics.median(took) * 1e3, "ms", "less")
        worked = (self._worked() - before) / LISTS
        yield f"list of {LISTED:,} pods: processor time", Found(worked * 1e3, "ms", "less")

    def _watches(self) -> Iterator[tuple[str, Found]]:
        version = _version(self._api.ask(self._api.request("GET", f"{PODS}?limit=1")))
        watch = self._api.request("GET", f"{PODS}?watch=1&resourceVersion={version}")
        patches = [{"metadata": {"labels": {"event": str(number)}}} for number in range(EVENTS)]
        writes = [self._api.request("PATCH", f"{PODS}/b-7", patch, MERGE_PATCH) for patch in patches]
        before = self._worked()
        delays = fan_out(self._api, watch, writes, WATCHERS)
        worked = (self._worked() - before) / EVENTS
        for percent in (50, 99):
            value = statistics.quantiles(delays, n=100)[percent - 1] * 1e3
            yield f"fan-out to {WATCHERS} watchers, p{percent}", Found(value, "ms", "less")
        yield f"fan-out to {WATCHERS} watchers: processor time", Found(worked * 1e3, "ms", "less")

    def _worked(self) -> float:
        return sum(map(processor_seconds, self._pids))


def _version(content: bytes) -> str:
    """The list's resourceVersion, without parsing all of it."""
    return content.partition(b'"resourceVersion":"')[2].partition(b'"')[0].decode()


def _config_map(name: str) -> objects.Object:
    return objects.config_map(name, metadata={"labels": {"app": "bench"}}, text="x" * 500)


def _pod(name: str) -> objects.Object:
    """One that is on a node already: nobody acts on it."""
    return objects.pod(name, namespace=None, metadata={"labels": {"app": "bench"}}, nodeName="node-1")
