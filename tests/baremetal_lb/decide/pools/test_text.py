"""YAML, bounded in size, depth and number."""

import pytest

from baremetal_lb.decide.pools import text
from baremetal_lb.decide.pools.text import load
from baremetal_lb.model.errors import ConfigRejected


def refused(written):
    with pytest.raises(ConfigRejected) as caught:
        load(written)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("", None),
        ("a: [1, b]", {"a": ["1", "b"]}),
        ("a: '1'", {"a": "1"}),
        ("a: &x {b: c}\nd: *x", {"a": {"b": "c"}, "d": {"b": "c"}}),
        ("a: &x {b: c, e: f}\nd: {<<: *x, e: g}", {"a": {"b": "c", "e": "f"}, "d": {"b": "c", "e": "g"}}),
        ("---\na: b\n---\n", {"a": "b"}),
    ],
)
def test_a_text_is_read_to_plain_values(written, value):
    """Scalars stay as they are written: what they mean depends on what is expected."""
    assert load(written) == value


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("a: 1\na: 2", "'a' is written twice"),
        ("{[a]: b}", "a list or mapping as a key"),
        ("a: !!python/object:os.system x", "is not known"),
        ("a: b\n---\nc: d", "has 2 documents"),
        ("a: [", "not valid YAML"),
        ("a:\n\t- b", "not valid YAML"),
        ("\x00", "not a text"),
        ("<<: 5", "merges mappings"),
    ],
)
def test_what_is_wrong_is_told(written, why):
    """Never by a stack trace."""
    assert why in refused(written)


def test_a_fault_has_its_line():
    """A person looks there first."""
    assert "line 2" in refused("a: 1\na: 2")


def test_a_text_may_not_be_too_long(monkeypatch):
    """Nor may it grow: aliases count as what they stand for."""
    monkeypatch.setattr(text, "MAX_BYTES", 10)
    assert "at most 10" in refused("a: " + "b" * 10)
    monkeypatch.undo()
    monkeypatch.setattr(text, "MAX_VALUES", 20)
    assert "more than 20 values" in refused("a: &a [1, 2, 3, 4]\nb: &b [*a, *a]\nc: [*b, *b]")


def test_a_text_may_not_be_too_deep():
    """Nor does reading one take a stack of calls."""
    assert load("a: " + "[" * 30 + "]" * 30)
    refused("a: " + "[" * 5000 + "]" * 5000)
