"""A cluster's API with controllers on demand, and what a person would see of it."""

import asyncio
import base64
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from baremetal_lb.decide.reports.text import write
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import Conflict, NotFound
from baremetal_lb.kube.reports import speaker_object
from baremetal_lb.kube.resources import CONFIG_MAPS, EVENTS, NODES, SERVICES
from baremetal_lb.kube.watch import Informer
from baremetal_lb.model.api_names import (
    ALLOCATED,
)
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.reports import Report
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.controller.daemon import Controller
from baremetal_lb.settings import Settings
from tests.baremetal_lb.fakes.fault_proxy import FaultProxy

AnyProxy = TypeVar("AnyProxy", bound=FaultProxy)
SYSTEM = "baremetal-lb-system"
PATIENCE = 60


@dataclass
class Lab:
    """One API, seen by a client of the test's own; controllers are started on demand."""

    api: object
    client: Client
    namespace: str
    system: str = SYSTEM
    load_balancer_class: str = ""
    seen: Informer = field(init=False)
    nodes: set[str] = field(default_factory=set)  # made here, for those who report

    @property
    def speakers(self) -> str:
        """The namespace that speakers write in; the controller makes it."""
        return self.system.removesuffix("-system") + "-speakers"

    def __post_init__(self):
        self.seen = Informer(self.client, SERVICES, lambda raw: raw)
        self._changed = asyncio.Event()

    async def watch(self):
        await self.seen.run(lambda _change: self._changed.set())

    async def pools(self, *pools: str, text: str | None = None) -> None:
        """Write the ConfigMap."""
        config = (
            text
            if text is not None
            else "address-pools:\n" + "".join(f"- {{protocol: layer2, {each}}}\n" for each in pools)
        )
        body = {"metadata": {"namespace": self.system, "name": "config"}, "data": {"config": config}}
        try:
            await self.client.replace(CONFIG_MAPS, body)
        except NotFound:
            await self.client.create(CONFIG_MAPS, body)

    async def create(self, name: str, annotations=None, labels=None, **spec) -> None:
        metadata = {"annotations": annotations or {}, "labels": labels or {}}
        body = {
            "metadata": {"namespace": self.namespace, "name": name, **metadata},
            "spec": {"type": "LoadBalancer", "selector": {"app": name}, "ports": [{"port": 80}], **spec},
        }
        if self.load_balancer_class:
            body["spec"].setdefault("loadBalancerClass", self.load_balancer_class)
        await self.client.create(SERVICES, body)

    async def report(self, report: Report | str, node: str = "") -> None:
        """What a speaker of one of the cluster's nodes writes; a text is written as it is."""
        await self._have_node(node or report.node)
        text = report if isinstance(report, str) else write(report)
        where = ObjectKey(self.speakers, node or report.node)
        body = speaker_object(where, None, text, utc_now())
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await self.client.replace(CONFIG_MAPS, body)
                except NotFound:
                    with contextlib.suppress(NotFound, Conflict):
                        await self.client.create(CONFIG_MAPS, body)
                        return
                    await asyncio.sleep(0.02)
                else:
                    return

    async def _have_node(self, name: str) -> None:
        with contextlib.suppress(Conflict):
            await self.client.create(NODES, {"metadata": {"name": name}})
            self.nodes.add(name)

    async def remove_nodes(self) -> None:
        """Those that were made for their speakers."""
        while self.nodes:
            await self.client.delete(NODES, self.nodes.pop())

    async def delete(self, name: str) -> None:
        await self.client.delete(SERVICES, name, self.namespace)

    def raw(self, name: str) -> dict:
        return self.seen.get(ObjectKey(self.namespace, name)) or {}

    def has(self, name: str) -> str:
        ingress = self.raw(name).get("status", {}).get("loadBalancer", {}).get("ingress") or []
        return " ".join(entry["ip"] for entry in ingress)

    def says(self, name: str, kind: str = ALLOCATED) -> str:
        for condition in self.raw(name).get("status", {}).get("conditions") or ():
            if condition["type"] == kind:
                return f"{condition['status']} {condition['reason']}: {condition['message']}"
        return ""

    async def until(self, holds) -> None:
        """Wait until something can be seen; the failure shows what was seen instead."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            seen = {
                str(key): (raw.get("spec", {}).get("type"), raw.get("status"))
                for key, raw in self.seen.items()
            }
            pytest.fail(f"never came true; seen: {json.dumps(seen, indent=1)}")

    async def becomes(self, question, wanted) -> None:
        """Ask until the answer is this: for what changes without an event that tells of it."""
        end = time.monotonic() + PATIENCE
        while (found := question()) != wanted:
            assert time.monotonic() < end, f"found {found!r}, and not {wanted!r}"
            await asyncio.sleep(0.02)

    async def events(self, name: str, *, expected: int) -> list[str]:
        """The Events about an object, oldest first; waits until there are as many as expected."""
        query = {"fieldSelector": f"involvedObject.name={name}"}
        namespace = self.system if name == "config" else self.namespace
        async with asyncio.timeout(PATIENCE):
            while True:
                found = (await self.client.list(EVENTS, namespace, query))["items"]
                if len(found) >= expected:
                    found.sort(key=lambda each: int(each["metadata"]["resourceVersion"]))
                    return [f"{each['type']} {each['reason']}: {each['message']}" for each in found]
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def controller(
        self, kubeconfig: Path | None = None, identity: str = "one", **settings
    ) -> AsyncIterator[Controller]:
        """A ready controller in this process, which starts quicker; cancelled at the end."""
        ours = {
            "namespace": self.system,
            "status_namespace": self.speakers,
            "load_balancer_class": self.load_balancer_class,
        }
        chosen = Settings(kubeconfig=kubeconfig or self.api.kubeconfig, **{**ours, **settings})
        async with await Client.connect(chosen.kubeconfig) as client, asyncio.TaskGroup() as group:
            controller = Controller(chosen, client, identity)
            running = group.create_task(controller.run())
            await asyncio.wait_for(controller.ready.wait(), PATIENCE)
            yield controller
            running.cancel()

    @asynccontextmanager
    async def process(self, *arguments: str, kubeconfig: Path | None = None) -> AsyncIterator["Process"]:
        """A ready controller as a process of its own, stopped in order at the end."""
        process = await self.start(*arguments, kubeconfig=kubeconfig)
        try:
            await process.ready()
            yield process
        finally:
            await process.stop()

    async def start(self, *arguments: str, kubeconfig: Path | None = None) -> "Process":
        """A controller as a process, ready or not; the caller sees to its end."""
        return await Process.start(kubeconfig or self.api.kubeconfig, *arguments)

    @asynccontextmanager
    async def proxy(
        self, folder: Path, kind: type[AnyProxy] = FaultProxy
    ) -> AsyncIterator[tuple[AnyProxy, Path]]:
        """A proxy that fails on demand, and a kubeconfig through it."""
        document = json.loads(self.api.kubeconfig.read_text())
        authority = base64.b64decode(
            document["clusters"][0]["cluster"]["certificate-authority-data"]
        ).decode()
        proxy = kind(self.api.server, self.api.token, authority)
        async with proxy.running(folder) as path:
            yield proxy, path


class Process:
    """A `baremetal-lb controller`."""

    def __init__(self, process: asyncio.subprocess.Process, pipe: int, log: Path) -> None:
        self.process = process
        self.log = log
        self._pipe = pipe

    @classmethod
    async def start(cls, kubeconfig: Path, *arguments: str) -> "Process":
        ready, theirs = os.pipe()
        log = kubeconfig.parent / "controller.log"
        with log.open("ab") as stream:
            process = await asyncio.create_subprocess_exec(
                *(
                    sys.executable,
                    "-m",
                    "baremetal_lb",
                    "controller",
                    "--kubeconfig",
                    str(kubeconfig),
                    *arguments,
                ),
                env={**os.environ, "READY_FD": str(theirs)},
                pass_fds=[theirs],
                stdout=stream,
                stderr=stream,
            )
        os.close(theirs)
        return cls(process, ready, log)

    async def ready(self) -> None:
        """Wait for the newline on READY_FD."""
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._pipe, "rb")
        )
        try:
            line = await asyncio.wait_for(reader.readline(), PATIENCE)
        finally:
            transport.close()
        assert line == b"\n", self.log.read_text()

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process.returncode is None:
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    def lines(self) -> list[dict]:
        """What it has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]
