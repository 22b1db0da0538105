"""An accepted difference that no longer occurs is to be taken off the list."""

import pytest
from conformance.harness.compare import accepted_rows
from conformance.harness.contract import Sides
from conformance.harness.fidelity import DOCUMENT, document


@pytest.mark.parametrize(
    "index", [pytest.param(index, id=f"{row.where}:{row.path}") for index, row in enumerate(accepted_rows())]
)
def test_still_occurs(sides: Sides, index: int) -> None:
    """The row covered at least one difference of this run."""
    row = sides.accepted[index]
    assert index in sides.met, f"no longer a difference; remove it from accepted.toml: {row}"


def test_the_page_says_what_the_list_says() -> None:
    """docs/fidelity.md is written from the list."""
    assert document() == DOCUMENT.read_text(), "write it anew: python -m conformance.harness.fidelity"
