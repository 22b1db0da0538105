"""A pod's program that an interpreter has imported already."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def told(tmp_path_factory, as_root_of_a_namespace):
    """What tests/fakes/warm_agent.py saw."""
    before = [shutil.which("unshare"), "--user", "--map-root-user", "--net", "--"]
    folder = tmp_path_factory.mktemp("agent")
    done = subprocess.run(
        [*before, sys.executable, "-m", "tests.fakes.warm_agent", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_is_forked_from_there(told):
    """With the words that its command stands for, the variables of the pod and no others; its exit code."""
    warm = told["warm"]
    said = json.loads(warm["out"])

    assert (warm["forked"], warm["code"]) == (True, 5)
    assert said == {
        "in": told["server"],
        "argv": ["one", "two", "three"],
        "sys.argv": ["/some/bin/tool", "three"],
        "environment": {"PATH": "/nowhere", "MARK": "mine"},
    }


def test_without_one_the_pod_has_an_interpreter_of_its_own(told):
    """A lab whose provider keeps none warm: the command is looked for as any other."""
    cold = told["cold"]
    assert cold["forked"] is False
    assert "/some/bin/tool" in cold["code"]
