"""`mockcloud` on whatever terminal or pipe: one clear message at most, never a stack trace."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testkit.kubectl import kubectls
from tests.fakes.toy_lab import daemon, toy

pytestmark = pytest.mark.netns
TALKATIVE = (
    ("--help",),
    ("--version",),
    ("kubeconfig", "--name", "test"),
    ("status", "--name", "test"),
    ("status", "--name", "test", "-o", "json"),
    ("logs", "--name", "test"),
    ("logs", "--help"),
)


def command(*words):
    return [sys.executable, "-m", "mockcloud", *words]


def run(*words, **streams):
    return subprocess.run(command(*words), text=True, timeout=90, check=False, **streams)


@contextlib.contextmanager
def running(*words):
    """The command with pipes for what it says; killed where a test fails."""
    with subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def lab(start_lab):
    """A lab whose daemon has said something."""
    return start_lab(toy("api", "steady"), toy("chatty", "talk"))


@pytest.mark.parametrize("words", TALKATIVE, ids=" ".join)
def test_a_full_disk_is_said_in_one_line(lab, words):
    """`mockcloud status > file` where no space is left."""
    with open("/dev/full", "w") as full:
        ended = run(*words, stdout=full, stderr=subprocess.PIPE)

    assert (ended.returncode, ended.stderr) == (
        1,
        "mockcloud: cannot write the output: No space left on device\n",
    )


@pytest.mark.parametrize("words", TALKATIVE, ids=" ".join)
def test_a_closed_pipe_ends_it_without_a_word(lab, words):
    """`mockcloud logs | head -0`."""
    heard, told = os.pipe()
    os.close(heard)

    ended = run(*words, stdout=told, stderr=subprocess.PIPE)

    os.close(told)
    assert (ended.returncode, ended.stderr) == (1, "")


@pytest.mark.parametrize(
    "words", [*TALKATIVE, ("up", "--name", "test"), ("down", "--name", "none")], ids=" ".join
)
def test_errors_that_cannot_be_said_are_no_reason_to_say_more(lab, words):
    """Neither stdout nor stderr can be written, or both are closed: only the exit code is left."""
    with open("/dev/full", "w") as full:
        ended = run(*words, stdout=full, stderr=full)
    closed = subprocess.run(["sh", "-c", '"$@" >&- 2>&- <&-', "-", *command(*words)], timeout=90, check=False)

    assert ended.returncode in (0, 1)
    assert closed.returncode in (0, 1)


def test_ctrl_c_ends_logs_that_follow(lab):
    """With a shell's exit code for it, and nothing said."""
    with running("logs", "--name", "test", "-f", "chatty") as following:
        assert "what a daemon says" in following.stdout.readline()

        following.send_signal(signal.SIGINT)

        assert (following.wait(60), following.stderr.read()) == (128 + signal.SIGINT, "")


def test_logs_that_follow_end_with_the_lab_and_have_its_last_words(lab):
    """Also of a daemon that starts only later."""
    with running("logs", "--name", "test", "-f", "--tail", "1") as following:
        following.stdout.readline()
        late = lab.path / "logs" / "late.log"
        late.write_text(
            "2026-11-30T10:00:00.000Z INFO x: the first word\n2026-11-30T10:00:01.000Z INFO x: unfini"
        )
        assert following.stdout.readline().split()[1:] == ["late", "INFO", "x:", "the", "first", "word"]

        os.kill(lab.read().keeper_pid, signal.SIGKILL)  # so that the logs stay

        assert following.stdout.read().split("\n")[-2].endswith("x: unfini")


def test_logs_choose_by_name_age_and_number(lab):
    """--since and --tail; an unknown name is answered with the known ones."""
    assert run("logs", "--name", "test", "--since", "1s", capture_output=True).returncode == 0
    old = run("logs", "--name", "test", "chatty", "--tail", "1", capture_output=True).stdout
    assert (old.count("\n"), "said last" in old) == (1, True)
    assert (
        run("logs", "--name", "test", "chatty", "--since", "1h", capture_output=True).stdout.count("\n") == 2
    )
    unknown = run("logs", "--name", "test", "nobody", capture_output=True)
    assert (unknown.returncode, "no log of 'nobody': there are api, chatty, lab" in unknown.stderr) == (
        1,
        True,
    )
    wrong = run("logs", "--name", "test", "--since", "yesterday", capture_output=True)
    assert (wrong.returncode, "'yesterday' is not a duration" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("who", ["api", "supervisor"])
def test_status_sees_what_is_paused(lab, who):
    """By SIGSTOP: it is there, and answers nobody. The exit code says so, and the note how to go on."""
    pid = daemon(lab, "api").pid if who == "api" else lab.read().supervisor_pid
    assert run("status", "--name", "test", capture_output=True).returncode == 0

    os.kill(pid, signal.SIGSTOP)
    _await_stop(pid)
    try:
        said = run("status", "--name", "test", capture_output=True)
    finally:
        os.kill(pid, signal.SIGCONT)

    assert (said.returncode, "paused" in said.stdout) == (1, True)
    assert f"stopped by a signal; `kill -CONT {pid}` lets it go on" in said.stdout


def _await_stop(pid):
    # Delivery of a signal to another process has no event that a third one could await.
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize(
    "words",
    [
        ("kubeconfig",),
        ("kubeconfig", "--name", "Not_A_Name"),
        ("kubeconfig", "--nmae", "x"),
        ("up", "--nodes", "0"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("kubectl", kubectls() or [pytest.param("", marks=pytest.mark.skip("no kubectl"))])
def test_without_a_lab_kubectl_refuses_and_reaches_no_other_cluster(tmp_path, kubectl, words):
    """`export KUBECONFIG=$(mockcloud kubeconfig)` goes on after an error; ~/.kube/config is never meant."""
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("the user's real cluster: must not be read")
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    ended = run(*words, capture_output=True, env=environment)
    path = ended.stdout.strip()

    asked = subprocess.run(
        [kubectl, "get", "pods"],
        env={**environment, "KUBECONFIG": path},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert (ended.returncode != 0, bool(ended.stderr)) == (True, True)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert f'error loading config file "{path}"' in asked.stderr
    assert "no-such-lab-is-up" in asked.stderr


@pytest.mark.kubectl
def test_an_up_for_programs_says_what_they_need_and_no_more(tmp_path, monkeypatch):
    """`--quiet -o json`: nothing on stderr, one document on stdout."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    wanted = (
        "--name",
        "quiet",
        "--nodes",
        "1",
        "--provider",
        "none",
        "--ttl",
        "1h",
        "--pid",
        str(os.getpid()),
    )
    try:
        done = run("up", "--quiet", "-o", "json", *wanted, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        told = json.loads(done.stdout)
    finally:
        run("down", "--name", "quiet", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, "")
    assert told["name"] == "quiet"
    assert told["api"].startswith("https://127.0.0.1:")
    assert told["kubeconfig"] == str(tmp_path / "mockcloud" / "quiet" / "kubeconfig")
    assert told["ends"].startswith("ends at ")
    node = next(each for each in told["hosts"] if each["name"] == "node-1")
    assert node["ipv4"] == "192.168.10.11"
