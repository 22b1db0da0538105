"""What `mockcloud up` says, soon, where no lab can come up; and what stays of it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from mockcloud.lab import lifecycle, preflight
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.lab.interruptions import SIGNALS, Interrupted, interruptions
from mockcloud.lab.lifecycle import up
from mockcloud.lab.namespaces import enter_user_and_pid_namespace
from mockcloud.lab.plan import Plan
from mockcloud.lab.state import folder
from mockcloud.linux import CLONE_NEWNS, MS_REC, MS_SLAVE, mount, unshare
from tests.fakes.toy_lab import run, toy, wait_until

pytestmark = pytest.mark.netns

PLAN = Plan(1, "none")


def up_as_typed(*words, environment=None, preexec=None):
    """`mockcloud up` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mockcloud", "up", *words],
        env={**os.environ, **(environment or {})},
        preexec_fn=preexec,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def said_on_such_a_machine(state, prepare, *words):
    """Exit code and words of `mockcloud up` typed where `prepare` has changed what the machine gives."""
    told = state / "said"

    def type_it():
        prepare()
        done = up_as_typed(*words, environment={"XDG_STATE_HOME": str(state)})
        told.write_text(done.stderr)
        return done.returncode

    code = os.waitstatus_to_exitcode(os.waitpid(fork(type_it), 0)[1])
    said = told.read_text()
    told.unlink()
    return code, said


def test_a_daemon_that_cannot_start_is_named_with_the_end_of_its_log(start_lab):
    """The logs stay until `down`, and the message says where; the lab itself is gone."""
    with pytest.raises(
        LabError, match=r"(?s)bad ended with exit code 3.*the reason is in the last line"
    ) as no:
        start_lab(toy("bad", "broken"))

    lab = folder("test")
    assert f"Its logs stay in {lab.path}/logs until `" in str(no.value)
    assert "the reason is in the last line" in lab.log("bad").read_text()
    assert {path.name for path in lab.path.iterdir()} == {"lock", "logs", "state.json"}
    assert not lab.is_alive()


class Deadline:
    """The reader of a starting lab's reports, who lets its deadline pass at one of them."""

    def __init__(self, monkeypatch, at, acts=()):
        self._at, self._acts, self._passed = at, dict(acts), 0.0
        clock = SimpleNamespace(monotonic=lambda: time.monotonic() + self._passed, sleep=time.sleep)
        monkeypatch.setattr(lifecycle, "time", clock)
        monkeypatch.setattr(lifecycle, "_QUIET", 0.2)

    def __call__(self, report):
        said = report.get("what", "")
        for word in [word for word in self._acts if word in said]:
            self._acts.pop(word)()
        if self._at in said:
            self._passed = 1000.0


def test_a_lab_that_takes_too_long_says_what_it_waited_for(start_lab, monkeypatch):
    """--timeout; the logs stay."""
    tell = Deadline(monkeypatch, "agent (running)")
    with pytest.raises(LabError, match=r"not ready after 60 s \(--timeout\): .*agent \(running\)"):
        start_lab(toy("agent", "never_ready"), tell=tell)

    assert not folder("test").is_alive()


def test_what_a_daemon_says_that_is_not_ready_is_said_with_its_name(start_lab, monkeypatch):
    """Its log's last line: only the daemon knows what it waits for."""
    tell = Deadline(monkeypatch, "agent (running")
    with pytest.raises(LabError, match=r"agent \(running: toy: no pod is ready\)"):
        start_lab(toy("agent", "waits"), tell=tell)


def test_a_daemon_that_a_signal_has_stopped_is_named_with_what_lets_it_go_on(start_lab, monkeypatch):
    """Said while it waits, and at the end."""
    tell = Deadline(monkeypatch, "agent (paused: stopped by a signal")
    with pytest.raises(LabError, match=r"agent \(paused: stopped by a signal; `kill -CONT \d+`"):
        start_lab(toy("agent", "stopped"), tell=tell)


def test_a_supervisor_that_is_stopped_does_not_outlive_its_up(start_lab, monkeypatch):
    """It heeds no word: the lab is killed, and its logs stay."""
    lab = folder("test")

    def stop():
        monkeypatch.setattr(lifecycle, "_STOP_SECONDS", 0.2)
        os.kill(lab.read().supervisor_pid, signal.SIGSTOP)

    tell = Deadline(monkeypatch, "its supervisor, paused", {"agent (running)": stop})
    with pytest.raises(LabError, match=r"waiting for its supervisor, paused \(stopped by a sig"):
        start_lab(toy("agent", "never_ready"), tell=tell)

    assert not lab.is_alive()


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("moment", ["preflight", "folder", "keeper", "waiting"])
def test_a_signal_at_any_step_leaves_nothing(start_lab, monkeypatch, number, moment):
    """Neither a process, nor a folder, nor logs; and what is raised says which signal it was."""
    lab = folder("test")
    steps = {
        "preflight": (lifecycle.preflight, "check"),
        "folder": (lifecycle.preflight, "check_room"),
        "keeper": (lifecycle, "start_keeper"),
    }

    def signalled(real):
        def step(*arguments):
            done = real(*arguments)
            os.kill(os.getpid(), number)
            return done

        return step

    if moment != "waiting":
        where, name = steps[moment]
        monkeypatch.setattr(where, name, signalled(getattr(where, name)))
    monkeypatch.setattr(lifecycle, "_QUIET", 0.2)
    monkeypatch.setattr("mockcloud.lab.components.registry.daemons", lambda _lab: (toy("a", "never_ready"),))

    def run():
        up(PLAN, lab, lambda _report: os.kill(os.getpid(), number), 30)

    with pytest.raises(Interrupted) as caught, interruptions():
        run()

    assert caught.value.number == number
    assert not lab.path.exists()


def test_a_lab_whose_up_is_killed_ends_by_itself(start_lab, monkeypatch):
    """SIGKILL can't be heeded: the supervisor sees that nobody waits for it any more."""
    lab = folder("test")
    monkeypatch.setattr("mockcloud.lab.components.registry.daemons", lambda _lab: (toy("a", "never_ready"),))
    typed = fork(lambda: up(PLAN, lab, lambda _report: None, 30) or 0)
    wait_until(lambda: (lab.path / "state.json").exists())

    os.kill(typed, signal.SIGKILL)
    os.waitpid(typed, 0)

    wait_until(lambda: not lab.path.exists())


def test_a_system_that_gives_no_user_namespace_is_told_which_switch_does(user_namespaces, tmp_path):
    """The message names the setting, its value and the command that changes it."""

    def none():
        enter_user_and_pid_namespace()
        Path("/proc/sys/user/max_user_namespaces").write_text("0")  # this limit is a user namespace's own

    code, said = said_on_such_a_machine(tmp_path, none)

    assert code == 1
    assert "/proc/sys/user/max_user_namespaces is 0. Type: sudo sysctl user.max_user_namespaces=10000" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("kind", "most"), [("pid", "1"), ("net", "2")])
def test_a_machine_whose_namespaces_are_used_up_is_told_of_the_limit(user_namespaces, tmp_path, kind, most):
    """ENOSPC, which has nothing to do with a disk here."""

    def prepare():
        enter_user_and_pid_namespace()
        Path(f"/proc/sys/user/max_{kind}_namespaces").write_text(most)

    code, said = said_on_such_a_machine(tmp_path, prepare)

    assert (code, said.count("\n")) == (1, 1)
    assert (
        f"the kernel gives no more {kind} namespaces (No space left on device): user.max_{kind}_name" in said
    )
    assert f"type: sudo sysctl user.max_{kind}_namespaces=100000" in said
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_before_anything_is_started(user_namespaces, tmp_path):
    """With the folder, the system's reason, and what to do."""
    full = tmp_path / "full"
    full.mkdir()

    def type_it():
        enter_user_and_pid_namespace()
        unshare(CLONE_NEWNS)
        mount("none", "/", flags=MS_REC | MS_SLAVE)
        mount("tmpfs", str(full), "tmpfs", options="size=1m")
        done = up_as_typed(environment={"XDG_STATE_HOME": str(full)})
        (tmp_path / "said").write_text(f"{done.stderr}{list(full.rglob('*'))}")
        return done.returncode

    code = os.waitstatus_to_exitcode(os.waitpid(fork(type_it), 0)[1])

    said = (tmp_path / "said").read_text()
    assert code == 1
    assert f"a lab needs 16 MiB in {full}/mockcloud/default (No space left on device): make room" in said
    assert said.endswith("\n[]"), "nothing was left there"


def test_a_low_limit_of_open_files_is_raised_or_said(tmp_path):
    """The soft one is the lab's to raise; a hard one that is too low for so many nodes is said at once."""

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    done = up_as_typed("--nodes", "40", environment={"XDG_STATE_HOME": str(tmp_path)}, preexec=few)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "a lab of 40 nodes needs 1096 open files in one process, and the hard limit is 256" in done.stderr
    assert "or --nodes 6" in done.stderr


def test_the_labs_processes_may_open_as_many_files_as_the_system_allows(start_lab):
    """Started from a shell with a soft limit of 256."""
    _, hard = before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        lab = start_lab(toy("agent", "steady"))
        agent = next(each for each in lab.read().daemons if each.name == "agent")
        soft, _ = resource.prlimit(agent.pid, resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert soft == min(hard, 1 << 20)


def test_a_checkout_without_its_packages_is_told_to_set_up(start_lab, monkeypatch):
    """As after a pull: no package index has this project, and its Makefile installs what is pinned."""
    monkeypatch.setitem(preflight.EXTRA, "no_such_module", "no-such-package")

    with pytest.raises(LabError, match=r"not installed here: no-such-package\. Type: make -C /\S+ setup$"):
        start_lab(toy("agent", "steady"))


def test_a_machine_without_nft_is_told_what_to_install(start_lab, monkeypatch):
    """Nothing is started, nothing is made."""
    monkeypatch.setattr("mockcloud.lab.preflight.shutil.which", lambda *_, **__: None)

    with pytest.raises(LabError, match=r"is missing\. Type: sudo apt-get install nftables"):
        start_lab(toy("agent", "steady"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"images: [", "while parsing a flow node", id="no-yaml"),
        pytest.param(b"image: []", "expected a mapping with the one key `images`", id="wrong-key"),
        pytest.param(
            b"images: [{match: [x], program: apache}]", "images[0].program: expected one", id="program"
        ),
        pytest.param(b"\xff\xfe\x00", "can't decode", id="no-text"),
        pytest.param(b"[" * 5000, "recursion", id="nested"),
    ],
)
def test_a_catalogue_that_is_none_is_wrong_usage(tmp_path, content, message):
    """One line with its path, before anything is started."""
    path = tmp_path / "catalogue.yaml"
    path.write_bytes(content)

    done = up_as_typed("--catalogue", str(path), environment={"XDG_STATE_HOME": str(tmp_path / "state")})

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"mockcloud: --catalogue: {path}: ")
    assert message in done.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--nodes", "0"),
        ("--nodes", "81"),
        ("--nodes", "many"),
        ("--name", ""),
        ("--timeout", "0"),
        ("--timeout", "nan"),
        ("--timeout", "soon"),
        ("--provider", "other"),
        ("--catalogue", "/nowhere"),
        ("--dns-upstream", "8.8.8.8:0"),
        ("--node", "3"),
        ("3",),
    ],
    ids=" ".join,
)
def test_a_mistake_in_an_option_is_wrong_usage(tmp_path, words):
    """Exit code 2, the option's name, and nothing made."""
    done = up_as_typed(*words, environment={"XDG_STATE_HOME": str(tmp_path / "state")})

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "state").exists()


def test_no_proxy_of_the_person_reaches_the_lab(start_lab, monkeypatch):
    """No daemon and no command on a host could use one: curl would ask it, and the API's clients hang."""
    for name in ("HTTPS_PROXY", "http_proxy", "ALL_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    lab = start_lab(toy("agent", "tells_its_environment"))

    for said in (run(lab, "client", "env").stdout, lab.log("agent").read_text()):
        assert "PATH=" in said
        assert "_proxy=" not in said.lower()
