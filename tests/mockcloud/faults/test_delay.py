"""A cable of a real lab on which frames are late: what a connection takes tells."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mockcloud.testing import LabFailed, lab
from mockcloud.testing.command import mockcloud

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
LATE = 0.2
_CONNECT = """
import socket, time
started = time.monotonic()
socket.create_connection(("{address}", 10250), 60).close()
print(time.monotonic() - started)
"""
_BYTES = 8 << 20
_LISTEN = """
import hashlib, socket
with socket.create_server(("192.168.10.11", 9999)) as server:
    print("listening", flush=True)
    made, _ = server.accept()
    with made:
        found = b"".join(iter(lambda: made.recv(1 << 20), b""))
        made.sendall(hashlib.sha256(found).hexdigest().encode())
"""
_SEND = """
import hashlib, os, socket
data = os.urandom({size})
with socket.create_connection(("192.168.10.11", 9999), 60) as made:
    made.sendall(data)
    made.shutdown(socket.SHUT_WR)
    print(b"".join(iter(lambda: made.recv(100), b"")).decode() == hashlib.sha256(data).hexdigest())
"""


@pytest.fixture(scope="module")
def mine():
    with lab(options=("--nodes", "2", "--provider", "none")) as made:
        yield made


@pytest.fixture(autouse=True)
def mended(mine):
    """No test leaves a fault to the next."""
    yield
    fault(mine, "heal", "--all")


def fault(mine, verb: str, *words: str) -> str:
    return mockcloud(mine.environment, "fault", verb, "--name", mine.name, *words)


def status(mine) -> str:
    return mockcloud(mine.environment, "status", "--name", mine.name, "-o", "json")


def seconds_to_connect(mine, host: str, address: str) -> float:
    """A round trip: SYN and its answer. The neighbour is known, or is asked for first."""
    return float(mine.run(host, "python3", "-c", _CONNECT.format(address=address)))


def carriers(mine) -> list[int]:
    """The processes that carry late frames in this lab: those in its pid namespace."""
    kube = next(each["pid"] for each in json.loads(status(mine))["daemons"] if each["name"] == "kube")
    lab_space = Path(f"/proc/{kube}/ns/pid").readlink()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name, space = (process / "comm").read_text(), (process / "ns/pid").readlink()
        except OSError:
            continue
        if (name, space) == ("late frames\n", lab_space):
            found.append(int(process.name))
    return found


def until(true, why: str) -> None:
    """As soon as it is; a failure after a minute."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, why
        time.sleep(0.1)


def test_frames_are_late_both_ways_and_no_others(mine):
    """A round trip takes twice the delay more; when it is mended, no more than before."""
    seconds_to_connect(mine, "client", "192.168.10.11")
    assert (
        fault(mine, "delay", "node-1", "200ms") == "fault 1: each frame to and from node-1 is 200 ms late\n"
    )
    assert seconds_to_connect(mine, "client", "192.168.10.11") >= 2 * LATE
    assert seconds_to_connect(mine, "node-1", "192.168.10.12") >= 2 * LATE
    until(lambda: seconds_to_connect(mine, "client", "192.168.10.12") < LATE, "node-2 is late, too")
    assert len(carriers(mine)) == 1
    fault(mine, "heal", "1")
    until(lambda: seconds_to_connect(mine, "client", "192.168.10.11") < LATE, "node-1 is late still")
    until(lambda: not carriers(mine), "the carrier did not end")


def test_nothing_is_lost_or_changed(mine):
    """Megabytes, in the large segments that the kernel leaves for later to cut and to sum up."""
    fault(mine, "delay", "node-1", "5ms")
    command = [sys.executable, "-m", "mockcloud", "exec", "--name", mine.name, "node-1", "--"]
    command += ["python3", "-c", _LISTEN]
    listener = subprocess.Popen(command, env=mine.environment, stdout=subprocess.PIPE, text=True)
    try:
        assert listener.stdout.readline() == "listening\n"
        assert mine.run("client", "python3", "-c", _SEND.format(size=_BYTES)) == "True\n"
        assert listener.wait(60) == 0
    finally:
        listener.kill()
        listener.communicate()


def test_one_delay_to_a_host_and_several_hosts_at_once(mine):
    """A second one is refused, and leaves the first as it is."""
    fault(mine, "delay", "node-1", "200ms")
    with pytest.raises(LabFailed) as failed:
        fault(mine, "delay", "node-1", "1s")
    assert "the cable of node-1: its frames are late already: heal that first" in str(failed.value)
    assert "Traceback" not in str(failed.value)
    fault(mine, "delay", "node-2", "200ms")
    assert [each["id"] for each in json.loads(fault(mine, "list", "-o", "json"))] == [1, 2]
    assert seconds_to_connect(mine, "client", "192.168.10.11") >= 2 * LATE
    assert seconds_to_connect(mine, "node-1", "192.168.10.12") >= 4 * LATE
    assert len(carriers(mine)) == 2


def test_late_and_cut_at_once(mine):
    """Each is mended by itself."""
    fault(mine, "delay", "node-1", "200ms")
    fault(mine, "link", "node-1")
    with pytest.raises(LabFailed):
        mine.run("client", "curl", "-s", "--max-time", "2", "http://192.168.10.11:10250/")
    fault(mine, "heal", "2")

    def is_late_again() -> bool:
        try:
            return seconds_to_connect(mine, "client", "192.168.10.11") >= 2 * LATE
        except LabFailed:
            return False  # the neighbour is yet to be found again

    until(is_late_again, "node-1 is not reached")


def test_the_lab_ends_with_late_frames():
    """And its carrier with it."""
    with lab(options=("--nodes", "1", "--provider", "none")) as made:
        fault(made, "delay", "node-1", "50ms")
        (carrier,) = carriers(made)
        space = Path(f"/proc/{carrier}/ns/pid").readlink()
    assert not [each for each in Path("/proc").glob("[0-9]*") if is_in(each, space)]


def is_in(process: Path, space: Path) -> bool:
    try:
        return (process / "ns/pid").readlink() == space
    except OSError:
        return False
