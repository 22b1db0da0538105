"""`mockcloud exec` as a user types it: where the command runs, what it sees, and how it ends."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys

import pytest

from mockcloud.lab.lifecycle import down
from tests.fakes.toy_lab import exec_command, run, toy

pytestmark = pytest.mark.netns


def test_exec_runs_inside_the_host_and_ends_as_the_command_does(start_lab):
    """Exit codes and signals come through; what does not exist is said as a shell would."""
    lab = start_lab(toy("api", "steady"))

    assert run(lab, "client", "--", "sh", "-c", "exit 7").returncode == 7
    assert run(lab, "client", "sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM
    missing = run(lab, "client", "--", "no-such-command")
    assert (missing.returncode, missing.stderr) == (127, "mockcloud: no-such-command: command not found\n")
    nowhere = run(lab, "node-9", "--", "true")
    assert (nowhere.returncode, "no host is called 'node-9'" in nowhere.stderr) == (1, True)


def test_a_pod_that_does_not_run_is_a_persons_mistake(start_lab):
    """The message says where to look."""
    lab = start_lab(toy("api", "steady"))

    refused = run(lab, "default/none", "--", "true")

    assert refused.returncode == 1
    listed = f"kubectl --kubeconfig {lab.kubeconfig} get pods -A"
    assert f"no pod 'none' runs in namespace 'default': `{listed}` lists" in refused.stderr


def test_a_command_run_by_exec_ends_with_the_lab(start_lab):
    """A forgotten shell in a host does not keep the lab's namespaces alive."""
    lab = start_lab(toy("api", "steady"))
    command = exec_command(lab, "client", "sh", "-c", "echo up; exec sleep 60")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout.readline() == "up\n"

        down(lab)

        assert shell.wait(timeout=90) == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_exec_reaches_the_command_and_ends_both(start_lab, number):
    """`timeout`, a CI job that is stopped, `kill`: they know of `mockcloud exec` alone."""
    lab = start_lab(toy("api", "steady"))
    command = exec_command(lab, "client", "sh", "-c", "echo up; exec sleep 60")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout.readline() == "up\n"

        shell.send_signal(number)

        assert shell.wait(timeout=90) == 128 + number
        assert shell.stdout.read() == "", "the command has closed its end, too"


def test_the_command_decides_what_a_signal_means(start_lab):
    """A server that ends in order on SIGTERM does so, and its exit code is what counts."""
    lab = start_lab(toy("api", "steady"))
    script = "trap 'exit 3' TERM; echo up; while :; do read line; done"
    command = exec_command(lab, "client", "sh", "-c", script)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shell:
        assert shell.stdout.readline() == "up\n"

        shell.terminate()

        assert shell.wait(timeout=90) == 3


def test_a_pipe_that_nobody_reads_ends_the_command_quietly(start_lab):
    """`mockcloud exec client -- yes | head -1`: SIGPIPE, as without `mockcloud exec`."""
    lab = start_lab(toy("api", "steady"))

    ended = run(lab, "client", "sh", "-c", "yes 2>&1 | head -1; kill -PIPE $$")

    assert (ended.returncode, ended.stdout) == (128 + signal.SIGPIPE, "y\n")


def test_a_host_has_its_own_name_and_its_own_network_devices(start_lab):
    """Prompts, logs and `hostname` say where one is; /sys/class/net shows what `ip link` does."""
    lab = start_lab(toy("api", "steady"))

    assert run(lab, "node-1", "--", "uname", "-n").stdout == "node-1\n"
    assert os.uname().nodename != "node-1", "the machine keeps its own"
    seen = run(lab, "client", "--", "ls", "/sys/class/net").stdout.split()
    linked = run(lab, "client", "--", "sh", "-c", "ip -o link | cut -d: -f2 | cut -d@ -f1").stdout.split()
    if not _can_mount_sysfs(lab):
        pytest.skip("this system lets nobody mount /sys in a user namespace")
    assert seen == sorted(linked)
    assert "eth0" in seen


def _can_mount_sysfs(lab):
    return run(lab, "client", "--", "sh", "-c", "mount -t sysfs none /mnt").returncode == 0


@pytest.mark.parametrize("habit", [[], ["-it"], ["-i", "-t"]], ids=["plain", "-it", "-i -t"])
def test_without_a_command_exec_opens_a_shell_that_says_where_one_is(start_lab, habit):
    """With the terminal's name, also as kubectl's users type it; its exit code is the shell's."""
    lab = start_lab(toy("api", "steady"))
    terminal = Terminal(exec_command(lab, *habit, "node-1"))

    assert terminal.read_until(r"\[test\] node-1:.*# ")
    terminal.write("echo TERM is $TERM on $(uname -n)\n")
    assert terminal.read_until(r"TERM is dumb on node-1\r\n")
    terminal.write("exit 7\n")
    assert terminal.exit_code() == 7


def test_a_shell_reads_a_script_from_standard_input(start_lab):
    """`mockcloud exec client < script`, as `ssh host < script`."""
    lab = start_lab(toy("api", "steady"))

    ended = subprocess.run(
        exec_command(lab, "client"),
        input="uname -n; exit 4\n",
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (4, "client\n", "")


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, command, {**os.environ, "TERM": "dumb"})
        self.said = ""

    def read_until(self, pattern):
        """What was written up to that; fails at the end of the output."""
        while not (found := re.search(pattern, self.said)):
            self.said += os.read(self.fd, 4096).decode()
        self.said = self.said[found.end() :]
        return found

    def write(self, text):
        os.write(self.fd, text.encode())

    def exit_code(self):
        """Waits for the end."""
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return code
