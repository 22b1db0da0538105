"""Figures of real processes of this machine."""

import os
import subprocess
import sys
import time

import pytest

from mockcloud.node.measuring.reading import NodeMeter, memory_bytes, read_processes
from mockcloud.node.measuring.usage import PodProcesses

HOLDS_64_MIB = "import sys; held = bytearray(b'x') * (64 << 20); print('held', flush=True); sys.stdin.read()"
BURNS = "print('burns', flush=True)\nwhile True: pass"


@pytest.fixture
def program():
    """Starts a script; it says a word when it is there."""
    started = []

    def start(script):
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_memory_is_what_a_process_holds(program):
    """64 MiB that nobody shares count in full; a process that is gone holds nothing."""
    assert 64 << 20 <= memory_bytes(program(HOLDS_64_MIB).pid) <= 128 << 20
    assert memory_bytes(2**22 + 1) == 0


def test_a_process_is_its_parents_and_started_a_moment_ago(program):
    """By the clock that objects' times are of."""
    begun = time.time()
    held = program(HOLDS_64_MIB)
    found = read_processes()[held.pid]
    assert found.parent == os.getpid()
    assert begun - 2 <= found.started <= time.time() + 2


def test_a_program_that_burns_cpu_is_seen_to(program):
    """Its own time rises from one look to the next, and the node's with it."""
    burner, meter = program(BURNS), NodeMeter()
    pod = PodProcesses(("default", "burn"), burner.pid, {"main": burner.pid})
    first = meter.measure([pod])
    before, deadline = first.containers["default", "burn"]["main"].cpu_seconds, time.monotonic() + 90
    while True:
        now = meter.measure([pod])
        if now.containers["default", "burn"]["main"].cpu_seconds >= before + 0.2:
            break
        assert time.monotonic() < deadline, "no CPU time in 90 s"
    assert now.node.cpu_seconds >= first.node.cpu_seconds + 0.2
