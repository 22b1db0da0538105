"""Quantities in whole units."""

import pytest

from mockcloud.quantities import amount, in_units


@pytest.mark.parametrize(
    ("quantity", "divisor", "expected"),
    [
        ("64Mi", "1Mi", 64),
        ("64Mi", "0", 67108864),
        ("1500m", "1", 2),
        ("1500m", "1m", 1500),
        ("250m", "0", 1),
        ("1e3", "1", 1000),
        ("1.5Gi", "1Mi", 1536),
        ("2k", "1", 2000),
        ("1E", "1P", 1000),
        ("1e-10", "1n", 1),
        ("1e999999999", "1", 2**63 - 1),
        ("-1e999999999", "1", 1 - 2**63),
        ("1e-999999999", "1n", 1),
        ("1", "1e-999999999", 10**9),
    ],
)
def test_a_quantity_is_divided_and_rounded_up(quantity, divisor, expected):
    """As the downward API gives it to a container; divisor 0 means 1; no exponent takes long."""
    assert in_units(quantity, divisor) == expected


@pytest.mark.parametrize("text", ["", "Mi", "1.2.3", "5KB", "1 Gi"])
def test_what_is_no_quantity_is_named(text):
    """The text, and what was expected."""
    with pytest.raises(ValueError, match="expected a number"):
        amount(text)
