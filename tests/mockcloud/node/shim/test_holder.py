"""A pod's holder, by the client that the agent uses, in namespaces of its own; without a view of files."""

import asyncio
import fcntl
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from mockcloud.node.container_config.launch import PYTHON
from mockcloud.node.sandbox.holder import (
    Attached,
    Exited,
    HolderClient,
    HolderGone,
    Lost,
    NotAttached,
    Start,
    Started,
    StartFailed,
)
from mockcloud.node.sandbox.maker import START

ENV = {"PATH": os.environ["PATH"]}


class Running:
    """A holder in a folder, and an agent's connection to it with a queue of what it reports."""

    def __init__(self, folder, before):
        self.folder = folder
        (folder / "record.json").write_text("{}")
        lock = os.open(folder / "record.json", os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        ready, theirs = os.pipe()
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        words = [*map(str, (lock, place, theirs)), "0", "1", "pod", "own"]
        self.process = subprocess.Popen(
            [*before, *PYTHON, str(START), "node.shim:holder", *words],
            pass_fds=(lock, place, theirs),
            start_new_session=True,
        )
        for fd in (lock, place, theirs):
            os.close(fd)
        with os.fdopen(ready) as said:
            assert said.readline() == f"{self.process.pid}\n"
            assert said.readline() == "\n"

    def connect(self):
        self.client, self.processes = HolderClient.connect(self.folder)
        self.reports = asyncio.Queue()
        self.client.listen(self.reports.put_nowait)

    def start(self, name, *argv, cwd="/"):
        with (self.folder / "out").open("ab") as out, open(os.devnull) as null:
            self.client.start(
                Start(name, argv, ENV, cwd), {0: null.fileno(), 1: out.fileno(), 2: out.fileno()}
            )

    def contain(self, name, script, env=None, **wishes):
        """A shell whose output the holder keeps, as for a container."""
        (self.folder / "logs").mkdir(exist_ok=True)
        argv = ("sh", "-c", script)
        self.client.start(Start(name, argv, {**ENV, **(env or {})}, log="logs/0.log", **wishes), {})

    def logged(self):
        """The text of the lines, by stream."""
        found = [line.split(" ", 3) for line in (self.folder / "logs" / "0.log").read_text().splitlines()]
        return [(stream, text) for _, stream, _, text in found]

    async def run_within(self, name, script, container="web/0", env=None):
        """What a command prints that is started in a container, and its report."""
        heard, told = os.pipe()
        start = Start(name, ("sh", "-c", script), env or {}, within=container)
        self.client.start(start, {1: told, 2: told})
        os.close(told)
        reports = [await self.report()]
        if isinstance(reports[0], Started):
            reports.append(await self.report())
        with os.fdopen(heard, "rb") as file:
            return file.read().decode(), reports[-1]

    async def report(self):
        async with asyncio.timeout(60):
            return await self.reports.get()


@pytest.fixture
async def running(tmp_path, as_root_of_a_namespace):
    made = Running(tmp_path, as_root_of_a_namespace)
    made.connect()
    yield made
    made.client.quit()
    made.client.close()
    made.process.wait(60)


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


async def test_a_containers_children_are_its_main_programs_to_end(running):
    """Pods are stopped by SIGTERM to the main program alone, which may have them finish their work first."""
    script = "trap 'kill -0 $! && echo its child lives; exit 3' TERM; sleep 100 & echo up; wait"
    running.contain("web/0", script)
    await running.report()
    while not running.logged():
        await running.run_within("exec/1", "true")
    running.client.signal("web/0", signal.SIGTERM)
    ended = await running.report()
    assert ended.process.code == 3
    assert running.logged() == [("stdout", "up"), ("stdout", "its child lives")]


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
        running.process.wait(60)
        fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with pytest.raises(HolderGone, match="does not answer"):
        HolderClient.connect(running.folder)


async def test_a_containers_output_is_logged_before_its_end_is_told(running):
    """Both streams, also what came with the last breath."""
    running.contain("web/0", "echo out; echo err >&2; printf last")
    assert isinstance(await running.report(), Started)
    assert isinstance(await running.report(), Exited)
    assert sorted(running.logged()) == [("stderr", "err"), ("stdout", "last"), ("stdout", "out")]


async def test_what_a_container_left_behind_ends_with_it(running):
    """As its namespace's end would do it."""
    heard, told = os.pipe()
    (running.folder / "logs").mkdir()
    running.client.start(Start("web/0", ("sh", "-c", "sleep 100 &"), ENV, log="logs/0.log"), {3: told})
    os.close(told)
    await running.report()
    await running.report()
    with os.fdopen(heard, "rb") as file:
        assert file.read() == b""  # the end: nobody has the other end any more


async def test_a_process_within_a_container_has_its_environment_and_directory(running):
    """Laid over by what is given; its own program's name and code are told."""
    running.contain("web/0", "sleep 100", env={"A": "1", "B": "2"}, cwd="/usr")
    await running.report()
    said, report = await running.run_within("exec/1", "echo $A $B $PWD; exit 3", env={"B": "3"})
    assert said == "1 3 /usr\n"
    assert (report.process.name, report.process.code) == ("exec/1", 3)
    _, report = await running.run_within("exec/2", "true", container="web/7")
    assert report == StartFailed("exec/2", "container web/7 is not running")


@pytest.mark.parametrize("wishes", [{}, {"stdin": True}, {"stdin": True, "tty": True}], ids=str)
async def test_a_program_has_its_three_descriptors_and_no_other(running, wishes):
    """Neither a container's nor one that is started within it: what the agent sent along is not theirs."""
    look = "for fd in $(seq 0 99); do test -h /proc/self/fd/$fd && printf '%s ' $fd; done; echo"
    running.contain("web/0", f"{look}; exec sleep 100", **wishes)
    await running.report()
    said, _ = await running.run_within("exec/1", look)
    assert said.split() == ["0", "1", "2"]
    while not running.logged():
        await running.run_within("exec/2", "true")
    assert [text.strip() for _, text in running.logged()] == ["0 1 2"]


async def test_one_can_attach_to_a_container_and_speak_to_it(running):
    """What it writes comes; what is written to its standard input it reads, until that is ended."""
    running.contain("web/0", "while read line; do echo got $line; done; echo bye", stdin=True)
    await running.report()
    heard, told = os.pipe()
    running.client.attach("web/0", {"stdout": told})
    os.close(told)
    attached = await running.report()
    assert isinstance(attached, Attached)
    os.write(attached.stdin, b"this\n")
    assert os.read(heard, 100) == b"got this\n"
    os.close(attached.stdin)
    running.client.close_stdin("web/0")
    assert isinstance(await running.report(), Exited)
    with os.fdopen(heard, "rb") as file:
        assert file.read() == b"bye\n"
    assert running.logged() == [("stdout", "got this"), ("stdout", "bye")]
    running.client.attach("web/0", {})
    assert await running.report() == NotAttached("web/0")


async def test_a_container_may_have_a_terminal(running):
    """Its input and output are one; who attaches holds the outer end."""
    running.contain("web/0", "test -t 0 && read x && echo $x", stdin=True, tty=True)
    await running.report()
    running.client.attach("web/0", {})
    attached = await running.report()
    os.write(attached.stdin, b"typed\n")
    ended = await running.report()
    assert (type(ended), ended.process.code) == (Exited, 0)
    assert [text.strip() for _, text in running.logged()] == ["typed", "typed"]  # the echo, then the answer
    os.close(attached.stdin)


async def test_our_own_programs_need_no_new_interpreter(running):
    """They run in a fork, as what `ps` calls by their own words, and serve as they would."""
    argv = (*PYTHON, str(START), "images.programs:http", "--port", "0")
    heard, told = os.pipe()
    (running.folder / "logs").mkdir()
    env = {**ENV, "READY_FD": "3", "POD_NAME": "web-1"}
    running.client.start(Start("web/0", argv, env, log="logs/0.log"), {3: told})
    os.close(told)
    await running.report()
    with os.fdopen(heard, "rb") as file:
        assert file.read() == b"\n"
    assert json.loads((running.folder / "logs" / "environment.json").read_text()) == env
    pid = (running.folder / "logs" / "pid").read_text()
    words = await asyncio.to_thread(Path(f"/proc/{pid}/cmdline").read_bytes)
    assert words.startswith(b"http --port 0\0")
    running.client.signal("web/0", signal.SIGTERM)
    ended = await running.report()
    assert ended.process.code == 0


async def test_an_environment_may_be_longer_than_a_packet(running):
    """Thousands of Services make thousands of variables."""
    running.contain("web/0", "echo $LAST", env={f"V{n}": "x" * 90 for n in range(9000)} | {"LAST": "here"})
    await running.report()
    await running.report()
    assert running.logged() == [("stdout", "here")]
