"""The client that connects every 10 ms, and what it says of a server that goes away."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time

import pytest

from testkit import gaps


@pytest.mark.parametrize(
    ("made", "end", "longest"),
    [
        pytest.param([], 5.0, 0.0, id="none-at-all"),
        pytest.param([1.0, 1.5, 1.6], 1.7, 0.5, id="between-two"),
        pytest.param([1.0, 1.5], 3.0, 1.5, id="before-the-end"),
        pytest.param([1.0, 3.5], 3.0, 2.5, id="one-after-the-end"),
    ],
)
def test_the_longest_gap_counts_the_time_before_the_end(made, end, longest):
    """A service that never comes back has a gap, too."""
    assert gaps.longest_gap(made, end) == pytest.approx(longest)


@pytest.fixture
def server():
    """A listening socket on loopback that takes what comes."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        yield listening


def settled(address, times):
    """A client that has tried so often, and knows what became of it."""
    client = gaps.Client(*address)
    for _ in range(times):
        client.open(time.monotonic())
    while client.waits:
        client.settle(1)
    return client


def test_connections_to_who_listens_are_made(server, capsys):
    """None is lost, and the first one is told."""
    client = settled(server.getsockname(), 5)

    assert (len(client.made), client.tried, client.lost) == (5, 5, 0)
    assert capsys.readouterr().out == "begun\n"


def test_refused_connections_are_lost(server, capsys):
    """There is nothing to begin with."""
    address = server.getsockname()
    server.close()
    client = settled(address, 1)

    assert (client.made, client.lost) == ([], 1)
    assert capsys.readouterr().out == ""


def test_the_program_connects_until_its_input_ends(server):
    """It says when it has begun, and at the end what it saw, in a line of JSON."""
    command = [sys.executable, gaps.__file__, *map(str, server.getsockname())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "begun\n"
        said, _ = process.communicate(timeout=90)

    seen = json.loads(said)
    assert seen["tried"] >= 1
    assert seen["lost"] == 0
