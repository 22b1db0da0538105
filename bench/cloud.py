"""The mock cloud: what one process answers in a second through each dialect, its start, its memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

import boto3
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.figures import Figure, resident
from mockcloud.cloud.environment import REGION
from mockcloud.cloud.keys import KeyPair

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINES: Final = 25  # a page of Hetzner's
CONNECTIONS: Final = 4
SECONDS: Final = 3.0
STARTS: Final = 5
KEYS: Final = KeyPair()
BALANCER: Final = {
    "services": [{"protocol": "tcp", "listen_port": 80, "destination_port": 80}],
    "targets": [{"type": "label_selector", "label_selector": {"selector": "!nothing"}}],
}
# Hetzner lets nobody ask more than 3,600 times an hour, which is not what is measured.
UNLIMITED: Final = """
import asyncio, time
from mockcloud.cloud.clock import Clock
from mockcloud.cloud.hetzner.rate_limit import RateLimit
from mockcloud.cloud.service import CloudService
from mockcloud.cloud.serving.server import CloudServer, serve

service = CloudService(Clock(time.monotonic, time.time_ns() / 1e9))
server = CloudServer(service, rate_limit=RateLimit(limit=10**9))
asyncio.run(serve(server, lambda url: print(url, flush=True)))
"""


def run() -> Iterator[Figure]:
    """On a process of its own, by four connections that are kept, for three seconds each."""
    starts = []
    for _ in range(STARTS):
        began = time.monotonic()
        with _serving(["-m", "mockcloud", "cloud", "serve", "--port", "0"]):
            starts.append(time.monotonic() - began)
    yield Figure("`mockcloud cloud serve` listens after (median)", statistics.median(starts), "s", "0.6 s")
    with _serving(["-c", UNLIMITED]) as (url, pid):
        machines = _machines(url)
        yield Figure("memory with AWS' models", resident(pid), "MiB", "90 MiB")
        for name, asked in _requests(url, machines).items():
            load = asyncio.run(_load(url, asked, pid))
            yield Figure(f"{name}, requests a second", load.rate, "/s", "2,000/s")
            yield Figure("... 99 % of them within", load.p99 * 1e3, "ms", "10 ms")
            yield Figure("... processor time of one", load.processor * 1e6, "us", "")


@contextlib.contextmanager
def _serving(command: list[str]) -> Iterator[tuple[str, int]]:
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().rpartition("=")[2].strip().removesuffix("/v1"), process.pid
        finally:
            process.terminate()
            process.communicate()


def _machines(url: str) -> list[str]:
    """As many as are asked for, made by AWS' client; their ids."""
    keys = {"aws_access_key_id": KEYS.id, "aws_secret_access_key": KEYS.secret}
    ec2 = boto3.client("ec2", endpoint_url=url, region_name=REGION, **keys)
    made = ec2.run_instances(ImageId="ami-12345678", MinCount=MACHINES, MaxCount=MACHINES)["Instances"]
    return [each["InstanceId"] for each in made]


def _requests(url: str, machines: list[str]) -> dict[str, bytes]:
    """As bytes: a signature is good for 15 minutes."""
    headers = {"Authorization": "Bearer mockcloud"}
    for number in range(MACHINES):
        body = {"name": f"b-{number}", "load_balancer_type": "lb11", "location": "fsn1", **BALANCER}
        requests.post(f"{url}/v1/load_balancers", headers=headers, json=body, timeout=10).raise_for_status()
    (first, *_) = requests.get(f"{url}/v1/servers", headers=headers, timeout=10).json()["servers"]
    return {
        "Hetzner: get a server": _hetzner(url, f"servers/{first['id']}"),
        f"Hetzner: list {MACHINES} servers": _hetzner(url, "servers"),
        f"Hetzner: list {MACHINES} balancers": _hetzner(url, "load_balancers"),
        "AWS: describe an instance": _aws(url, Action="DescribeInstances", **{"InstanceId.1": machines[0]}),
        f"AWS: list {MACHINES} instances": _aws(url, Action="DescribeInstances"),
        "AWS: list security groups": _aws(url, Action="DescribeSecurityGroups"),
    }


def _hetzner(url: str, path: str) -> bytes:
    host = urlsplit(url).netloc
    return f"GET /v1/{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer mockcloud\r\n\r\n".encode()


def _aws(url: str, **form: str) -> bytes:
    body = urlencode({**form, "Version": "2016-11-15"})
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    asked = AWSRequest("POST", f"{url}/", headers={"Content-Type": kind}, data=body)
    SigV4Auth(Credentials(KEYS.id, KEYS.secret), "ec2", REGION).add_auth(asked)
    headers = {"Host": urlsplit(url).netloc, "Content-Length": str(len(body)), **asked.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{lines}\r\n{body}".encode()


@dataclass(frozen=True, slots=True)
class _Load:
    """How long each answer took, within so many seconds, and the server's processor time."""

    took: list[float]
    seconds: float
    processor: float

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.took, n=100)[98]


async def _load(url: str, asked: bytes, pid: int) -> _Load:
    before, began = _processor(pid), time.monotonic()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_ask(url, asked, began + SECONDS)) for _ in range(CONNECTIONS)]
    took = [each for task in tasks for each in task.result()]
    return _Load(took, time.monotonic() - began, (_processor(pid) - before) / len(took))


async def _ask(url: str, asked: bytes, until: float) -> list[float]:
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    took = []
    while (began := time.monotonic()) < until:
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.partition(b"\r\n")[0], head
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        took.append(time.monotonic() - began)
    writer.close()
    return took


def _processor(pid: int) -> float:
    """Seconds that a process has had, its own and the kernel's for it (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
