"""Many streams at once, and what they leave behind: nothing."""

import asyncio
import base64
import json
import os
import ssl
from pathlib import Path

import aiohttp
import pytest

from mockcloud.client.resources import PODS
from mockcloud.client.rest import Client

pytestmark = [pytest.mark.netns]
MANY = 200
AT_ONCE = 8
STREAMS = "&".join(f"{name}=true" for name in ("stdin", "stdout", "stderr"))
EXEC = f"/api/v1/namespaces/default/pods/many/exec?{STREAMS}"


async def run_box(lab):
    """A pod that does nothing, when it is Ready."""
    container = {"name": "main", "image": "busybox", "command": ["sleep", "1000"]}
    spec = {"nodeName": "node-1", "terminationGracePeriodSeconds": 0, "containers": [container]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "many", "namespace": "default"},
        "spec": spec,
    }
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client, asyncio.timeout(60):
        await client.create(PODS, pod)
        while (await client.get(PODS, "many", "default")).get("status", {}).get("phase") != "Running":  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def descriptors(lab, module, *more):
    """How many descriptors the lab's daemon of that module has."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                if module in words and set(more) <= set(words) and str(lab.folder) in " ".join(words):
                    return len(os.listdir(folder / "fd"))
            except (FileNotFoundError, ProcessLookupError):
                continue
    pytest.fail(f"{module} does not run")
    return 0


async def exec_many(lab, count):
    """Each with its output and exit code, some at a time; every tenth client goes without a word."""
    config = json.loads(lab.kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    headers = {"Authorization": f"Bearer {user['token']}"}
    connector = aiohttp.TCPConnector(ssl=context, limit=AT_ONCE)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(session, number):
        url = (
            f"{cluster['server']}{EXEC}&command=sh&command=-c&command=echo%20{number};%20exit%20{number % 7}"
        )
        async with places, session.ws_connect(url, protocols=["v5.channel.k8s.io"]) as socket:
            if number % 10 == 0:
                return
            said = [message.data async for message in socket]
            assert b"\x01%d\n" % number in said
            status = json.loads(next(data[1:] for data in said if data[0] == 3))
            causes = status.get("details", {"causes": [{"message": "0"}]})["causes"]
            assert causes[0]["message"] == str(number % 7)

    ours = len(os.listdir("/proc/self/fd"))
    async with (
        aiohttp.ClientSession(connector=connector, headers=headers) as session,
        asyncio.TaskGroup() as group,
    ):
        for number in range(count):
            group.create_task(one(session, number))
    while len(os.listdir("/proc/self/fd")) > ours:  # noqa: ASYNC110  (TLS says its goodbyes)
        await asyncio.sleep(0.01)


async def test_many_execs_leave_nothing(lab):
    """200 of them: no descriptor of the API or the agent stays, and no process of the pod."""
    await run_box(lab)
    await exec_many(lab, AT_ONCE)  # what is made once and kept is made now
    before = watched(lab)
    await exec_many(lab, MANY)
    async with asyncio.timeout(60):
        while any(now > then for now, then in zip(watched(lab), before, strict=True)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def watched(lab):
    return (
        descriptors(lab, "mockcloud.kube"),
        descriptors(lab, "mockcloud.node", "node-1"),
        lab.ask(op="pids")["count"],
    )
