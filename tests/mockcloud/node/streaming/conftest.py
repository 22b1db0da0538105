"""The agent's server over a pod whose container is this machine: programs are real, namespaces are not."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import termios
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import test_utils

from mockcloud.node.measuring.usage import PodProcesses
from mockcloud.node.pods.spec import ContainerSpec
from mockcloud.node.runtime.exec_attach import (
    Attachment,
    CannotStart,
    ContainerAccess,
    Execution,
    NoContainer,
)
from mockcloud.node.streaming.server import KubeletServer

TOKEN = "secret"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class RunningContainer:
    """Starts programs here; a container's own streams are pipes that the test holds."""

    def __init__(self):
        self.running = []
        self.attached = []
        self.stdin = None
        self.stdin_ended = 0

    async def enter(self, container, entry, fds):
        def own_terminal():
            if entry.tty:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        try:
            process = await asyncio.create_subprocess_exec(
                *entry.argv,
                **dict(zip(("stdin", "stdout", "stderr"), fds, strict=True)),
                start_new_session=True,
                preexec_fn=own_terminal,
            )
        except FileNotFoundError as error:
            raise CannotStart(str(error)) from error
        self.running.append(process)

        def send(number):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)

        return Execution(asyncio.ensure_future(process.wait()), send)

    async def attach(self, container, out, err, known):
        if self.attached is None:
            msg = "it has just ended"
            raise NoContainer(msg)
        self.attached += [os.dup(fd) for fd in (out, err) if fd is not None]

        def end():
            self.stdin_ended += 1

        return Attachment(self.stdin, end)


@dataclass
class Pod:
    """One pod with one container, as the server sees it."""

    door_: ContainerAccess
    listed: list = field(default_factory=list)
    dialled: list = field(default_factory=list)
    port: int = 0

    def statuses(self):
        return self.listed

    def door(self, container):
        return self.door_ if container == self.door_.spec.name else None

    async def dial(self, port):
        self.dialled.append(port)
        return await asyncio.open_connection("127.0.0.1", self.port)

    def change(self, **fields):
        self.door_ = replace(self.door_, **fields)


class Kubelet:
    """A server, its one pod, and a client that may ask it."""

    def __init__(self, folder: Path):
        self.inside = RunningContainer()
        spec = ContainerSpec("main", "busybox")
        self.pod = Pod(ContainerAccess(spec, 0, running=True, folder=folder, inside=self.inside))
        self.folder = folder
        self.client = None

    def find(self, namespace, name):
        return self.pod if (namespace, name) == ("default", "web") else None

    def objects(self):
        return [{"metadata": {"name": "web", "namespace": "default"}}]

    def processes(self):
        """This process's parent plays the holder, and the program that it holds."""
        return [PodProcesses(("default", "web"), os.getpid(), {"main": os.getppid()})]

    def channels(self, path, protocol="v5.channel.k8s.io"):
        """A WebSocket to the path, as a context; without a protocol no name of one is sent."""
        return self.client.ws_connect(path, protocols=[protocol] if protocol else [], headers=HEADERS)

    async def refusal(self, path, **headers):
        """Status and text of the answer to a GET."""
        async with self.client.get(path, headers={**HEADERS, **headers}) as response:
            return response.status, await response.text()

    def write_log(self, run, content):
        path = self.folder / "logs" / "main" / f"{run}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as log:
            log.write(content)
        return path


@pytest.fixture(scope="session")
def lab(start_lab):
    """One lab for all tests of this folder that need one: they keep to pods of their own."""
    made = start_lab()
    yield made
    made.close()


@pytest.fixture
async def kubelet(tmp_path):
    """A kubelet's server over one pod, default/web, with one container, main."""
    made = Kubelet(tmp_path)
    server = KubeletServer(made, TOKEN, lambda: 1_767_225_606.0, tmp_path)  # 2026-01-01T00:00:06Z
    served = test_utils.TestServer(server.app)
    await served.start_server(shutdown_timeout=0.5)
    async with test_utils.TestClient(served) as client:
        made.client = client
        yield made
    for process in made.inside.running:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()


@pytest.fixture
def until():
    """Waits for what nobody signals."""

    async def wait(question, seconds=60.0):
        async with asyncio.timeout(seconds):
            while not question():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    return wait


class Said:
    """What a server said on its channels, to its close."""

    def __init__(self, messages, close_code):
        self.close_code = close_code
        self.messages = messages

    def on(self, channel):
        return b"".join(data[1:] for data in self.messages if data[0] == channel)

    @property
    def status(self):
        return json.loads(self.on(3))


@pytest.fixture
def hear_all():
    """Reads a client's WebSocket to its end."""

    async def hear(socket):
        messages = [message.data async for message in socket]
        return Said(messages, socket.close_code)

    return hear
