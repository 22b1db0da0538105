"""Pipes and terminals read and written without blocking the loop, a piece at a time."""

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mockcloud.node.streaming.protocols.channels import Channel, Size

AT_ONCE: Final = 32 << 10  # bytes
# Python's termios lacks these; the same on all architectures but a few (alpha, mips, powerpc, sparc).
TIOCSPTLCK: Final = 0x4004_5431
TIOCGPTPEER: Final = 0x5441


class ReadEnd:
    """Where something is read; the descriptor is ours."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._last = False
        self._wake: asyncio.Future[None] | None = None

    async def read(self) -> bytes:
        """The next bytes; none at the end."""
        while True:
            try:
                return os.read(self._fd, AT_ONCE)
            except BlockingIOError:
                if self._last:
                    return b""
            except OSError:  # a terminal that its last user has closed
                return b""
            loop = asyncio.get_running_loop()
            self._wake = loop.create_future()
            await _until(self._wake, self._fd, loop.add_reader, loop.remove_reader)

    def finish(self) -> None:
        """Nobody who counts writes any more: what is there now is the last."""
        self._last = True
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def close(self) -> None:
        """Give it back; no read may be under way."""
        os.close(self._fd)


class WriteEnd:
    """Where something is written; the descriptor is ours."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd

    async def write(self, data: bytes) -> None:
        """Write all of it, as fast as it is read; BrokenPipeError where nobody reads."""
        loop = asyncio.get_running_loop()
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                await _until(loop.create_future(), self._fd, loop.add_writer, loop.remove_writer)

    def resize(self, size: Size) -> None:
        """Tell the terminal behind it its size; nothing where there is none."""
        with contextlib.suppress(OSError):
            fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size.height, size.width, 0, 0))

    def close(self) -> None:
        """Its reader gets the end of the file."""
        os.close(self._fd)


async def _until(
    ready: asyncio.Future[None],
    fd: int,
    add: Callable[..., None],
    remove: Callable[[int], bool],
) -> None:
    def on_ready() -> None:
        if not ready.done():
            ready.set_result(None)

    add(fd, on_ready)
    try:
        await ready
    finally:
        remove(fd)


@dataclass(slots=True)
class Stdio:
    """Our ends of a program's standard streams, and its own ends until it has them."""

    stdin: WriteEnd | None = None
    terminal: WriteEnd | None = None  # to be resized
    outputs: dict[Channel, ReadEnd] = field(default_factory=dict)
    theirs: dict[int, int] = field(default_factory=dict)  # by the program's number
    on_stdin_end: Callable[[], None] | None = None  # told when nobody will write there any more

    def hand_over(self) -> None:
        """The program has its ends: ours of them are of no more use."""
        for fd in set(self.theirs.values()):
            os.close(fd)
        self.theirs.clear()

    def resize(self, size: Size) -> None:
        """The terminal's user sees it so large; nothing where there is none."""
        if self.terminal is not None:
            self.terminal.resize(size)

    def end_stdin(self) -> None:
        """The client will write no more."""
        if self.stdin is not None:
            self.stdin.close()
            self.stdin = None
            if self.on_stdin_end is not None:
                self.on_stdin_end()

    def close(self) -> None:
        """The program reads the end of the file, gets SIGPIPE, or its terminal hangs up."""
        self.hand_over()
        self.end_stdin()
        for end in (self.terminal, *self.outputs.values()):
            if end is not None:
                end.close()
        self.terminal, self.outputs = None, {}


def terminal(root: Path | None = None) -> Stdio:
    """A terminal as all three streams, of the /dev/pts below `root`, so that programs there know its name."""
    try:
        ours, theirs = _terminal_of(root) if root else os.openpty()
    except OSError:  # no /dev/pts of its own
        ours, theirs = os.openpty()
    return Stdio(
        stdin=WriteEnd(_duplicate(ours)),
        terminal=WriteEnd(_duplicate(ours)),
        outputs={Channel.STDOUT: ReadEnd(ours)},
        theirs=dict.fromkeys((0, 1, 2), theirs),
    )


def _terminal_of(root: Path) -> tuple[int, int]:
    """A new terminal's outer and inner end (pts(4), ioctl_tty(2))."""
    ours = os.open(root / "dev/pts/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(ours, TIOCSPTLCK, struct.pack("i", 0))
        return ours, fcntl.ioctl(ours, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        os.close(ours)
        raise


def _duplicate(fd: int) -> int:
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 0)


def pipes(wanted: Mapping[Channel, bool]) -> Stdio:
    """A pipe for each stream that is wanted; the others lead nowhere."""
    made = Stdio()
    for channel in (Channel.STDIN, Channel.STDOUT, Channel.STDERR):
        if not wanted.get(channel):
            made.theirs[channel] = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            continue
        reading, writing = os.pipe2(os.O_CLOEXEC)
        if channel is Channel.STDIN:
            made.stdin, made.theirs[channel] = WriteEnd(writing), reading
        else:
            made.outputs[channel], made.theirs[channel] = ReadEnd(reading), writing
    return made
