"""A lab's Services from this machine, by the commands that a person types."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from mockcloud.testing import LabFailed, lab
from mockcloud.testing.command import mockcloud

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {
        "type": "LoadBalancer",
        "selector": {"app": "web"},
        "ports": [
            {"name": "http", "port": 80},
            {"name": "echo", "port": 7000, "protocol": "UDP", "targetPort": 7000},
        ],
    },
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "containers": [
            {
                "name": "web",
                "image": "traefik/whoami",
                "ports": [{"containerPort": 80}, {"containerPort": 7000, "protocol": "UDP"}],
            }
        ]
    },
}


@pytest.fixture(scope="module")
def mine():
    with lab(options=("--nodes", "1")) as made:
        made.apply(POD, SERVICE)
        made.wait_announced("web")
        made.wait("pod/web", "condition=Ready")
        yield made


@pytest.fixture
def tunnel(mine):
    """It runs, and all that is there is open."""
    command = [sys.executable, "-m", "mockcloud", "tunnel", "--name", mine.name]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**mine.environment, "PYTHONUNBUFFERED": "1"}
    )
    for line in process.stdout:
        if line.startswith("all that is there"):
            break
    yield process
    process.send_signal(signal.SIGTERM)  # whoever started this may have SIGINT ignored
    process.stdout.read()
    process.wait(60)
    process.stdout.close()


def url(mine, *words: str) -> str:
    return mockcloud(mine.environment, "url", "--name", mine.name, *words).strip()


def until(question):
    """The first answer that is not empty."""
    deadline = time.monotonic() + 60
    while not (found := question()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def body(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def test_addresses_and_node_ports_answer_here(mine, tunnel):
    """External address and node port, each at a loopback address; UDP, too."""
    address = url(mine, "web", "--port", "http")
    assert address.startswith("http://127.")
    assert "web" in until(lambda: body(address))
    assert "web" in until(lambda: body(url(mine, "web", "--port", "http", "--node-port")))
    where = json.loads(url(mine, "web", "--port", "echo", "-o", "json"))[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)

        def echoed():
            client.sendto(b"hello\n", (where["local_address"], where["local_port"]))
            try:
                return client.recv(100)
            except TimeoutError:
                return b""

        assert b"hello" in until(echoed)


def test_one_may_come_with_its_lab():
    """`up --tunnel`: when the lab is up its Services are reached, until it ends."""
    with lab(options=("--nodes", "1", "--provider", "none", "--tunnel")) as made:
        made.kubectl("create", "service", "nodeport", "web", "--tcp=80:80")
        assert until(lambda: known(made, "web")).startswith("http://127.")
        with pytest.raises(LabFailed, match="has a tunnel already"):
            mockcloud(made.environment, "tunnel", "--name", made.name)


def known(mine, service: str) -> str:
    try:
        return url(mine, service)
    except LabFailed:
        return ""


def test_services_come_and_go(mine, tunnel):
    """Without a word of anybody's."""
    with pytest.raises(LabFailed, match="leads to no address of Service default/late yet"):
        url(mine, "late")
    mine.kubectl("create", "service", "nodeport", "late", "--tcp=81:80")
    assert until(lambda: known(mine, "late")).startswith("127.")
    mine.kubectl("delete", "service", "late")
    until(lambda: not known(mine, "late"))


def test_a_second_tunnel_is_refused(mine, tunnel):
    """And without one `url` says what to type."""
    with pytest.raises(LabFailed, match="has a tunnel already"):
        mockcloud(mine.environment, "tunnel", "--name", mine.name)
    tunnel.send_signal(signal.SIGTERM)
    tunnel.stdout.read()
    assert tunnel.wait(60) == 143
    with pytest.raises(LabFailed, match="has no tunnel: start one with `mockcloud tunnel`"):
        url(mine, "web")


def test_one_that_was_killed_leads_nowhere(mine, tunnel):
    """What it has left is no way: `url` does not name it; the next tunnel begins anew."""
    assert until(lambda: known(mine, "web"))
    tunnel.kill()
    assert tunnel.wait(60) == -signal.SIGKILL
    with pytest.raises(LabFailed, match="has no tunnel: start one with `mockcloud tunnel`"):
        url(mine, "web")


def test_it_ends_with_the_lab(tmp_path):
    """In order, with a word."""
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    with lab(options=("--nodes", "1", "--provider", "none"), state=tmp_path) as made:
        command = [sys.executable, "-m", "mockcloud", "tunnel", "--name", made.name]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        until(lambda: (made.kubeconfig.parent / "tunnel.json").exists())
    _, said = process.communicate(timeout=60)
    assert said == f"lab {made.name} has ended\n"
    assert process.returncode == 0
