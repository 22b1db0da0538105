"""docs/troubleshooting.md quotes what the daemons really say, and the reasons that there really are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from baremetal_lb.model.api_names import AnnouncedReason, EventReason, Reason

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/troubleshooting.md").read_text()
SOURCES = "".join(path.read_text() for path in (ROOT / "baremetal_lb").rglob("*.py"))
LOGGED = (
    "missing right: ",
    "no pools yet",
    "cannot announce",
    "could not create the namespace for speakers",
    "the speakers' key not made",
)


@pytest.mark.parametrize("words", LOGGED)
def test_what_a_log_is_said_to_say_it_says(words):
    """Whoever searches for the words finds the line."""
    assert words in SOURCES
    assert f"`{words.strip()}" in PAGE


def test_reasons_are_the_programs_own():
    """In the first column, where a condition or an Event is quoted."""
    known = {*map(str, Reason), *map(str, AnnouncedReason), *map(str, EventReason)}
    cells = re.findall(r"^\| (`[A-Z]\w+`.*?) \|", PAGE, re.MULTILINE)
    quoted = {name for cell in cells for name in re.findall(r"`([A-Z][a-zA-Z]+)`", cell)}
    kubelets = {"ErrImagePull", "ImagePullBackOff"}
    assert len(quoted) > 10
    assert {name for name in quoted - known - kubelets if not name.startswith("BaremetalLB")} == set()


def test_every_row_says_what_to_do():
    """Whoever looks there has a problem; only the cause may go without saying."""
    rows = [each for each in PAGE.splitlines() if each.startswith("|") and not each.startswith("|---")]
    assert len(rows) > 40
    assert [each for each in rows if re.search(r"\|\s*\|$", each)] == []
