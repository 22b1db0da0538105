"""`make demo` as a person runs it: as root, and as an ordinary user."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from mockcloud.lab.state import LabFolder

pytestmark = [pytest.mark.netns]

ROOT = Path(__file__).parents[2]
NOBODY = 65534
IMPORTS = "import aiohttp, mockcloud, baremetal_lb, e2e"


@dataclass(frozen=True)
class Person:
    """Who runs the demonstration: with which Python, as which user, with which home."""

    python: str
    environment: dict[str, str]
    user: int | None
    home: Path

    def run(self, *arguments):
        """The finished process."""
        return subprocess.run(
            [self.python, *arguments],
            cwd=ROOT,
            env=self.environment,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )


@pytest.fixture
def ourselves(tmp_path):
    """Whoever runs the tests."""
    return Person(sys.executable, {**os.environ, "XDG_STATE_HOME": str(tmp_path)}, None, tmp_path)


@pytest.fixture
def ordinary_user():
    """Nobody, where we are root; skips where that user can read neither this checkout nor a Python."""
    if os.getuid() != 0:
        pytest.skip("not root: the test as ourselves is the one as an ordinary user")
    home = Path(tempfile.mkdtemp(prefix="demo-"))  # pytest's own folders are closed to other users
    os.chown(home, NOBODY, NOBODY)
    try:
        yield _who_can_import(home)
    finally:
        shutil.rmtree(home)


def _who_can_import(home):
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    path = os.pathsep.join(each for each in sys.path if "site-packages" in each)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_STATE_HOME": str(home),
        "PYTHONPATH": path,
    }
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        person = Person(python, environment, NOBODY, home)
        try:
            if person.run("-c", IMPORTS).returncode == 0:
                return person
        except OSError:
            continue  # not there, or in a folder closed to that user
    return pytest.skip(f"uid {NOBODY} can read no {version} together with this checkout and its packages")


def processes_of(home):
    """Who still runs with that home; namespaces live by their processes, and other labs may run here."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(home).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes())
        except OSError:
            continue  # it has just ended, or is another user's
    return found


@pytest.mark.parametrize("who", ["ourselves", "ordinary_user"])
def test_the_demonstration_shows_every_hop_and_leaves_nothing(who, request):
    """Its exit code is 0 only if each answer was right; afterwards no process and no file is left."""
    person = request.getfixturevalue(who)

    result = person.run("-m", "e2e.demo")

    said = result.stdout
    assert result.returncode == 0, said + result.stderr
    assert "EXTERNAL-IP: <pending>" in said
    assert "EXTERNAL-IP: 192.168.10.2" in said
    assert "Announced: 192.168.10.2" in said
    assert "which is node-" in said, "somebody answered ARP, and it was a node"
    for way in ("the external IP", "a NodePort of node-", "the ClusterIP, from pod whoami-"):
        assert f"through {way}" in said
    assert "Every answer was right" in said
    assert "\x1b" not in said, "no colour where there is no terminal"
    assert not processes_of(person.home)
    assert not list(person.home.iterdir())


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (signal.SIGTERM, "mockcloud up"),
        (signal.SIGHUP, "kubectl apply"),
        (signal.SIGTERM, "a speaker announces"),
        (signal.SIGINT, "client asks the LAN"),
        (signal.SIGTERM, "through the external IP"),
        (signal.SIGHUP, "Every answer was right"),
    ],
)
def test_a_signal_at_any_step_takes_the_lab_with_it(ourselves, number, step):
    """One message, the exit code that a shell gives to that signal, and nothing is left."""
    command = [ourselves.python, "-m", "e2e.demo"]
    environment = {**ourselves.environment, "PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as demo:
        said = ""
        for line in demo.stdout:
            said += line
            if step in line:
                demo.send_signal(number)
                break
        said += demo.stdout.read()

    assert demo.returncode == 128 + number, said
    assert said.count("The demonstration failed:") == 1
    assert f"The demonstration failed: interrupted by {number.name}" in said
    assert "Traceback" not in said
    assert not processes_of(ourselves.home)
    assert not list(ourselves.home.iterdir())


def test_a_step_that_fails_is_one_message_with_the_commands_own_words(ourselves, tmp_path):
    """A kubectl that refuses: neither a stack trace nor a group of exceptions."""
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "kubectl").write_text("#!/bin/sh\necho 'error: the server is on fire' >&2; exit 3\n")
    (broken / "kubectl").chmod(0o755)
    state = tmp_path / "state"
    path = f"{broken}:{os.environ['PATH']}"
    environment = {**ourselves.environment, "PATH": path, "XDG_STATE_HOME": str(state)}

    result = Person(ourselves.python, environment, None, state).run("-m", "e2e.demo")

    assert result.returncode == 1
    _, _, message = result.stdout.partition("The demonstration failed: ")
    assert message.splitlines()[0].startswith("kubectl apply -f ")
    assert message.splitlines()[1:] == ["error: the server is on fire"]
    assert "Traceback" not in result.stdout + result.stderr
    assert not processes_of(state)


def test_a_lab_that_was_kept_outlives_the_next_demonstration(ourselves):
    """After KEEP=1 the name is taken: the second one says so, and stops nobody's lab but its own."""
    kept = LabFolder("demo", ourselves.home / "mockcloud" / "demo")
    lock = kept.acquire()

    result = ourselves.run("-m", "e2e.demo")

    assert result.returncode == 1
    assert re.search(
        r"a lab called 'demo' is already up: stop it with `.*mockcloud down --name demo`", result.stderr
    )
    assert "Traceback" not in result.stderr
    assert kept.path.exists()
    os.close(lock)
