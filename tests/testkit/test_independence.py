"""Who stands on whom: the kit knows nobody who stands on it, and what is measured or shown needs no test."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ABOVE = {"bench", "conformance", "e2e", "tests"}
# What each may import of the others.
MAY = {
    "testkit": set(),
    "bench": set(),
    "e2e": set(),
    "conformance": {"tests"},  # the balancer's own scenarios, against a real API too
    "baremetal_lb": set(),
    "mockcloud": set(),
}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("package", MAY)
def test_nobody_imports_in_a_circle(package):
    """Fakes, starters and harness stood in `bench`, `conformance` and `tests`, which all knew each other."""
    forbidden = ABOVE - {package} - MAY[package]
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] in forbidden
    }
    assert found == set()
