"""Mistakes are made in the code, one at a time; each has to be noticed by a history or a conversation."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.baremetal_lb.mutants.engine import Mutant, NotFoundError, mutate
from tests.baremetal_lb.mutants.mistakes import MISTAKES

ROOT = Path(__file__).parents[3]
# What a mistake must not be noticed by: that is no judgement, but code that does not run.
BROKEN = (
    "ImportError",
    "NameError",
    "SyntaxError",
    "TypeError",
    "AttributeError",
    "UnboundLocalError",
    "NotFoundError",
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_noticed(name):
    """With it in the code, something fails, and by what it asserts."""
    judged = subprocess.run(
        [sys.executable, "-m", "tests.baremetal_lb.mutants.engine", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = judged.stdout + judged.stderr
    assert judged.returncode == 1, said
    assert not [each for each in BROKEN if each in said], said


CODE = """
class Machine:
    def act(self):
        first()
        if ready:
            second(1, 2)
        third()
"""


def mutated(**change: str) -> str:
    return ast.unparse(mutate(ast.parse(CODE), Mutant("m", "Machine.act", **change)))


def test_a_statement_is_replaced_dropped_or_moved():
    """Whatever else is in the file, and however it is laid out."""
    assert "second(2, 1)" in mutated(was="second( 1,2 )", now="second(2, 1)")
    assert "if ready:\n            pass" in mutated(was="second(1, 2)")
    assert "if False" in mutated(was="ready", now="False")
    assert "third()\n        first()" in mutated(was="first()", after="third()")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"was": "fourth()"}, id="statement"),
        pytest.param({"was": "first()", "after": "fourth()"}, id="place"),
    ],
)
def test_what_is_not_there_is_an_error(change):
    """A mistake that cannot be made would never be noticed."""
    with pytest.raises(NotFoundError):
        mutated(**change)
