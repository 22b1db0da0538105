"""The table in docs/cloud-controller.md is the code's own."""

from pathlib import Path

from mockcloud.ccm.aws.decide.wanted.annotations import CLASSIC, KNOWN, NETWORK

PAGE = Path(__file__).parents[4] / "docs" / "cloud-controller.md"
MARK = "<!-- made by tests/mockcloud/ccm/aws/test_coverage.py -->\n"


def test_the_page_lists_the_annotations_that_are_known():
    """To make it anew: put what the failure shows below the mark."""
    lines = []
    for name, known in sorted(KNOWN.items()):
        kinds = " | ".join("yes" if each in known.kinds else "" for each in (CLASSIC, NETWORK))
        lines.append(f"| `{name}` | {kinds} | {known.does} |")
    table = "\n".join(["| annotation | classic | NLB | value |", "|---|---|---|---|", *lines]) + "\n"
    _, _, found = PAGE.read_text().partition(MARK)
    assert found == table, f"expected:\n{table}"
