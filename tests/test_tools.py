"""tools/test: two halves that leave nothing out, whose failures count, and that a signal reaches."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HALF = """#!/bin/sh
trap 'echo down > {here}/$$.down; exit 2' TERM
echo "$@" > {here}/$$.asked
echo half $$
{then}
"""
WAITS = "echo ready > {here}/ready; while :; do sleep 0.05; done"


def runner(tmp_path: Path, then: str, *arguments: str) -> subprocess.Popen[str]:
    """tools/test with a pytest of ours."""
    (tmp_path / "pytest").write_text(HALF.format(here=tmp_path, then=then.format(here=tmp_path)))
    (tmp_path / "pytest").chmod(0o755)
    os.mkfifo(tmp_path / "ready")
    command = [sys.executable, ROOT / "tools/test", tmp_path, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def asked(tmp_path: Path) -> list[str]:
    return sorted(each.read_text().strip() for each in tmp_path.glob("*.asked"))


def test_the_halves_together_are_all_tests(tmp_path):
    """What the first has the second ignores, and nothing else; both are shown."""
    said, _ = runner(tmp_path, "exit 0").communicate()
    first, rest = sorted(asked(tmp_path), key=len)
    assert rest == "tests " + " ".join(f"--ignore {each}" for each in first.split())
    assert all((ROOT / each).is_dir() for each in first.split())
    assert said.count("half") == 2


def test_one_that_fails_is_enough(tmp_path):
    """Whichever it is."""
    running = runner(tmp_path, 'case "$1" in tests) exit 1;; esac')
    running.communicate()
    assert running.returncode == 1


def test_arguments_are_for_one_pytest(tmp_path):
    """As they are typed."""
    runner(tmp_path, "exit 0", "-k", "arp", "tests/e2e").communicate()
    assert asked(tmp_path) == ["-k arp tests/e2e"]


def test_a_signal_reaches_both_and_is_waited_for(tmp_path):
    """Each half tears down what it has."""
    running = runner(tmp_path, WAITS)
    said = ""
    while said.count("ready") < 2:
        said += (tmp_path / "ready").read_text()
    running.send_signal(signal.SIGTERM)
    running.communicate()
    assert running.returncode == 2
    assert len(list(tmp_path.glob("*.down"))) == 2
