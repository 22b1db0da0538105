"""Mistakes in who may announce, who is alive and when to tell of it, kept as patches: each must be noticed.

A patch that no longer applies has to be made anew for the code as it is now.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NEEDED = ("baremetal_lb", "tests/fakes", "tests/baremetal_lb/fakes", "tests/baremetal_lb/decide")
MACHINE = "tests/baremetal_lb/decide/membership/test_machine.py"
HISTORIES = """
from tests.baremetal_lb.decide.test_rack import live_all
raise SystemExit(1 if live_all(range(400)) else 0)
"""

# By what each is noticed: the histories of a rack, or the conversations with one membership.
HISTORY, CONVERSATION = ("-c", HISTORIES), ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", MACHINE)
MUTANTS = {
    "election-prefers-itself": HISTORY,
    "election-keeps-unlinked-nodes": HISTORY,
    "election-forgets-who-leaves": HISTORY,
    "silence-never-counts": HISTORY,
    "pauses-go-unnoticed": HISTORY,
    "no-burst": HISTORY,
    "first-use-is-not-asked-for": HISTORY,
    "pauses-are-forgiven-at-once": CONVERSATION,
    "leaving-takes-no-time": CONVERSATION,
    "replays-count": CONVERSATION,
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("mutant", "judge"), MUTANTS.items(), ids=MUTANTS)
def test_a_mistake_is_noticed(tmp_path, mutant, judge):
    """With it in a copy of the code, something fails."""
    for each in NEEDED:
        shutil.copytree(ROOT / each, tmp_path / each, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    applied = subprocess.run(
        ["git", "apply", HERE / f"{mutant}.patch"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert applied.returncode == 0, applied.stderr

    judged = subprocess.run(
        [sys.executable, *judge], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert judged.returncode == 1, judged.stdout + judged.stderr
    assert "ImportError" not in judged.stderr + judged.stdout


def test_every_patch_has_its_judge():
    """None is forgotten."""
    assert {path.stem for path in HERE.glob("*.patch")} == MUTANTS.keys()
