"""tools/test: parts that leave nothing out, whose failures count, and that a signal reaches."""

import json
import os
import re
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PART = """#!/bin/sh
trap 'echo down > {here}/$$.down; exit 2' TERM
echo "$@" > {here}/$$.asked
echo part $$
{then}
"""
WAITS = """
echo $1 > {here}/ready
while :; do sleep 0.05; done
"""
TOOL = runpy.run_path(str(ROOT / "tools/test"))
AT_ONCE = min(TOOL["AT_ONCE"], len(TOOL["PARTS"]))


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts tools/test with a pytest of ours, which has ended when the test has."""
    started: list[subprocess.Popen[str]] = []

    def start(then: str, *arguments: str) -> subprocess.Popen[str]:
        (tmp_path / "pytest").write_text(PART.format(here=tmp_path, then=then.format(here=tmp_path)))
        (tmp_path / "pytest").chmod(0o755)
        os.mkfifo(tmp_path / "ready")
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
    """What pytest was run with, without the folder that it notes failures in."""
    texts = (each.read_text().strip() for each in tmp_path.glob("*.asked"))
    return sorted(re.sub(r" -o cache_dir=\S+", "", text) for text in texts)


def test_the_parts_together_are_all_tests(tmp_path, run):
    """Each test is in exactly one of them, and all are shown."""
    said, _ = run("exit 0").communicate()
    parts = asked(tmp_path)
    tests = [
        each.relative_to(ROOT) for top in ("tests", "e2e/suite") for each in ROOT.glob(f"{top}/**/test_*.py")
    ]
    for test in tests:
        assert [sum(runs(part, test) for part in parts)] == [1], test
    assert all((ROOT / each).exists() for part in parts for each in part.split() if each != "--ignore")
    assert said.count("part") == len(parts)


def runs(part: str, test: Path) -> bool:
    """Whether pytest, asked for that, runs the test."""
    wanted, *ignored = part.split(" --ignore ")
    return any(map(test.is_relative_to, wanted.split())) and not any(map(test.is_relative_to, ignored))


def test_one_that_fails_is_enough(tmp_path, run):
    """Whichever it is."""
    running = run('case "$1" in tests) exit 1;; esac')
    running.communicate()
    assert running.returncode == 1


FAILS = """
for last; do case "$last" in cache_dir=*) cache=${{last#cache_dir=}}; esac; done
case "$*" in
  *--last-failed*) exit $(cat {here}/again);;
  "e2e/suite "*) mkdir -p $cache/v/cache; cp {here}/failures $cache/v/cache/lastfailed; exit 1;;
esac
"""


@pytest.mark.parametrize(
    ("failures", "again", "code"),
    [
        pytest.param(1, 0, 0, id="passes alone"),
        pytest.param(1, 1, 1, id="fails alone, too"),
        pytest.param(TOOL["MOST_AGAIN"] + 1, 0, 1, id="too many to be an accident"),
    ],
)
def test_what_failed_is_run_once_more_alone(tmp_path, run, failures, again, code):
    """One that passes then is named, and is no failure of the run; its first failure was shown."""
    (tmp_path / "failures").write_text(json.dumps({f"test_a.py::{each}": True for each in range(failures)}))
    (tmp_path / "again").write_text(str(again))
    running = run(FAILS)
    said, _ = running.communicate()
    assert running.returncode == code
    flaky = [line.split(":")[0] for line in said.splitlines() if line.startswith("FLAKY")]
    assert flaky == (["FLAKY test_a.py"] if not code else [])


def test_arguments_are_for_one_pytest(tmp_path, run):
    """As they are typed."""
    run("exit 0", "-k", "arp", "tests/e2e").communicate()
    assert asked(tmp_path) == ["-k arp tests/e2e"]


def test_a_signal_reaches_all_and_is_waited_for(tmp_path, run):
    """Each part tears down what it has."""
    running = run(WAITS)
    with os.fdopen(os.open(tmp_path / "ready", os.O_RDWR)) as ready:
        begun = {ready.readline() for _ in range(AT_ONCE)}
    running.send_signal(signal.SIGTERM)
    running.communicate()
    assert running.returncode == 2
    assert len(begun) == len(list(tmp_path.glob("*.down"))) == len(asked(tmp_path))
