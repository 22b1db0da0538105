"""SIGINT (Ctrl-C), SIGTERM and SIGHUP end a program in order: at any moment, and leaving nothing half done.

By default the last two kill at once, and Ctrl-C raises between any two instructions: between a process that
has just been started and the line that would have remembered it. Here all three raise `Interrupted`, in the
main thread, but never inside `deferred()`. The first one counts; those that follow it must not stop the
cleaning up, and are not heeded.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from types import FrameType

T = TypeVar("T")

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """One of the signals came; whoever heeds Ctrl-C heeds the others, too."""

    def __init__(self, number: int) -> None:
        """The signal's number."""
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """As a shell says it."""
        return 128 + self.number


@dataclass(slots=True)
class _Process:
    """What this process knows of its signals; there is one set of handlers in a process, so one of these."""

    depth: int = 0  # inside so many `deferred()`
    arrived: int = 0  # the first signal; 0: none
    raised: bool = False  # it has been, so what runs now is the cleaning up
    finished: bool = False
    asked: list[Callable[[], object]] = field(default_factory=list)  # called when it comes

    def arrive(self, number: int, _frame: FrameType | None) -> None:
        if self.arrived:
            return
        self.arrived = number
        for call in self.asked:
            call()
        self.check()

    @property
    def pending(self) -> bool:
        return self.arrived != 0 and not self.raised

    def check(self) -> None:
        if self.pending and not self.depth:
            self.raised = True
            raise Interrupted(self.arrived)


_HERE: Final = _Process()


@contextmanager
def interruptions() -> Iterator[None]:
    """While it lasts the signals raise `Interrupted`, except those that are ignored already (nohup)."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    heeded = [each for each, handler in before.items() if handler is not signal.SIG_IGN]
    outer, (_HERE.arrived, _HERE.raised) = (_HERE.arrived, _HERE.raised), (0, False)
    for each in heeded:
        signal.signal(each, _HERE.arrive)
    try:
        yield
    finally:
        for each in [] if _HERE.finished else heeded:
            signal.signal(each, before[each])
        _HERE.arrived, _HERE.raised = outer


@contextmanager
def deferred(asked: Callable[[], object] | None = None) -> Iterator[None]:
    """No `Interrupted` inside: it is raised at the end, in place of any error that there was.

    `asked` is called when a signal comes, or at once where one is waiting: it may shorten what is inside.
    """
    _HERE.depth += 1
    try:
        if asked is not None:
            _HERE.asked.append(asked)
            if _HERE.pending:
                asked()
        yield
    finally:
        if asked is not None:
            _HERE.asked.remove(asked)
        _HERE.depth -= 1
        _HERE.check()


@contextmanager
def undeferred() -> Iterator[None]:
    """Inside `deferred()`: here `Interrupted` may be raised after all."""
    depth, _HERE.depth = _HERE.depth, 0
    try:
        _HERE.check()
        yield
    finally:
        _HERE.depth = depth


def finish() -> None:
    """What this process was asked for is done, and it is about to exit: a signal comes too late for it."""
    _HERE.raised = _HERE.finished = True
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def run(main: Coroutine[object, object, T]) -> T:
    """As asyncio.run; a signal cancels `main`, and `Interrupted` is raised when it has ended."""

    async def cancellable() -> T:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        cancel = task.cancel
        with deferred(lambda: loop.call_soon_threadsafe(cancel)):
            return await main

    try:
        with deferred():
            return asyncio.run(cancellable())
    except asyncio.CancelledError:
        _HERE.check()
        raise
