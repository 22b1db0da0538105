"""exec and attach: a client's channels on one side, a program's standard streams on the other."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mockcloud.node.pods.spec import ContainerSpec
from mockcloud.node.runtime.exec_attach import (
    Attachment,
    CannotStart,
    ContainerAccess,
    Execution,
    NoContainer,
    log_path,
)
from mockcloud.node.streaming.connection import Connection, stay_awake
from mockcloud.node.streaming.descriptors import ReadEnd, Stdio, WriteEnd, pipes, terminal
from mockcloud.node.streaming.protocols.channels import Channel, ChannelError, Closed, Message, size

PID: Final = "pid"  # beside a container's logs: its first process, as /proc numbers it
UID_MAP: Final = Path("/proc/self/uid_map")
# How long a program whose client has left may take to notice the end of its streams.
LEAVE_SECONDS: Final = 1.0
# What a terminal still holds comes a moment after its program's end; most hang up at once.
TERMINAL_SECONDS: Final = 0.1
TERMINAL: Final = {"TERM": "xterm"}  # as containerd has it, whatever the client's is: nobody tells
# For `kubectl cp` into an ordinary user's pods: they have one uid, and GNU tar would give files to another.
ONE_UID: Final = {"TAR_OPTIONS": "--no-same-owner"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """Which streams the client asked for."""

    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool

    @property
    def any(self) -> bool:
        """Whether there is something to carry at all."""
        return self.stdin or self.stdout or self.stderr


async def execute(
    connection: Connection, container: ContainerAccess, command: Sequence[str], wishes: Wishes
) -> None:
    """Run a program in the container for the client; it ends when the client leaves."""
    channels = (Channel.STDIN, Channel.STDOUT, Channel.STDERR)
    wanted = dict(zip(channels, (wishes.stdin, wishes.stdout, wishes.stderr), strict=True))
    stdio = terminal(_root(container)) if wishes.tty else pipes(wanted)
    try:
        fds = [stdio.theirs[one] for one in channels]
        env = (ONE_UID if one_uid(UID_MAP.read_text()) else {}) | (TERMINAL if wishes.tty else {})
        process = await container.start(command, fds, tty=wishes.tty, env=env)
    except (NoContainer, CannotStart) as error:
        stdio.close()
        await connection.failed(f"error executing command in container: failed to exec in container: {error}")
        return
    except BaseException:
        stdio.close()
        raise
    stdio.hand_over()
    try:
        code = await _converse(connection, stdio, _end_of(process, stdio, late=wishes.tty))
        if code is not None:
            await connection.exited(code)
    finally:
        stdio.close()
        # It may have ended: then this is nothing.
        asyncio.get_running_loop().call_later(LEAVE_SECONDS, process.signal, signal.SIGKILL)


def one_uid(uid_map: str) -> bool:
    """Whether /proc/self/uid_map (user_namespaces(7)) knows a single uid."""
    return sum(int(line.split()[2]) for line in uid_map.splitlines()) == 1


async def attach(connection: Connection, container: ContainerAccess, wishes: Wishes, known: int = 0) -> None:
    """Join the container's own streams, until its run ends or the client leaves; NoContainer.

    So many bytes of the run's log were given out before: they are not said again.
    """
    spec = container.spec
    copies = pipes({Channel.STDOUT: wishes.stdout, Channel.STDERR: wishes.stderr and not spec.tty})
    stdio = Stdio(outputs=copies.outputs)
    try:
        try:
            err = None if spec.tty else copies.theirs[Channel.STDERR]
            attached = await container.attach(copies.theirs[Channel.STDOUT], err, known)
        finally:
            copies.hand_over()
        _take_stdin(stdio, attached, spec, wanted=wishes.stdin)
        if await _converse(connection, stdio, _nothing()) is not None:
            await connection.exited(0)
    finally:
        stdio.close()


def _root(container: ContainerAccess) -> Path | None:
    """The container's file system as seen from here; None where its process is not known."""
    file = log_path(container.folder, container.spec.name, container.attempt).with_name(PID)
    try:
        return Path(f"/proc/{file.read_text()}/root")
    except FileNotFoundError:
        return None


def _take_stdin(stdio: Stdio, attached: Attachment, spec: ContainerSpec, *, wanted: bool) -> None:
    if attached.stdin is None:
        return
    if spec.tty:
        stdio.terminal = WriteEnd(os.dup(attached.stdin))
    if not wanted:
        os.close(attached.stdin)
        return
    stdio.stdin = WriteEnd(attached.stdin)
    if spec.stdin_once:
        stdio.on_stdin_end = attached.end_stdin


async def _nothing() -> int:
    """An attached client is told no exit code, only that all is said."""
    return 0


async def _end_of(process: Execution, stdio: Stdio, *, late: bool) -> int:
    """The program's exit code; what others write after its end does not count."""
    code = await process.wait()
    for end in stdio.outputs.values():
        if late:
            asyncio.get_running_loop().call_later(TERMINAL_SECONDS, end.finish)
        else:
            end.finish()
    return code


async def _converse(connection: Connection, stdio: Stdio, end: Awaitable[int]) -> int | None:
    """Carry all streams until `end` is known and all is said, or (None) the client has left."""
    found: int | None = None
    try:
        async with asyncio.TaskGroup() as group:
            hearing = group.create_task(_hear(connection, stdio), name="from the client")
            saying = group.create_task(_say_all(connection, stdio, end), name="to the client")
            pinging = group.create_task(stay_awake(connection.socket), name="pings")
            await asyncio.wait((hearing, saying), return_when=asyncio.FIRST_COMPLETED)
            if saying.done() and not saying.exception():
                found = saying.result()
            for task in (hearing, saying, pinging):
                task.cancel()
    except* ConnectionError:
        found = None
    return found


async def _say_all(connection: Connection, stdio: Stdio, end: Awaitable[int]) -> int:
    async with asyncio.TaskGroup() as group:
        for channel, source in stdio.outputs.items():
            group.create_task(_speak(connection, channel, source), name=channel.name)
        code = await end
    return code


async def _speak(connection: Connection, channel: Channel, source: ReadEnd) -> None:
    # An empty message first: by it a client knows that the stream is there.
    await connection.say(channel, b"")
    while content := await source.read():
        await connection.say(channel, content)


async def _hear(connection: Connection, stdio: Stdio) -> None:
    """Until the client leaves."""
    async for said in connection.heard():
        match said:
            case Message(Channel.STDIN, data) if stdio.stdin is not None:
                # A program need not read all that it is told.
                with contextlib.suppress(BrokenPipeError):
                    await stdio.stdin.write(data)
            case Message(Channel.RESIZE, data):
                try:
                    stdio.resize(size(data))
                except ChannelError as error:
                    await connection.reject(str(error))
                    return
            case Closed():
                stdio.end_stdin()
