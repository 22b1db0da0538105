"""The programs of one pod, as its machine sees them: launch, signal, exec, and how each goes on and ends."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from mockcloud.node.pods.machine import Run
from mockcloud.node.pods.spec import Exec
from mockcloud.node.runtime.launch import PATH, Prepared, open_log
from mockcloud.node.runtime.prober import MOST_ANSWER, Answer
from mockcloud.node.sandbox.holder import Exited, Lost, Process, Report, Start, Started, StartFailed
from mockcloud.node.sandbox.maker import Sandbox

LOG: Final = logging.getLogger(__name__)
# A program that never says that it serves is taken to run after so long.
READY_SECONDS: Final = 5.0
EXEC: Final = "exec"


@dataclass(frozen=True, slots=True)
class Ran:
    """A container's program runs (and, where it can tell, serves)."""

    container: str
    attempt: int
    at: float


@dataclass(frozen=True, slots=True)
class NotStarted:
    container: str
    attempt: int
    why: str


@dataclass(frozen=True, slots=True)
class Ended:
    container: str
    code: int
    at: float


News = Ran | NotStarted | Ended | Lost


def container_runs(processes: Iterable[Process]) -> list[Run]:
    """What a holder says of its containers' programs, oldest first."""
    found = []
    for process in sorted(processes, key=lambda one: one.started):
        container, _, attempt = process.name.rpartition("/")
        if container != EXEC:
            found.append(Run(container, int(attempt), process.started, process.exited, process.code))
    return found


class PodPrograms:
    """Runs what a pod runs by its holder. `on_news` hears of containers; exec is awaited."""

    def __init__(self, sandbox: Sandbox, on_news: Callable[[News], None]) -> None:
        self._sandbox = sandbox
        self._on_news = on_news
        self._ready: dict[str, int] = {}  # name -> the descriptor on which it will say that it serves
        self._unready: dict[str, Process] = {}  # started, and not yet serving
        self._execs: dict[str, asyncio.Future[int]] = {}
        self._count = 0
        self._closed = False
        sandbox.holder.listen(self._hear)

    def launch(self, container: str, attempt: int, prepared: Prepared) -> None:
        """Start a container's program; news follow."""
        name = f"{container}/{attempt}"
        plan = prepared.start
        start = Start(name, plan.argv, plan.env, plan.cwd)
        with contextlib.ExitStack() as stack:
            null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, null)
            log = open_log(self._sandbox.folder, container)
            stack.callback(os.close, log)
            fds = [null, log, log]
            if prepared.says_ready:
                self._ready[name], theirs = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
                stack.callback(os.close, theirs)
                fds.append(theirs)
            self._sandbox.holder.start(start, fds)
        if attempt > 1:
            self._sandbox.holder.forget(f"{container}/{attempt - 2}")

    def signal(self, container: str, attempt: int, number: int) -> None:
        """Signal a container's program."""
        self._sandbox.holder.signal(f"{container}/{attempt}", number)

    async def execute(self, action: Exec, timeout: float) -> Answer:
        """Run a command in the pod, as an exec probe does: its exit code within `timeout` seconds decides."""
        self._count += 1
        name = f"{EXEC}/{self._count}"
        done = asyncio.get_running_loop().create_future()
        self._execs[name] = done
        answer, theirs = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, answer)
            stack.callback(self._execs.pop, name, None)
            null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            self._sandbox.holder.start(Start(name, action.command, {"PATH": PATH}), [null, theirs, theirs])
            os.close(null)
            os.close(theirs)
            try:
                async with asyncio.timeout(timeout):
                    code = await done
            except TimeoutError:
                self._sandbox.holder.signal(name, 9)
                return Answer(ok=False, output=f"command timed out: {' '.join(action.command)!r}")
            except OSError as error:
                return Answer(ok=False, output=str(error))
            return Answer(ok=code == 0, output=_read_all(answer))

    def close(self) -> None:
        """Hear no more."""
        self._closed = True
        for name in list(self._ready):
            self._close_ready(name)
        for done in self._execs.values():
            if not done.done():
                done.set_exception(OSError("the pod is gone"))

    def _hear(self, report: Report) -> None:
        if self._closed:
            return
        match report:
            case Started(process):
                self._on_started(process)
            case Exited(process):
                self._on_exited(process)
            case StartFailed(name, error):
                self._on_failed(name, error)
            case Lost():
                self.close()
                self._on_news(report)

    def _on_started(self, process: Process) -> None:
        if process.name.startswith(f"{EXEC}/"):
            return
        ready = self._ready.get(process.name)
        if ready is None:
            self._tell_ran(process)
            return
        self._unready[process.name] = process
        loop = asyncio.get_running_loop()
        loop.add_reader(ready, self._on_ready, process.name)
        loop.call_later(READY_SECONDS, partial(self._on_ready, process.name, late=True))

    def _on_ready(self, name: str, *, late: bool = False) -> None:
        descriptor = self._ready.get(name)
        if descriptor is None:
            return
        said = b""
        with contextlib.suppress(BlockingIOError):
            said = os.read(descriptor, 1)
        self._close_ready(name)
        # The end of file without a word: it is about to exit.
        if (said or late) and (process := self._unready.pop(name, None)) is not None:
            self._tell_ran(process)

    def _on_exited(self, process: Process) -> None:
        container = process.name.rpartition("/")[0]
        if container == EXEC:
            self._sandbox.holder.forget(process.name)
            done = self._execs.get(process.name)
            if done is not None and not done.done():
                done.set_result(process.code)
            return
        self._close_ready(process.name)
        if (started := self._unready.pop(process.name, None)) is not None:
            self._tell_ran(started)
        assert process.exited is not None
        self._on_news(Ended(container, process.code, process.exited))

    def _on_failed(self, name: str, error: str) -> None:
        container, _, attempt = name.rpartition("/")
        if container == EXEC:
            done = self._execs.get(name)
            if done is not None and not done.done():
                done.set_exception(OSError(error))
            return
        self._close_ready(name)
        self._on_news(NotStarted(container, int(attempt), error))

    def _tell_ran(self, process: Process) -> None:
        container, _, attempt = process.name.rpartition("/")
        self._on_news(Ran(container, int(attempt), process.started))

    def _close_ready(self, name: str) -> None:
        descriptor = self._ready.pop(name, None)
        if descriptor is not None:
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)


def _read_all(descriptor: int) -> str:
    with contextlib.suppress(BlockingIOError):
        return os.read(descriptor, MOST_ANSWER).decode(errors="replace").strip()
    return ""
