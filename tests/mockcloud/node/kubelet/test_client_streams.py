"""The official Python client's streams, and many at once: what it leaves behind is nothing."""

import asyncio
import base64
import json
import os
import ssl
from pathlib import Path

import aiohttp
import pytest

pytestmark = [pytest.mark.netns, pytest.mark.timeout(120)]
MANY = 200
AT_ONCE = 8
STREAMS = "&".join(f"{name}=true" for name in ("stdin", "stdout", "stderr"))
EXEC = f"/api/v1/namespaces/default/pods/web/exec?{STREAMS}"


@pytest.fixture(scope="module")
def core(lab):
    """The official client, and a pod that answers HTTP."""
    from kubernetes import client, config

    api = client.CoreV1Api(config.new_client_from_config(str(lab.kubeconfig)))
    container = {"name": "web", "image": "nginx", "ports": [{"containerPort": 80}]}
    pod = {"metadata": {"name": "web"}, "spec": {"nodeName": "node-1", "containers": [container]}}
    api.create_namespaced_pod("default", pod)
    yield api
    api.api_client.close()


@pytest.fixture(scope="module")
def web(core):
    """Its name, when it is Ready."""
    from kubernetes import watch

    for event in watch.Watch().stream(core.list_namespaced_pod, "default", timeout_seconds=30):
        conditions = event["object"].status.conditions or []
        if any(one.type == "Ready" and one.status == "True" for one in conditions):
            return "web"
    pytest.fail("the pod did not get ready")


def execute(core, name, command, **options):
    from kubernetes.stream import stream

    wanted = {"stdin": False, "stdout": True, "stderr": True, "tty": False, **options}
    return stream(core.connect_get_namespaced_pod_exec, name, "default", command=command, **wanted)


def test_the_official_client_runs_commands(core, web):
    """Its plainest form: all output as text."""
    assert execute(core, web, ["sh", "-c", "echo out; echo err >&2"]).split() == ["out", "err"]


def test_the_official_client_talks_and_reads_the_exit_code(core, web):
    """Channels one by one, both ways; the code is found in the Status."""
    with_stdin = {"stdin": True, "_preload_content": False}
    talk = execute(core, web, ["sh", "-c", "read word; echo got $word; exit 5"], **with_stdin)
    talk.write_stdin("hello\n")
    assert talk.readline_stdout(timeout=10) == "got hello"
    talk.run_forever(timeout=10)
    assert talk.returncode == 5
    talk.close()


def test_the_official_client_forwards_ports(core, web):
    """By the older channels."""
    from kubernetes.stream import portforward

    forward = portforward(core.connect_get_namespaced_pod_portforward, web, "default", ports="80")
    connection = forward.socket(80)
    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    answer = b""
    while b"pod: web" not in answer:
        piece = connection.recv(4096)
        assert piece, answer
        answer += piece
    forward.close()


def test_the_official_client_reads_logs(core, web):
    """Text as it is."""
    assert core.read_namespaced_pod_log(web, "default") == "port 80: listening\n"


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

    async with (
        aiohttp.ClientSession(connector=connector, headers=headers) as session,
        asyncio.TaskGroup() as group,
    ):
        for number in range(count):
            group.create_task(one(session, number))


def test_many_execs_leave_nothing(lab, web):
    """200 of them: no descriptor of the API or the agent stays, and no process of the pod."""
    asyncio.run(exec_many(lab, AT_ONCE))  # what is made once and kept is made now
    before = watched(lab)
    asyncio.run(exec_many(lab, MANY))
    for _ in range(100):
        if all(now <= then for now, then in zip(watched(lab), before, strict=True)):
            return
        lab.run("node-1", "sleep", "0.05")
    assert watched(lab) <= before


def watched(lab):
    return (
        descriptors(lab, "mockcloud.kube"),
        descriptors(lab, "mockcloud.node", "node-1"),
        lab.ask(op="pids")["count"],
    )
