"""Balancers of the mock cloud in a lab: a Service to its first answer through one; many Services settle."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from typing import TYPE_CHECKING, Any, Final

from bench.figures import Figure
from mockcloud.client.resources import SERVICES
from mockcloud.client.rest import Client
from testkit import objects
from testkit.kubectl import find_kubectl
from testkit.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME: Final = "bench-cloud"
NAMESPACE: Final = "default"
TIMES: Final = 10
MANY: Final = 500
AT_ONCE: Final = 8
PATIENCE: Final = 300.0  # seconds
PREFIX: Final = "service.beta.kubernetes.io/aws-load-balancer-"
KINDS: Final = {
    "an NLB": {f"{PREFIX}type": "nlb"},
    "a classic balancer": {},
}
# Asks for each name that a line of stdin brings until somebody answers; prints the time of the answer.
_CLIENT: Final = """
import sys, time, urllib.request
print("begun", flush=True)
for line in sys.stdin:
    while True:
        try:
            urllib.request.urlopen(f"http://{line.strip()}/", timeout=0.5).read()
            break
        except OSError:
            time.sleep(0.005)
    print(time.monotonic(), flush=True)
"""


def run() -> Iterator[Figure]:
    """In a lab of 3 nodes with the controller in the box; no delay is configured."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_STATE_HOME"] = home
        lab = Lab(NAME)
        with lab.running("--provider", "cloud"):
            _servers(lab)
            with _asker() as asker:
                for kind, annotations in KINDS.items():
                    times = asyncio.run(_first_answers(lab.kubeconfig, asker, annotations))
                    what = f"Service created to first answer through {kind}, p50"
                    yield Figure(what, statistics.median(times), "s", "1 s")
                    yield Figure("... the slowest", max(times), "s", "")
            subnets = _make_room()
            took = asyncio.run(_settle(lab.kubeconfig, subnets))
            yield Figure(f"{MANY} Services with NLBs, created to all in status", took, "s", "20 s")
            took = asyncio.run(_delete_all(lab.kubeconfig))
            yield Figure("... deleted, to none left", took, "s", "")


def _servers(lab: Lab) -> None:
    kubectl = [find_kubectl() or "kubectl", "--kubeconfig", lab.kubeconfig]
    make = ["create", "deployment", "web", "--image=traefik/whoami", "--port=80", "--replicas=2"]
    subprocess.run([*kubectl, *make], check=True, stdout=subprocess.DEVNULL)
    wait = ["rollout", "status", "deployment/web", "--timeout=60s"]
    subprocess.run([*kubectl, *wait], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def _asker() -> Iterator[subprocess.Popen[str]]:
    words = ["-m", "mockcloud", "exec", "--name", NAME, "client", "--", sys.executable, "-c", _CLIENT]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, *words], **pipes) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()


def _service(name: str, annotations: dict[str, str]) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "type": "LoadBalancer",
        "selector": {"app": "web"},
        "ports": [{"port": 80, "targetPort": 80}],
    }
    return objects.service(name, namespace=NAMESPACE, metadata={"annotations": annotations}, **spec)


async def _first_answers(
    kubeconfig: str, asker: subprocess.Popen[str], annotations: dict[str, str]
) -> list[float]:
    times = []
    async with Client.from_kubeconfig(kubeconfig) as client:
        for number in range(TIMES):
            name = f"web-{number}"
            began = time.monotonic()
            await client.create(SERVICES, _service(name, annotations))
            host = await awaited_host(client, name)
            assert asker.stdin is not None
            assert asker.stdout is not None
            asker.stdin.write(f"{host}\n")
            asker.stdin.flush()
            times.append(float(await asyncio.to_thread(asker.stdout.readline)) - began)
            await client.delete(SERVICES, name, namespace=NAMESPACE)
        await _until(client, lambda items: len(_balancers(items)) == 0)
    return times


def _make_room() -> list[str]:
    """For all of them: rules of the nodes' group, of which AWS gives 60. The ids of the subnets."""
    words = [sys.executable, "-m", "mockcloud", "cloud", "env", "--lab", NAME]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    told = dict(line.removeprefix("export ").split("=", 1) for line in said.splitlines())
    body = json.dumps({"security_group_rules": 4 * MANY}).encode()
    urllib.request.urlopen(f"{told['AWS_ENDPOINT_URL']}/_mock/quotas", body).close()
    return told["MOCKCLOUD_SUBNET_IDS"].split(",")


async def _settle(kubeconfig: str, subnets: list[str]) -> float:
    """Each in one zone: a subnet has 250 addresses, and a balancer takes one in each of its own."""
    async with Client.from_kubeconfig(kubeconfig) as client:
        numbers = iter(range(MANY))

        async def create() -> None:
            for number in numbers:
                where = {f"{PREFIX}subnets": subnets[number % len(subnets)]}
                await client.create(SERVICES, _service(f"many-{number}", KINDS["an NLB"] | where))

        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(create(), name="create")
        await _until(client, lambda items: sum(bool(_host(each)) for each in _balancers(items)) == MANY)
        return time.monotonic() - began


async def _delete_all(kubeconfig: str) -> float:
    async with Client.from_kubeconfig(kubeconfig) as client:
        began = time.monotonic()
        for raw in _balancers((await client.list(SERVICES, namespace=NAMESPACE))["items"]):
            await client.delete(SERVICES, raw["metadata"]["name"], namespace=NAMESPACE)
        await _until(client, lambda items: not _balancers(items))
        return time.monotonic() - began


async def _until(client: Client, so: Callable[[list[dict[str, Any]]], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not so((await client.list(SERVICES, namespace=NAMESPACE))["items"]):  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.1)


def _balancers(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in items if each["spec"].get("type") == "LoadBalancer"]


async def awaited_host(client: Client, service: str) -> str:
    """The name by which its balancer is reached, once it has one."""
    while not (host := _host(await client.get(SERVICES, service, NAMESPACE))):  # noqa: ASYNC110 - a poll
        await asyncio.sleep(0.005)
    return host


def _host(raw: dict[str, Any]) -> str:
    """The name by which a Service's balancer is reached; empty while it has none."""
    ingress = (raw.get("status", {}).get("loadBalancer") or {}).get("ingress") or [{}]
    return str(ingress[0].get("hostname") or "")
