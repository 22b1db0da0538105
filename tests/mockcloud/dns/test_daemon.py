"""The daemon as a process, against a real embedded API: what it publishes, follows, and survives."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import dns.asyncquery
import dns.message
import dns.rcode
import pytest

from mockcloud.client.resources import ENDPOINT_SLICES, NAMESPACES, SERVICES
from mockcloud.client.rest import Client
from testkit import daemons, objects

NODE_IP = "192.0.2.11"  # the API wants no endpoint on loopback; the test asks the sockets themselves
ROOT = Path(__file__).parents[3]
WITHIN = 60.0  # for what never comes; the promise is 0.1 s, and bench/dns.py measures it
DEFAULT = "default.svc.cluster.local"


class Daemon:
    """A DNS daemon on sockets that stay open when it ends, as a lab keeps them."""

    def __init__(self, api, folder, wires):
        self.api = api
        self.log = folder / "dns.log"
        self.wires = wires
        self.port = wires[0].getsockname()[1]
        self.process = None

    def start(self, *, wait=True):
        descriptors = [wire.fileno() for wire in self.wires]
        command = daemons.module("mockcloud.dns", "--node-name", "node-1", "--node-ip", NODE_IP)
        command += ["--port", str(self.port), "--kubeconfig", str(self.api.kubeconfig)]
        for descriptor in descriptors:
            command += ["--fd", str(descriptor)]
        self.process = daemons.start(command, log=self.log, descriptors=descriptors, wait=wait)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(60)

    async def ask(self, name, kind="A", *, timeout=90):
        query = dns.message.make_query(name, kind)
        response = await dns.asyncquery.udp(query, "127.0.0.1", port=self.port, timeout=timeout)
        await asyncio.sleep(0)  # its transport is closed at the next turn of the loop
        return response

    async def says(self, name, kind="A"):
        response = await self.ask(name, kind)
        found = [str(each) for rrset in response.answer for each in rrset]
        return sorted(found) or dns.rcode.to_text(response.rcode())


@pytest.fixture(scope="module")
def daemon(kube_api, tmp_path_factory, socket_pair):
    """One daemon for the module."""
    made = Daemon(kube_api, tmp_path_factory.mktemp("dns"), socket_pair())
    made.start()
    yield made
    made.end(signal.SIGKILL)
    for wire in made.wires:
        wire.close()


@pytest.fixture
async def client(kube_api):
    """A client of the API; its Services are gone after the test."""
    async with Client.from_kubeconfig(str(kube_api.kubeconfig)) as made:
        yield made
        for resource in (SERVICES, ENDPOINT_SLICES):
            for obj in (await made.list(resource, namespace="default"))["items"]:
                if obj["metadata"]["name"] != "kubernetes":
                    await made.delete(resource, obj["metadata"]["name"], namespace="default")


async def until(question, wanted, *, seconds=WITHIN):
    """Return when the question's answer is the wanted one."""
    end = time.monotonic() + seconds
    while (found := await question()) != wanted:
        assert time.monotonic() < end, f"still {found} and not {wanted} after {seconds} s"
        await asyncio.sleep(0.002)


def service(name, **spec):
    return objects.service(name, **{"ports": [{"name": "http", "port": 80}], **spec})


def endpoint_slice(name, *addresses):
    endpoints = [{"addresses": [address], "hostname": f"{name}-0"} for address in addresses]
    return objects.endpoint_slice(name, *endpoints, name=f"{name}-hand")


async def test_it_publishes_the_service_and_its_own_slice(daemon, client):
    """All that a pod's resolv.conf needs is there when the daemon says that it is ready."""
    found = await client.get(SERVICES, "kube-dns", "kube-system")
    part = await client.get(ENDPOINT_SLICES, "kube-dns-node-1-ipv4", "kube-system")

    assert found["spec"]["clusterIP"] == "10.96.0.10"
    assert part["endpoints"][0]["addresses"] == [NODE_IP]
    assert await daemon.says("kube-dns.kube-system.svc.cluster.local") == ["10.96.0.10"]


@pytest.mark.parametrize(
    ("resource", "name"), [(SERVICES, "kube-dns"), (ENDPOINT_SLICES, "kube-dns-node-1-ipv4")]
)
async def test_what_somebody_deletes_is_made_again(daemon, client, resource, name):
    """A cluster without kube-dns is a broken one; an addon manager would do the same."""
    old = (await client.get(resource, name, "kube-system"))["metadata"]["uid"]
    await client.delete(resource, name, namespace="kube-system")

    async def anew():
        with contextlib.suppress(Exception):
            return (await client.get(resource, name, "kube-system"))["metadata"]["uid"] != old

    await until(anew, True)
    await until(lambda: daemon.says("kube-dns.kube-system.svc.cluster.local"), ["10.96.0.10"])


async def test_a_record_follows_its_objects(daemon, client):
    """A Service with an address, endpoints of a headless one, their end; a namespace."""
    assert await daemon.says(f"web.{DEFAULT}") == "NXDOMAIN"
    made = await client.create(SERVICES, service("web"))
    await until(lambda: daemon.says(f"web.{DEFAULT}"), [made["spec"]["clusterIP"]])

    await client.create(SERVICES, service("db", clusterIP="None"))
    await client.create(ENDPOINT_SLICES, endpoint_slice("db", "10.244.1.1", "10.244.1.2"))
    await until(lambda: daemon.says(f"db.{DEFAULT}"), ["10.244.1.1", "10.244.1.2"])
    assert await daemon.says(f"db-0.db.{DEFAULT}") == ["10.244.1.1", "10.244.1.2"]
    assert await daemon.says("1.1.244.10.in-addr.arpa", "PTR") == [f"db-0.db.{DEFAULT}."]

    await client.delete(SERVICES, "db", namespace="default")
    await until(lambda: daemon.says(f"db.{DEFAULT}"), "NXDOMAIN")
    assert await daemon.says("1.1.244.10.in-addr.arpa", "PTR") == "NXDOMAIN"

    await client.create(NAMESPACES, {"metadata": {"name": "fresh"}})
    await until(lambda: daemon.says("fresh.svc.cluster.local"), "NOERROR")


async def test_what_is_asked_while_it_starts_anew_is_answered(daemon):
    """After kill -9 a pod sees an answer that took a moment, by UDP and by TCP."""
    daemon.end(signal.SIGKILL)
    query = dns.message.make_query("kubernetes.default.svc.cluster.local", "A")
    asking = [
        asyncio.ensure_future(asked(query, "127.0.0.1", port=daemon.port, timeout=90))
        for asked in (dns.asyncquery.udp, dns.asyncquery.tcp)
    ]
    await asyncio.sleep(0)

    daemon.start(wait=False)

    responses = await asyncio.gather(*asking)
    await asyncio.sleep(0)  # the transports are closed at the next turn of the loop
    for response in responses:
        assert [str(each) for each in response.answer[0]] == ["10.96.0.1"]


async def test_it_answers_on_while_the_api_is_away(daemon, kube_api, client):
    """What was known last is the best that there is; what changes afterwards is followed."""
    made = await client.create(SERVICES, service("kept"))
    await until(lambda: daemon.says(f"kept.{DEFAULT}"), [made["spec"]["clusterIP"]])
    kube_api.kill()

    assert await daemon.says(f"kept.{DEFAULT}") == [made["spec"]["clusterIP"]]

    kube_api.start()
    async with Client.from_kubeconfig(str(kube_api.kubeconfig)) as again:
        later = await again.create(SERVICES, service("later"))
        # The watch is opened again within a second or two.
        await until(lambda: daemon.says(f"later.{DEFAULT}"), [later["spec"]["clusterIP"]])


async def test_it_ends_at_sigterm(daemon):
    """Exit 0, with a word about what it did not answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.sendto(bytes([0, 0, 0x80]) + bytes(9), ("127.0.0.1", daemon.port))
    await daemon.says("kubernetes.default.svc.cluster.local")  # which comes after it

    assert daemon.end() == 0
    assert "stopped; messages without an answer: 1 of 'a response'" in daemon.log.read_text()
    daemon.start()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        pytest.param(["--node-name", "n", "--node-ip", "x"], 2, "--node-ip", id="usage"),
        pytest.param(
            ["--node-name", "n", "--node-ip", "192.0.2.1", "--kubeconfig", "/nowhere"],
            1,
            "mockcloud.dns:",
            id="start",
        ),
    ],
)
def test_what_cannot_be_is_said_at_once(options, code, words):
    """One line, no stack."""
    done = subprocess.run(
        [sys.executable, "-m", "mockcloud.dns", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )

    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
