"""Quantities: read, added and written as upstream does."""

import pytest

from mockcloud.quotas.quantities import parse_quantity


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("0.5", "500m", id="a-part"),
        pytest.param("1500m", "1500m", id="no-whole-number"),
        pytest.param("2000m", "2", id="thousandths"),
        pytest.param(1000, "1k", id="a-number"),
        pytest.param("1024Mi", "1Gi", id="binary"),
        pytest.param("1.5Gi", "1536Mi", id="binary-part"),
        pytest.param("0.5Ki", "512", id="binary-but-small"),
        pytest.param("1000e3", "1e6", id="exponent"),
        pytest.param("0", "0", id="nothing"),
        pytest.param("1.0000000001", "1000000001n", id="rounded-up"),
    ],
)
def test_texts(text, shown):
    """The canonical form."""
    assert str(parse_quantity(text)) == shown


def test_sums_are_in_the_form_of_what_was_there_first():
    """But for nothing, which has none."""
    assert str(parse_quantity("1Gi") + parse_quantity("1M")) == "1074741824"
    assert str(parse_quantity("0") + parse_quantity("2Mi")) == "2Mi"
    assert str(parse_quantity("1") - parse_quantity("2")) == "0"


@pytest.mark.parametrize("text", ["", "x", "1.5.2", "1 Gi", "1KiB"])
def test_what_is_no_quantity(text):
    """The text is named."""
    with pytest.raises(ValueError, match="expected a number with a suffix"):
        parse_quantity(text)
