"""Labs as a whole: one for a command's life, and all that there are."""

import json
import os
import signal
import subprocess
import time
from contextlib import suppress

import pytest
from click.testing import CliRunner

from mockcloud.__main__ import main
from mockcloud.lab import around
from mockcloud.lab.components import registry
from mockcloud.lab.components.network import Networks
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.lab.interruptions import Interrupted, interruptions
from mockcloud.lab.overview import Shown, overview
from mockcloud.lab.plan import Plan
from mockcloud.lab.state import folder

pytestmark = pytest.mark.netns


@pytest.fixture
def run(start_lab, monkeypatch):
    """run(words...) -> the exit code, as `mockcloud run -- WORDS` has it; the lab is gone afterwards."""
    monkeypatch.setattr(registry, "daemons", Networks().daemons)

    def run_it(*words):
        try:
            return around.run(Plan(1, "none"), folder("around"), words, lambda _report: None, 60.0)
        finally:
            assert overview() == []

    return run_it


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (
            'test "$MOCKCLOUD_NAME $KUBECONFIG" = "around $XDG_STATE_HOME/mockcloud/around/kubeconfig"',
            0,
        ),
        ("exit 3", 3),
        ("kill -9 $$", 137),
    ],
)
def test_the_exit_code_is_the_commands(run, script, code):
    """It finds the lab by variables; 128 and the number for a signal, as in a shell."""
    assert run("sh", "-c", script) == code


def test_a_command_that_is_not_there_is_said(run):
    """And the lab goes down."""
    with pytest.raises(LabError, match="no-such-command: command not found"):
        run("no-such-command")


def test_a_signal_ends_command_and_lab(run, tmp_path):
    """The command gets it, too."""
    ready = tmp_path / "ready"

    def work():
        try:
            with interruptions():
                run(
                    "sh", "-c", f"trap 'rm {ready}; exit 1' TERM; touch {ready}; while :; do sleep 0.05; done"
                )
        except Interrupted as interrupted:
            return interrupted.exit_code
        return 0

    child = fork(work)
    while not ready.exists():
        assert os.waitpid(child, os.WNOHANG) == (0, 0)
    os.kill(child, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 143
    assert not ready.exists()


def test_labs_are_listed_and_taken_down_by_name(start_lab):
    """Several at once; one that is not up is said."""
    for name in ("one", "two", "three"):
        start_lab(name=name)
    api = {name: folder(name).read().api_url for name in ("one", "two", "three")}
    assert overview() == [Shown(name, "running", 1, api[name]) for name in ("one", "three", "two")]
    said = CliRunner().invoke(main, ["down", "two", "four"])
    assert (said.exit_code, said.output) == (0, "mockcloud: no lab called 'four' is up\n")
    listed = json.loads(CliRunner().invoke(main, ["list", "-o", "json"]).output)
    assert [one["name"] for one in listed] == ["one", "three"]
    assert CliRunner().invoke(main, ["down"], env={"MOCKCLOUD_NAME": "three"}).exit_code == 0
    assert [one.name for one in overview()] == ["one"]
    assert CliRunner().invoke(main, ["down", "--all"]).output == ""
    assert overview() == []


@pytest.fixture
def process():
    """One that runs until it is killed."""
    running = subprocess.Popen(["sleep", "300"])
    yield running
    running.kill()
    running.wait()


def gone(lab) -> None:
    """Await its end."""
    deadline = time.monotonic() + 60
    while lab.path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_lab_ends_with_a_process(start_lab, process):
    """However that ends; `status` says so before."""
    lab = start_lab(pid=process.pid, ttl=300.0)
    said = CliRunner().invoke(main, ["status", "--name", "test"]).output
    assert f" or with process {process.pid}" in said.splitlines()[0]
    process.kill()
    gone(lab)


def test_a_lab_ends_when_its_time_is_over(start_lab):
    """One whose time is over before it is ready does not start: how long that takes is up to the machine."""
    for seconds in (2.0, 8.0, 32.0):
        with suppress(LabError):
            gone(start_lab(ttl=seconds))
            return
    pytest.fail("not ready after 32 s")


def test_a_process_that_is_not_there_is_said(start_lab):
    """Nothing is started for it."""
    process = subprocess.Popen(["true"])
    process.wait()
    with pytest.raises(LabError, match=f"can't end with process {process.pid} .--pid.: No such process"):
        start_lab(pid=process.pid)
    assert overview() == []


@pytest.mark.parametrize("text", ["0s", "soon"])
def test_a_time_to_live_that_makes_no_sense(text):
    """Is a mistake of usage, before anything is started."""
    said = CliRunner().invoke(main, ["up", "--ttl", text])
    assert said.exit_code == 2
    assert text in said.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(shell):
    """That asks this command."""
    assert "_MOCKCLOUD_COMPLETE" in CliRunner().invoke(main, ["completion", shell]).output
