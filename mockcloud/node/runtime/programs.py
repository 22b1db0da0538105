"""The programs of one pod, as its machine sees them: launch, signal, enter, and how each goes on and ends."""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal

from mockcloud.node.container_config.launch import READY_FD, Prepared
from mockcloud.node.pods.machine import Run
from mockcloud.node.pods.spec import Exec
from mockcloud.node.runtime.exec_attach import (
    Attachment,
    CannotStart,
    Entry,
    Execution,
    NoContainer,
    log_path,
)
from mockcloud.node.runtime.prober import MOST_ANSWER, Answer
from mockcloud.node.sandbox.holder import (
    Attached,
    Exited,
    Lost,
    NotAttached,
    Process,
    Report,
    Start,
    Started,
    StartFailed,
)
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
    """Runs what a pod runs by its holder. `on_news` hears of containers; what others start is awaited."""

    def __init__(
        self, sandbox: Sandbox, on_news: Callable[[News], None], processes: Iterable[Process] = ()
    ) -> None:
        """`processes` is what runs already, where an agent before us made the sandbox."""
        self._sandbox = sandbox
        self._on_news = on_news
        self._ready: dict[str, int] = {}  # name -> the descriptor on which it will say that it serves
        self._unready: dict[str, Process] = {}  # started, and not yet serving
        self._running: dict[str, str] = {}  # container -> the name of the run that can be entered
        self._starting: dict[str, asyncio.Future[None]] = {}  # what others start
        self._entered: dict[str, asyncio.Future[int]] = {}
        self._attaching: deque[asyncio.Future[int | None]] = deque()
        self._closed = False
        sandbox.holder.listen(self._hear)
        for process in processes:
            self._take_over(process)

    def launch(self, container: str, attempt: int, prepared: Prepared, view: int) -> None:
        """Start a container's program in its mount view; news follow."""
        name = f"{container}/{attempt}"
        log = self._log(container, attempt)
        fds: dict[int | Literal["view"], int] = {"view": view}
        with contextlib.ExitStack() as stack:
            if prepared.says_ready:
                self._ready[name], fds[READY_FD] = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
                stack.callback(os.close, fds[READY_FD])
            self._sandbox.holder.start(replace(prepared.start, name=name, log=log), fds)
        if attempt > 1:
            self._sandbox.holder.forget(f"{container}/{attempt - 2}")

    def signal(self, container: str, attempt: int, number: int) -> None:
        """Signal a container's program."""
        self._sandbox.holder.signal(f"{container}/{attempt}", number)

    async def enter(self, container: str, entry: Entry, fds: Sequence[int]) -> Execution:
        """Start something beside a container's program (see `entering`)."""
        name = f"{EXEC}/{secrets.token_hex(8)}"
        loop = asyncio.get_running_loop()
        start = Start(name, entry.argv, dict(entry.env), within=self._run_of(container), tty=entry.tty)
        self._starting[name], self._entered[name] = loop.create_future(), loop.create_future()
        self._sandbox.holder.start(start, dict(enumerate(fds)))
        try:
            await self._starting[name]
        except asyncio.CancelledError:  # whoever asked for it has left
            self._sandbox.holder.signal(name, signal.SIGKILL)
            raise
        return Execution(self._entered[name], partial(self._sandbox.holder.signal, name))

    async def attach(self, container: str, out: int, err: int | None, known: int) -> Attachment:
        """Hear what a container's program writes (see `entering`)."""
        name = self._run_of(container)
        answer = asyncio.get_running_loop().create_future()
        self._attaching.append(answer)
        fds = {"stdout": out} if err is None else {"stdout": out, "stderr": err}
        self._sandbox.holder.attach(name, fds, known)
        return Attachment(await answer, partial(self._sandbox.holder.close_stdin, name))

    async def execute(self, container: str, action: Exec, timeout: float) -> Answer:
        """Run a command in the container, as an exec probe does: its exit code within `timeout` decides."""
        with contextlib.ExitStack() as stack:
            answer, theirs = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            stack.callback(os.close, answer)
            null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            try:
                async with asyncio.timeout(timeout):
                    running = await self._probe(container, action, (null, theirs))
                    code = await running.wait()
            except TimeoutError:
                return Answer(ok=False, output=f"command timed out: {' '.join(action.command)!r}")
            except (NoContainer, CannotStart) as error:
                return Answer(ok=False, output=str(error))
            return Answer(ok=code == 0, output=_read_all(answer))

    def close(self) -> None:
        """Hear no more."""
        self._closed = True
        for name in list(self._ready):
            self._close_ready(name)
        waiting: list[asyncio.Future[Any]] = [*self._starting.values(), *self._attaching]
        for one in waiting:
            if not one.done():
                one.set_exception(NoContainer("the pod is gone"))
        for done in self._entered.values():
            if not done.done():
                done.set_result(-signal.SIGKILL)

    def _run_of(self, container: str) -> str:
        if self._closed or container not in self._running:
            msg = f'container not found ("{container}")'
            raise NoContainer(msg)
        return self._running[container]

    def _take_over(self, process: Process) -> None:
        container = process.name.rpartition("/")[0]
        if process.exited is not None:
            return
        if container == EXEC:  # whoever asked for it went with the agent before us
            self._sandbox.holder.signal(process.name, signal.SIGKILL)
        else:
            self._running[container] = process.name

    def _log(self, container: str, attempt: int) -> str:
        """The path of the run's log, in the pod's folder; of earlier runs, only the last one's stays."""
        path = log_path(self._sandbox.folder, container, attempt)
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob("*.log*"):
            number = old.name.partition(".")[0]
            if number.isdecimal() and int(number) < attempt - 1:
                old.unlink(missing_ok=True)
        return str(path.relative_to(self._sandbox.folder))

    async def _probe(self, container: str, action: Exec, fds: tuple[int, int]) -> Execution:
        null, theirs = fds
        try:
            running = await self.enter(container, Entry(action.command, {}), (null, theirs, theirs))
        finally:
            os.close(null)
            os.close(theirs)
        return running

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
            case Attached() | NotAttached():
                self._on_attached(report)
            case Lost():
                self.close()
                self._on_news(report)

    def _on_started(self, process: Process) -> None:
        container = process.name.rpartition("/")[0]
        if container == EXEC:
            starting = self._starting.pop(process.name, None)
            if starting is not None and not starting.done():
                starting.set_result(None)
            return
        self._running[container] = process.name
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
            done = self._entered.pop(process.name, None)
            if done is not None and not done.done():
                done.set_result(process.code)
            return
        if self._running.get(container) == process.name:
            del self._running[container]
        self._close_ready(process.name)
        if (started := self._unready.pop(process.name, None)) is not None:
            self._tell_ran(started)
        assert process.exited is not None
        self._on_news(Ended(container, process.code, process.exited))

    def _on_failed(self, name: str, error: str) -> None:
        container, _, attempt = name.rpartition("/")
        if container == EXEC:
            self._entered.pop(name, None)
            starting = self._starting.pop(name, None)
            if starting is not None and not starting.done():
                starting.set_exception(CannotStart(error))
            return
        self._close_ready(name)
        self._on_news(NotStarted(container, int(attempt), error))

    def _on_attached(self, report: Attached | NotAttached) -> None:
        """The holder answers in the order in which it was asked."""
        answer = self._attaching.popleft()
        if isinstance(report, NotAttached):
            if not answer.done():
                answer.set_exception(NoContainer(f"{report.name} does not run"))
        elif not answer.done():
            answer.set_result(report.stdin)
        elif report.stdin is not None:
            os.close(report.stdin)

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
