"""tools/test: parts that leave nothing out, whose failures count, and that a signal reaches."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What each part is asked for first.
FIRSTS = (
    "tests",
    "tests/baremetal_lb/run",
    "tests/e2e",
    "tests/mockcloud/node",
    "tests/mockcloud/controllers",
    "tests/mockcloud/cloud",
    "e2e/suite",
)
PART = """#!/bin/sh
trap 'echo down > {here}/$$.down; exit 2' TERM
echo "$@" > {here}/$$.asked
echo part $$
{then}
"""
WAITS = """
echo ready > {here}/ready-$(echo "$1" | tr / -)
while :; do sleep 0.05; done
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts tools/test with a pytest of ours, which has ended when the test has."""
    started: list[subprocess.Popen[str]] = []

    def start(then: str, *arguments: str) -> subprocess.Popen[str]:
        (tmp_path / "pytest").write_text(PART.format(here=tmp_path, then=then.format(here=tmp_path)))
        (tmp_path / "pytest").chmod(0o755)
        for part in FIRSTS:
            os.mkfifo(tmp_path / f"ready-{part.replace('/', '-')}")
        command = [sys.executable, ROOT / "tools/test", tmp_path, *arguments]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True))
        return started[-1]

    yield start
    for each in started:
        with suppress(ProcessLookupError):
            os.killpg(each.pid, signal.SIGKILL)
        each.wait()
        each.stdout.close()


def asked(tmp_path: Path) -> list[str]:
    return sorted(each.read_text().strip() for each in tmp_path.glob("*.asked"))


def test_the_parts_together_are_all_tests(tmp_path, run):
    """What others have the last one ignores, and nothing else; all are shown."""
    said, _ = run("exit 0").communicate()
    rest, *parts = sorted(asked(tmp_path), key=lambda each: "--ignore" not in each)
    ignored = [each for each in rest.split() if each != "--ignore"]
    assert ignored[0] == "tests"
    assert sorted(ignored[1:]) == sorted(each for part in parts for each in part.split())
    assert all((ROOT / each).is_dir() for each in ignored)
    assert said.count("part") == len(parts) + 1


def test_one_that_fails_is_enough(tmp_path, run):
    """Whichever it is."""
    running = run('case "$1" in tests) exit 1;; esac')
    running.communicate()
    assert running.returncode == 1


def test_arguments_are_for_one_pytest(tmp_path, run):
    """As they are typed."""
    run("exit 0", "-k", "arp", "tests/e2e").communicate()
    assert asked(tmp_path) == ["-k arp tests/e2e"]


def test_a_signal_reaches_all_and_is_waited_for(tmp_path, run):
    """Each part tears down what it has."""
    running = run(WAITS)
    for part in FIRSTS:
        assert (tmp_path / f"ready-{part.replace('/', '-')}").read_text() == "ready\n"
    running.send_signal(signal.SIGTERM)
    running.communicate()
    assert running.returncode == 2
    assert len(list(tmp_path.glob("*.down"))) == len(FIRSTS)
