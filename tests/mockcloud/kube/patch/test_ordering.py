"""The order of merged lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.kube.patch.ordering import in_order


@pytest.mark.parametrize(
    ("items", "wanted", "held", "ordered"),
    [
        pytest.param("abc", "cab", "abc", "cab", id="all-named"),
        pytest.param("abcx", "cb", "xabc", "xacb", id="others-before-what-they-preceded"),
        pytest.param("abcn", "nb", "abc", "nabc", id="new-item-first"),
        pytest.param("abc", "", "abc", "abc", id="nothing-named"),
    ],
)
def test_in_order(items, wanted, held, ordered):
    """One row a rule."""
    assert "".join(in_order(items, wanted, held, str)) == ordered


@given(st.permutations("abcdef"), st.permutations("abcdef"), st.integers(0, 6))
def test_order_keeps_every_item_and_both_relative_orders(held, wanted, named):
    """Nothing is lost; the named ones stand as wanted, the others as held."""
    ordered = in_order(held, wanted[:named], held, str)
    assert sorted(ordered) == sorted(held)
    assert [each for each in ordered if each in wanted[:named]] == wanted[:named]
    assert [each for each in ordered if each not in wanted[:named]] == [
        e for e in held if e not in wanted[:named]
    ]
