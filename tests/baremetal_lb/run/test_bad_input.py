"""What a person sees who started a daemon where it cannot work: one line, and how to mend it."""

import asyncio
import json
import os
import re
import socket
import sys

import aiohttp
import pytest

from tests.baremetal_lb.fakes.lab import PATIENCE, Lab, Process

POOL = "name: lan, addresses: [192.0.2.10-192.0.2.20]"


async def readiness(port: int) -> tuple[int, str]:
    """What /readyz answers, as soon as anybody does."""
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as reply:
                    return reply.status, await reply.text()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


async def until_readyz(port: int, status: int, says: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await readiness(port)
            if found[0] == status and says in found[1]:
                return
            await asyncio.sleep(0.05)


async def ended(process: Process) -> tuple[int, list[dict]]:
    """How it ended by itself, and all that it said."""
    code = await asyncio.wait_for(process.process.wait(), PATIENCE)
    return code, process.lines()


@pytest.mark.parametrize(
    ("refused", "right", "command"),
    [
        pytest.param("/services", "list services in the whole cluster", "clusterrole", id="services"),
        pytest.param("/nodes", "list nodes in the whole cluster", "clusterrole", id="nodes"),
        pytest.param("/configmaps", "list configmaps in namespace baremetal-lb-system", "role", id="pools"),
        pytest.param(
            "/leases", "get leases.coordination.k8s.io in namespace baremetal-lb-system", "role", id="lease"
        ),
        pytest.param("/status", "patch services/status in namespace", "role", id="status"),
    ],
)
async def test_a_controller_without_a_right_says_so_waits_and_recovers(
    lab: Lab, tmp_path, unused_tcp_port, refused, right, command
):
    """Verb, resource, namespace, whose and what to type; not ready, no stack trace; then it recovers."""
    await lab.pools(POOL)
    await lab.create("web")
    async with lab.proxy(tmp_path) as (proxy, kubeconfig):
        proxy.forbidden = refused
        process = await lab.start(
            "--metrics-port", str(unused_tcp_port), "--log-format", "json", kubeconfig=kubeconfig
        )
        try:
            await until_readyz(unused_tcp_port, 503, f"not ready: missing right: {right}")
            said = [json.dumps(line) for line in process.lines()]
            told = next(line for line in said if f"missing right: {right}" in line)
            assert "for ServiceAccount baremetal-lb-system/tester" in told
            assert re.search(
                rf"kubectl create {command} tester-\S+ --verb=\S+ --resource=\S+.* && kubectl", told
            )
            assert "Traceback" not in process.log.read_text()
            proxy.forbidden = ""
            await until_readyz(unused_tcp_port, 200, "ok")
            await lab.until(lambda: lab.has("web"))
        finally:
            assert await process.stop() == 0


@pytest.mark.parametrize(
    ("version", "code", "level", "says"),
    [
        pytest.param("v1.23.17", 1, "error", "does not store the conditions of a Service", id="refused"),
        pytest.param("v1.27.3+k3s1", 0, "warning", "expected 1.29 or later", id="warned-of"),
        pytest.param("v1.29.0", 0, "", "", id="well"),
    ],
)
async def test_an_old_cluster_is_told_of_once(lab: Lab, tmp_path, version, code, level, says):
    """One that cannot work is refused with the reason; one that nobody tests is served, with a warning."""
    await lab.pools(POOL)
    async with lab.proxy(tmp_path) as (proxy, kubeconfig):
        proxy.version = version
        process = await lab.start("--log-format", "json", kubeconfig=kubeconfig)
        if code == 0:
            await process.ready()
            await process.stop()
        exit_code, lines = await ended(process)
    assert exit_code == code
    told = [line for line in lines if version in json.dumps(line)]
    assert [line["level"] for line in told] == ([level] if level else [])
    assert all(says in json.dumps(line) for line in told)


async def run_daemon(*arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and output of a daemon that is to end by itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "baremetal_lb", *arguments, "--log-format", "json"),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode or 0, output.decode()


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        pytest.param({}, "no cluster is named: give --kubeconfig FILE, or set KUBECONFIG", id="nowhere"),
        pytest.param(
            {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"},
            "automountServiceAccountToken must not be false",
            id="pod-without-a-token",
        ),
    ],
)
@pytest.mark.parametrize(
    "command", [("controller",), ("speaker", "--node-name", "n", "--membership-port", "0")]
)
async def test_without_a_way_to_a_cluster_a_daemon_ends_with_one_line(
    tmp_path, monkeypatch, command, environment, says
):
    """Neither a kubeconfig nor a pod's ServiceAccount: what was looked for, and exit code 1."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    code, output = await run_daemon(*command, HOME=str(tmp_path), **environment)
    (line,) = output.splitlines()
    assert code == 1
    assert says in json.loads(line)["error"]


async def test_a_heartbeat_port_in_use_names_port_and_search(tmp_path):
    """Two speakers on one host network: exit code 1, and how to find who has the port."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as taken:
        taken.bind(("::", 0))
        port = taken.getsockname()[1]
        code, output = await run_daemon("speaker", "--node-name", "n", "--membership-port", str(port))
    (line,) = output.splitlines()
    assert code == 1
    error = json.loads(line)["error"]
    assert f"cannot listen on UDP port {port} (--membership-port)" in error
    assert f"ss -lunp 'sport = :{port}'" in error
