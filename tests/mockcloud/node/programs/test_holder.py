"""A pod's holder, by the client that the agent uses, without namespaces."""

import asyncio
import fcntl
import os
import signal
import subprocess

import pytest

from mockcloud.node.runtime.launch import PYTHON
from mockcloud.node.sandbox.holder import Exited, HolderClient, HolderGone, Lost, Start, Started, StartFailed
from mockcloud.node.sandbox.maker import PROGRAMS

ENV = {"PATH": os.environ["PATH"]}


class Running:
    """A holder in a folder, and an agent's connection to it with a queue of what it reports."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "record.json").write_text("{}")
        lock = os.open(folder / "record.json", os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready, theirs = os.pipe()
        self.process = subprocess.Popen(
            [*PYTHON, str(PROGRAMS / "start.py"), "holder", str(lock), str(theirs)],
            cwd=folder,
            pass_fds=(lock, theirs),
            start_new_session=True,
        )
        os.close(lock)
        os.close(theirs)
        assert os.read(ready, 1) == b"\n"
        os.close(ready)

    def connect(self):
        self.client, self.processes = HolderClient.connect(self.folder)
        self.reports = asyncio.Queue()
        self.client.listen(self.reports.put_nowait)

    def start(self, name, *argv, cwd="/"):
        with (self.folder / "out").open("ab") as out, open(os.devnull) as null:
            self.client.start(
                Start(name, argv, ENV, cwd), {0: null.fileno(), 1: out.fileno(), 2: out.fileno()}
            )

    async def report(self):
        async with asyncio.timeout(5):
            return await self.reports.get()


@pytest.fixture
async def running(tmp_path):
    made = Running(tmp_path)
    made.connect()
    yield made
    made.client.quit()
    made.client.close()
    made.process.wait(5)


async def test_a_program_runs_and_its_end_is_told(running):
    """Started, then exited with its code; its output goes where it was sent."""
    running.start("web/0", "sh", "-c", "echo hello; exit 3")
    assert isinstance(await running.report(), Started)
    ended = await running.report()
    assert isinstance(ended, Exited)
    assert (ended.process.name, ended.process.code) == ("web/0", 3)
    assert (running.folder / "out").read_text() == "hello\n"


async def test_a_program_that_is_not_there_is_told(running):
    """The name, and why; also for a working directory that is not there."""
    running.start("web/0", "no-such-program")
    assert await running.report() == StartFailed(
        "web/0", "no-such-program: executable file not found in $PATH"
    )
    running.start("web/1", "true", cwd="/no/such/folder")
    assert await running.report() == StartFailed("web/1", "/no/such/folder: No such file or directory")
    running.start("web/2", "a\0b")
    failed = await running.report()
    assert isinstance(failed, StartFailed)


async def test_a_signal_reaches_the_program_and_its_children(running):
    """The whole session, so that a shell's children go with it."""
    running.start("web/0", "sh", "-c", "sleep 100 & wait")
    await running.report()
    running.client.signal("web/0", signal.SIGTERM)
    ended = await running.report()
    assert isinstance(ended, Exited)
    assert ended.process.code == -signal.SIGTERM


async def test_what_ends_while_no_agent_is_there_is_kept_until_forgotten(running):
    """An agent that comes back learns of every program; what it forgets, it hears of no more."""
    running.start("web/0", "sh", "-c", "exit 4")
    await running.report()
    await running.report()
    running.start("web/1", "sleep", "100")
    await running.report()
    running.client.close()
    running.connect()
    assert [(one.name, one.exited is None, one.code) for one in running.processes] == [
        ("web/0", False, 4),
        ("web/1", True, 0),
    ]
    running.client.forget("web/0")
    running.client.close()
    running.connect()
    assert [one.name for one in running.processes] == ["web/1"]
    running.client.signal("web/1", signal.SIGKILL)
    await running.report()


async def test_the_lock_says_whether_the_pod_lives(running):
    """The record is locked as long as the holder runs; its end is told as Lost."""
    with (running.folder / "record.json").open() as record:
        with pytest.raises(BlockingIOError):
            fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
        running.process.kill()
        assert await running.report() == Lost()
        running.process.wait(5)
        fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with pytest.raises(HolderGone, match="does not answer"):
        HolderClient.connect(running.folder)
