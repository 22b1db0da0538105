"""$(NAME) as kubelet fills it in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.node.pods.environment.expansion import expand, lookup

KNOWN = {"VAR_A": "A", "VAR_B": "B", "EMPTY": "", "VAR_REF": "$(VAR_A)"}
NAMES = st.text(alphabet="ABC_", min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("$(VAR_A)-$(VAR_B)", "A-B", id="two"),
        pytest.param("$(EMPTY)x", "x", id="empty-value"),
        pytest.param("$(NOPE)", "$(NOPE)", id="unknown-stays"),
        pytest.param("$$(VAR_A)", "$(VAR_A)", id="escaped"),
        pytest.param("$$$(VAR_A)", "$A", id="escaped-dollar-then-reference"),
        pytest.param("$$$$(VAR_A)", "$$(VAR_A)", id="two-escapes"),
        pytest.param("$(VAR_REF)", "$(VAR_A)", id="not-twice"),
        pytest.param("$VAR_A", "$VAR_A", id="a-shells-form-is-not-ours"),
        pytest.param("f000-$(VAR_A", "f000-$(VAR_A", id="never-closed"),
        pytest.param("$(VAR_A$(VAR_B)", "$(VAR_A$(VAR_B)", id="nested-is-a-strange-name"),
        pytest.param("$()", "$()", id="no-name"),
        pytest.param("cost: 5$", "cost: 5$", id="last-dollar"),
        pytest.param("$(VAR_A))", "A)", id="one-bracket-too-many"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_references_are_filled_in_as_kubelets_table_has_them(text, expected):
    """Known names once, unknown ones stay, `$$` is one dollar."""
    assert expand(text, lookup(KNOWN)) == expected


def test_the_first_layer_that_knows_a_name_decides():
    """What was defined before, then the Services' variables."""
    assert expand("$(A)$(B)", lookup({"A": "1"}, {"A": "2", "B": "3"})) == "13"


@given(st.text())
def test_doubling_every_dollar_keeps_any_text_as_it_is(text):
    """Escaping is always possible."""
    assert expand(text.replace("$", "$$"), lookup(KNOWN)) == text


@given(st.lists(st.tuples(st.text(alphabet="xyz().-", max_size=4), NAMES)), st.dictionaries(NAMES, st.text()))
def test_each_reference_becomes_its_value_and_nothing_else_changes(parts, values):
    """Text without dollars is copied; a reference is its value, or itself."""
    text = "".join(f"{plain}$({name})" for plain, name in parts)
    expected = "".join(plain + values.get(name, f"$({name})") for plain, name in parts)
    assert expand(text, lookup(values)) == expected
