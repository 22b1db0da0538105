"""The pages hang together: numbers are unique, references lead somewhere, nothing is said twice."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def slug(heading: str) -> str:
    """As GitHub makes a heading's anchor."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_decisions_are_numbered_once_and_without_a_gap():
    """Branches that landed side by side took one number twice."""
    assert [page.name[:4] for page in DECISIONS] == [f"{n:04}" for n in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_is_headed_by_the_number_of_its_file(page):
    """Renaming the file alone is half the work."""
    assert page.read_text().startswith(f"# {int(page.name[:4])}. ")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_reference_names_the_decision_it_leads_to(page):
    """`[decision 8](decisions/0008-...)`, and a bare `decision 8` is one that there is."""
    text = page.read_text()

    for number, target in re.findall(r"\[decision (\d+)\]\([^)]*?(\d{4})-[^)]*\)", text):
        assert int(number) == int(target)
    for number in re.findall(r"\bdecision (\d+)", text):
        assert 1 <= int(number) <= len(DECISIONS)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_inside_the_repository_leads_to_a_page_and_heading(page):
    """A reader who clicks arrives."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        if anchor:
            assert anchor in map(slug, re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)), target


def test_the_changelog_says_nothing_twice():
    """It merges by union, which doubles what two branches moved."""
    lines = Counter((ROOT / "CHANGELOG.md").read_text().splitlines())

    assert [line for line, times in lines.items() if times > 1 and line.startswith(("- ", "  "))] == []


def test_the_glossary_names_what_there_is():
    """Each class in it is one of the packages'."""
    named = set(re.findall(r"`([A-Z]\w+[a-z]\w*)`", (ROOT / "docs/glossary.md").read_text()))
    sources = [
        each.read_text() for room in ("baremetal_lb", "mockcloud") for each in (ROOT / room).rglob("*.py")
    ]
    classes = {name for source in sources for name in re.findall(r"^class (\w+)", source, re.MULTILINE)}
    assert named - classes <= {"Allocated", "Announced"}  # conditions
    assert len(named) > 20
