"""Faults of a real lab, by the commands that a person types; what is heard tells whether they are on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from mockcloud.testing import LabFailed, lab
from mockcloud.testing.command import mockcloud

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
ADDRESSES = {"node-1": "192.168.10.11", "node-2": "192.168.10.12"}


@pytest.fixture(scope="module")
def mine():
    with lab(options=("--nodes", "2", "--provider", "none")) as made:
        yield made


@pytest.fixture(autouse=True)
def mended(mine):
    """No test leaves a fault to the next."""
    yield
    fault(mine, "heal", "--all")
    assert listed(mine) == []


def fault(mine, verb: str, *words: str) -> str:
    return mockcloud(mine.environment, "fault", verb, "--name", mine.name, *words)


def listed(mine) -> list[str]:
    return [each["kind"] for each in json.loads(fault(mine, "list", "-o", "json"))]


def hears(mine, host: str, other: str) -> bool:
    """Whether the host gets an answer from the other's kubelet port."""
    try:
        mine.run(host, "curl", "-s", "--max-time", "1", f"http://{ADDRESSES[other]}:10250/")
    except LabFailed:
        return False
    return True


def soon_hears(mine, host: str, other: str) -> bool:
    """The same, when neighbours that did not answer are asked anew (ARP, about a second)."""
    deadline = time.monotonic() + 60
    while not (heard := hears(mine, host, other)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return heard


def test_a_dead_cable(mine):
    """Nothing comes through; when it is mended, all does."""
    assert soon_hears(mine, "client", "node-1")
    assert fault(mine, "link", "node-1") == "fault 1: no frame passes to or from node-1\n"
    assert not hears(mine, "client", "node-1")
    assert soon_hears(mine, "client", "node-2")
    assert listed(mine) == ["link"]
    assert fault(mine, "heal", "1").startswith(
        "fault 1 is mended: no frame passes to or from node-1, since 20"
    )
    assert soon_hears(mine, "client", "node-1")


def test_a_partition(mine):
    """Those on one side do not hear the other; who is on neither hears both."""
    fault(mine, "partition", "node-1", "node-2")
    assert not hears(mine, "node-1", "node-2")
    assert not hears(mine, "node-2", "node-1")
    assert soon_hears(mine, "client", "node-1")
    assert soon_hears(mine, "client", "node-2")


def test_losses_and_several_faults_at_once(mine):
    """Each is taken off by itself."""
    fault(mine, "loss", "node-1", "100%")
    fault(mine, "link", "node-2")
    assert not hears(mine, "client", "node-1")
    fault(mine, "heal", "1")
    assert listed(mine) == ["link"]
    assert soon_hears(mine, "client", "node-1")
    assert not hears(mine, "client", "node-2")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("loss", "node-1", "nan"), "nan is not a number"),
        (("loss", "node-1", "0.0001%"), "0.0001 is not in the range 0.001<=x<=100"),
        (("delay", "node-1", "99999999999999h"), "is too long: expected at most a year"),
        (("link", "node-1", "--for", "99999999h"), "is too long: expected at most a year"),
        (("partition", "node-1,node-1", "node-3"), "no host is called 'node-3'"),
    ],
    ids=["nan", "none", "late", "long", "host"],
)
def test_what_cannot_be_is_refused(mine, words, said):
    """In a line, and nothing is on."""
    with pytest.raises(LabFailed) as refused:
        fault(mine, *words)
    assert said in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert listed(mine) == []


def test_a_daemon_that_stands_still(mine):
    """It is there, and `status` says what it is; then it goes on."""
    fault(mine, "pause", "node-1")
    daemons = {each["name"]: each["state"] for each in status(mine)["daemons"]}
    assert daemons["node-1"] == "paused"
    fault(mine, "heal", "--all")
    daemons = {each["name"]: each["state"] for each in status(mine)["daemons"]}
    assert daemons["node-1"] == "ready"


def test_a_daemon_that_is_killed_comes_back(mine):
    """The lab starts it anew."""
    before = {each["name"]: each["restarts"] for each in status(mine)["daemons"]}["dns-node-1"]
    assert fault(mine, "kill", "dns-node-1").startswith("dns-node-1 (process ")
    deadline = time.monotonic() + 60
    while True:
        found = {each["name"]: each for each in status(mine)["daemons"]}["dns-node-1"]
        if (found["restarts"], found["state"]) == (before + 1, "ready"):
            return
        assert time.monotonic() < deadline, found


def status(mine) -> dict:
    command = [sys.executable, "-m", "mockcloud", "status", "--name", mine.name, "-o", "json"]
    done = subprocess.run(command, env=mine.environment, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def test_for_a_time(mine):
    """The command mends what it broke, also when it is told to end before."""
    said = fault(mine, "link", "node-1", "--for", "1s")
    assert said == "fault 1: no frame passes to or from node-1\nfault 1 is mended\n"
    process = begun(mine, "link", "node-1", "--for", "5m")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert out == "fault 1 is mended\n"
    assert listed(mine) == []


def test_what_a_killed_command_leaves_is_listed_and_can_be_mended(mine):
    """Written down before it is put on."""
    process = begun(mine, "link", "node-1", "--for", "5m")
    process.kill()
    process.communicate(timeout=60)
    assert listed(mine) == ["link"]
    assert ": its command is gone, heal it" in fault(mine, "list")
    fault(mine, "heal", "--all")
    assert soon_hears(mine, "client", "node-1")


def test_what_a_killed_command_leaves_is_overdue_when_its_time_is_over(mine):
    """Nobody mends it: the list says so."""
    process = begun(mine, "link", "node-1", "--for", "2s")
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 60
    while ": overdue" not in (said := fault(mine, "list")):
        assert time.monotonic() < deadline, said
        time.sleep(0.1)
    (told,) = json.loads(fault(mine, "list", "-o", "json"))
    assert told["until"] > told["since"]
    assert told["kept"] is False


def test_a_fault_that_is_kept_tells_until_when(mine):
    """The command that waits lives."""
    process = begun(mine, "link", "node-1", "--for", "5m")
    (told,) = json.loads(fault(mine, "list", "-o", "json"))
    assert told["kept"] is True
    assert f"{told['until']}   no frame" in fault(mine, "list")
    process.terminate()
    process.communicate(timeout=60)


def begun(mine, *words: str) -> subprocess.Popen[str]:
    """The command, when it has said that the fault is on."""
    command = [sys.executable, "-m", "mockcloud", "fault", words[0], "--name", mine.name, *words[1:]]
    environment = {**mine.environment, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout.readline().startswith("fault 1: ")
    return process


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("link", "node-7"), "no host is called 'node-7': this lab has control-plane, node-1"),
        (("partition", "node-1", "node-2,node-1"), "node-1 cannot be on both sides"),
        (("pause", "sun"), "no daemon is called 'sun': this lab has network, kube"),
        (("loss", "node-1", "101"), "101"),
        (("loss", "node-1", "many%"), "'many' is not a valid float range"),
        (("delay", "node-1", "long"), "'long' is not a duration"),
        (("heal", "9"), "fault 9 is not on: those that are: none"),
        (("heal",), "name the faults to mend by their IDs, or say --all"),
        (("link", "node-1", "--for", "soon"), "'soon' is not a duration"),
    ],
)
def test_what_makes_no_sense_is_said(mine, words, said):
    """In one line, and nothing is on."""
    with pytest.raises(LabFailed) as failed:
        fault(mine, *words)
    assert said in str(failed.value)
    assert "Traceback" not in str(failed.value)
    assert listed(mine) == []


def test_a_context_manager_for_tests(mine):
    """On inside, off afterwards."""
    with mine.cut("node-1"):
        assert not hears(mine, "client", "node-1")
    assert soon_hears(mine, "client", "node-1")
