"""Pipes and terminals without blocking."""

import asyncio
import os

import pytest

from mockcloud.node.streaming.descriptors import ReadEnd, WriteEnd, pipes, terminal
from mockcloud.node.streaming.protocols.channels import Channel, Size


async def test_writing_waits_for_the_reader():
    """A megabyte through a pipe of 64 KiB."""
    reading, writing = os.pipe()
    source, sink = ReadEnd(reading), WriteEnd(writing)
    writer = asyncio.ensure_future(sink.write(bytes(1 << 20)))
    got = 0
    while got < 1 << 20:
        got += len(await source.read())
    await writer
    sink.close()
    assert await source.read() == b""
    source.close()


async def test_a_finished_end_gives_what_is_there_and_no_more():
    """Though others could still write."""
    reading, writing = os.pipe()
    source = ReadEnd(reading)
    os.write(writing, b"last")
    source.finish()
    assert await source.read() == b"last"
    assert await source.read() == b""
    waiting = ReadEnd(os.dup(reading))
    read = asyncio.ensure_future(waiting.read())
    await asyncio.sleep(0)
    waiting.finish()
    assert await read == b""
    for end in (source, waiting):
        end.close()
    os.close(writing)


async def test_nobody_reads():
    """BrokenPipeError, not a signal."""
    reading, writing = os.pipe()
    os.close(reading)
    sink = WriteEnd(writing)
    with pytest.raises(BrokenPipeError):
        await sink.write(b"x")
    sink.close()


async def test_a_terminal_is_resized_and_hangs_up():
    """Its size is what the user's is; its end is the end of the file."""
    made = terminal()
    inner = os.dup(made.theirs[0])
    made.hand_over()
    made.resize(Size(100, 30))
    assert os.get_terminal_size(inner) == (100, 30)
    os.close(inner)
    assert await made.outputs[Channel.STDOUT].read() == b""
    made.close()
    made.close()


async def test_streams_that_nobody_wants_lead_nowhere():
    """A program has all three."""
    made = pipes({Channel.STDOUT: True})
    assert set(made.theirs) == {0, 1, 2}
    assert set(made.outputs) == {Channel.STDOUT}
    assert os.readlink(f"/proc/self/fd/{made.theirs[0]}") == os.devnull
    made.resize(Size(1, 1))
    made.close()
