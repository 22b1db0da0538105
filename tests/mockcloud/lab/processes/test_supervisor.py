"""Labs of toy daemons from `up` to `down`, and through every way they can die: nothing of them stays.

The keeper, the supervisor, the launchers and the namespaces are the real ones.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from mockcloud.lab.components import registry
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.lab.invocation import mockcloud
from mockcloud.lab.lifecycle import down, up
from mockcloud.lab.plan import Plan
from mockcloud.lab.processes import supervisor
from mockcloud.lab.state import folder
from tests.fakes.toy_lab import daemon, is_gone, lan_addresses, run, toy, wait_until

pytestmark = pytest.mark.netns


def test_a_lab_comes_up_with_its_network_and_goes_without_a_trace(start_lab):
    """Hosts have their addresses, daemons are ready with the host's pids; after `down` no process is left."""
    lab = start_lab(toy("api", "steady"), toy("agent", "steady", host="node-1", stage=1))
    pid = daemon(lab, "agent").pid

    assert [daemon(lab, name).state for name in ("network", "api", "agent")] == ["done", "ready", "ready"]
    assert {"192.168.10.11/24", "fd00:10::11/64"} <= set(lan_addresses(lab, "node-1"))
    os.kill(pid, 0)

    assert down(lab)
    assert is_gone(pid)
    assert not lab.path.exists()


def test_only_the_owner_can_read_what_a_lab_writes(start_lab):
    """The folder holds a token: 0700, and files 0600."""
    lab = start_lab(toy("api", "steady"))

    modes = {path.stat().st_mode & 0o077 for path in [lab.path, *lab.path.rglob("*")]}

    assert modes == {0}


def test_a_daemon_that_dies_is_started_again_and_status_says_so(start_lab):
    """The supervisor restarts it in its host, and keeps why."""
    lab = start_lab(toy("agent", "steady", host="node-1"))
    before = daemon(lab, "agent").pid

    os.kill(before, signal.SIGKILL)

    after = wait_until(lambda: (each := daemon(lab, "agent")).restarts and each.state == "ready" and each)
    assert after.pid != before
    assert after.note == "was killed by SIGKILL; started again after 0.2 s"


def test_a_daemon_that_is_deaf_to_sigterm_does_not_outlive_its_lab(start_lab, monkeypatch):
    """It is given its time, then the kernel ends it with the pid namespace."""
    monkeypatch.setattr(supervisor, "_STOP_SECONDS", 0.2)
    lab = start_lab(toy("agent", "deaf", host="node-1"))
    pid = daemon(lab, "agent").pid

    down(lab)

    assert is_gone(pid)


@pytest.mark.parametrize("who", ["keeper_pid", "supervisor_pid"])
def test_a_crash_leaves_no_process_and_the_next_lab_starts(start_lab, who):
    """Whichever of the two is killed, the kernel takes the rest; `up` clears what the crash left."""
    lab = start_lab(toy("agent", "steady", host="node-1"))
    pid = daemon(lab, "agent").pid

    os.kill(getattr(lab.read(), who), signal.SIGKILL)

    wait_until(lambda: not lab.is_alive())
    wait_until(lambda: is_gone(pid))
    assert (lab.path / "logs").is_dir(), "after a crash the logs can still be read"
    assert daemon(start_lab(toy("agent", "steady")), "agent").state == "ready"


def test_a_lab_that_loses_a_launcher_ends_and_its_log_says_so(start_lab, monkeypatch):
    """Without one it could start nothing again: the logs stay, so that a person can read why it ended."""
    monkeypatch.setattr(supervisor, "_STOP_SECONDS", 0.2)
    lab = start_lab(toy("agent", "steady"))
    launchers = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(lab.read().supervisor_pid)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    os.kill(int(launchers[0]), signal.SIGKILL)

    wait_until(lambda: not lab.is_alive())
    assert "a launcher of the lab has ended" in lab.log("lab").read_text()


def test_an_up_whose_lab_is_stopped_meanwhile_says_so(start_lab, monkeypatch):
    """`mockcloud down` in another window is no crash of the supervisor."""
    lab = folder("test")
    monkeypatch.setattr(registry, "daemons", lambda _lab: (toy("agent", "never_ready"),))
    stopping = fork(lambda: wait_until(lambda: (lab.path / "state.json").exists()) and not down(lab))

    with pytest.raises(LabError, match="did not start: it was told to stop while it started"):
        up(Plan(1, "none"), lab, lambda _report: None, 60)
    assert os.waitstatus_to_exitcode(os.waitpid(stopping, 0)[1]) == 0


def test_sigterm_to_the_keeper_is_a_clean_down(start_lab):
    """A service manager stops a lab by SIGTERM."""
    lab = start_lab(toy("agent", "steady"))

    os.kill(lab.read().keeper_pid, signal.SIGTERM)

    wait_until(lambda: not lab.path.exists())


def test_up_leaves_the_callers_descriptors_to_the_caller(start_lab):
    """make's jobserver and bats wait until the last holder of a pipe has closed it: that is not the lab."""
    heard, theirs = os.pipe()
    os.set_inheritable(theirs, True)
    start_lab(toy("agent", "steady", host="node-1"))

    os.close(theirs)

    os.set_blocking(heard, False)
    assert os.read(heard, 1) == b"", "somebody still has the other end"
    os.close(heard)


def test_a_second_lab_of_the_same_name_is_refused_and_the_first_goes_on(start_lab):
    """The message says what to type."""
    lab = start_lab(toy("agent", "steady"))

    with pytest.raises(LabError, match=r"already up: stop it with `.*mockcloud down --name test`"):
        start_lab(toy("agent", "steady"))

    assert daemon(lab, "agent").state == "ready"


def test_two_labs_with_different_names_run_side_by_side(start_lab):
    """They share no address and no process, though they look the same from inside."""
    one, two = (start_lab(toy("agent", "steady"), name=name) for name in ("one", "two"))

    assert lan_addresses(one, "client")[2] == lan_addresses(two, "client")[2] == "192.168.10.100/24"
    down(one)
    assert daemon(two, "agent").state == "ready"


def test_commands_about_a_lab_that_is_not_up_say_how_to_start_it(start_lab):
    """`status`, `exec` and `kubeconfig` of no lab are a person's mistake, not a stack trace."""
    for command in (["status"], ["kubeconfig"], ["logs"], ["exec", "client", "true"]):
        words = [sys.executable, "-m", "mockcloud", command[0], "--name", "none", *command[1:]]
        result = subprocess.run(words, capture_output=True, text=True, timeout=90, check=False)

        assert result.returncode == 1
        assert f"no lab called 'none' is up: start one with `{mockcloud('up', 'none')}`" in result.stderr


def test_a_lab_that_crashed_says_where_to_look(start_lab):
    """`status` after a crash is not `status` of no lab: the logs are still there."""
    lab = start_lab(toy("agent", "steady"))
    os.kill(lab.read().supervisor_pid, signal.SIGKILL)
    wait_until(lambda: not lab.is_alive())

    with pytest.raises(LabError, match=r"ended badly: `.*mockcloud logs --name test lab` may say why"):
        lab.read()


@pytest.mark.parametrize("words", [["--nodes", "0"], ["--name", "Not_A_Name"]])
def test_misuse_of_the_command_line_exits_2(words):
    """As click does for what it can judge itself."""
    command = [sys.executable, "-m", "mockcloud", "up", *words]

    refused = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)

    assert (refused.returncode, refused.stderr.startswith("mockcloud: ")) == (2, True)


@pytest.mark.skipif(os.getuid() != 0, reason="an ordinary user can map only their own id")
def test_root_maps_every_id_so_that_programs_can_change_their_user(start_lab):
    """tcpdump, nginx and postgres give up root's id first thing."""
    lab = start_lab(toy("api", "steady"))

    changed = run(lab, "client", "--", sys.executable, "-c", "import os; os.setgroups([1]); os.setuid(65534)")

    assert (changed.returncode, changed.stderr) == (0, "")
