"""Every annotation that docs/admin.md lists has its scenario."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ASKED = re.compile(r"annotation `(?:baremetal-lb\.io/)?([a-zA-Z-]+)`")


def test_every_annotation_that_a_service_may_have_is_in_a_scenario():
    """Of the section on what a Service may ask: its name stands in some scenario."""
    page = (ROOT / "docs" / "admin.md").read_text()
    section = page.partition("## What a Service may ask")[2].partition("\n## ")[0]
    listed = set(ASKED.findall(section))
    assert len(listed) >= 4
    scenarios = "".join(each.read_text() for each in (ROOT / "e2e" / "suite" / "scenarios").glob("test_*.py"))

    assert {each for each in listed if each not in scenarios} == set()
