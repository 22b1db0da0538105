"""Tests mirror the source: what decides has the test file of its name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = {"decide", "model"}


def behaves(path: Path) -> bool:
    """Whether a file has any function: values without one have nothing to test by themselves."""
    return any(isinstance(each, ast.FunctionDef) for each in ast.walk(ast.parse(path.read_text())))


FILES = [
    path.relative_to(ROOT)
    for package in ("baremetal_lb", "mockcloud")
    for path in sorted((ROOT / package).rglob("*.py"))
    if PURE & set(path.parent.parts) and path.name != "__init__.py" and behaves(path)
]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_what_decides_has_the_test_file_of_its_name(path):
    """Whoever changes it finds at first guess what holds it; the file tests it by its own name."""
    test = ROOT / "tests" / path.parent / f"test_{path.name}"
    assert test.exists(), f"{path} has behaviour: expected its tests in {test.relative_to(ROOT)}"
    functions = (each for each in ast.walk(ast.parse(test.read_text())) if isinstance(each, ast.FunctionDef))
    assert any(each.name.startswith("test_") for each in functions), f"{test.name} has no test"
