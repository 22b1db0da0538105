"""`kubectl logs` from files: which run, from where, for how long."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from mockcloud.node.streaming.logs import BLOCK, serve, tail_start
from mockcloud.node.streaming.protocols.log_lines import LogOptions

LOGS = "/containerLogs/default/web/main"


def line(text, second=0):
    return f"2026-01-01T00:00:{second:02}.000000000Z stdout F {text}\n".encode()


def status(**state):
    return [{"name": "main", "restartCount": 1, "state": state, "lastState": {"terminated": {"exitCode": 1}}}]


async def test_logs_of_this_run_and_of_the_one_before(kubelet):
    """--previous."""
    kubelet.write_log(0, line("old"))
    kubelet.write_log(1, line("new"))
    kubelet.pod.listed = status(running={})
    kubelet.pod.change(attempt=1)
    assert await kubelet.refusal(LOGS) == (200, "new\n")
    assert await kubelet.refusal(f"{LOGS}?previous=true") == (200, "old\n")
    assert await kubelet.refusal(f"{LOGS}?sinceSeconds=x") == (
        400,
        "invalid literal for int() with base 10: 'x'",
    )


async def test_a_log_that_was_removed(kubelet):
    """Said in the text, as a kubelet does."""
    kubelet.pod.listed = status(running={})
    assert await kubelet.refusal(LOGS) == (200, "unable to retrieve container logs for main/1")


async def test_a_followed_log_ends_with_its_run(kubelet):
    """Lines come as they are written, over the change of a full log, until the run ends."""
    path = kubelet.write_log(0, line("one"))
    kubelet.pod.listed = [{"name": "main", "restartCount": 0, "state": {"running": {}}}]
    async with kubelet.client.get(
        f"{LOGS}?follow=true", headers={"Authorization": "Bearer secret"}
    ) as response:
        assert await response.content.readline() == b"one\n"
        kubelet.write_log(0, line("two"))
        assert await response.content.readline() == b"two\n"
        path.rename(f"{path}.20260101-000000")
        kubelet.write_log(0, line("three"))
        assert await response.content.readline() == b"three\n"
        kubelet.write_log(0, line("four"))
        kubelet.pod.change(running=False)
        assert await asyncio.wait_for(response.content.read(), 60) == b"four\n"


async def test_it_is_known_how_much_of_a_growing_log_was_given(tmp_path):
    """Who attaches next is told the rest, and nothing twice: what came while it was read counts, too."""
    path, read = tmp_path / "0.log", []
    path.write_bytes(line("before"))

    def is_over():
        with path.open("ab") as file:
            file.write(line("meanwhile"))
        return True

    async def handler(request):
        return await serve(request, path, LogOptions(), is_over, read.append)

    app = web.Application()
    app.router.add_get("/", handler)
    async with TestClient(TestServer(app)) as client:
        assert await (await client.get("/")).text() == "before\nmeanwhile\n"
        assert read == [len(line("before") + line("meanwhile"))]


@pytest.mark.parametrize("count", [0, 1, 2, 700, 1999, 2000, 5000])
def test_the_tail_is_found_from_the_end(tmp_path, count):
    """In a log of several blocks, and of fewer lines than are wanted."""
    path = tmp_path / "0.log"
    lines = [line(f"{number} {'x' * (number % 97)}") for number in range(2000)]
    path.write_bytes(b"".join(lines))
    assert path.stat().st_size > 2 * BLOCK
    with path.open("rb") as file:
        file.seek(tail_start(file, count))
        assert file.read() == b"".join(lines[max(2000 - count, 0) :])


def test_the_tail_counts_lines_not_their_parts(tmp_path):
    """A line of a hundred parts is one."""
    path = tmp_path / "0.log"
    part = line("x" * 10).replace(b" F ", b" P ")
    path.write_bytes(line("first") + part * 100 + line("last"))
    with path.open("rb") as file:
        assert tail_start(file, 1) == len(line("first"))
        assert tail_start(file, 2) == 0


def test_an_empty_log_has_no_tail(tmp_path):
    """A program that has said nothing yet."""
    (tmp_path / "0.log").touch()
    with (tmp_path / "0.log").open("rb") as file:
        assert tail_start(file, 5) == 0
