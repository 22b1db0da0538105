"""Regular expressions for interfaces' names: as Python's, and in bounded time."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.model.name_patterns import NamePattern

_PIECES = st.sampled_from(
    [
        "a",
        "b",
        "0",
        ".",
        "-",
        "[ab]",
        "[^a]",
        "[]a-b]",
        r"\d",
        r"\w",
        r"\.",
        r"[\d.]",
        "()",
        "^",
        "$",
        "{",
        "}",
    ]
)
_SIGNS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "*?", "{2}?"])
_EXPRESSIONS = st.recursive(
    st.tuples(_PIECES, _SIGNS).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map("|".join),
        st.tuples(st.sampled_from(["({})", "(?:{})"]), inner, _SIGNS).map(
            lambda each: each[0].replace("{}", each[1]) + each[2]
        ),
    ),
    max_leaves=6,
)


@given(_EXPRESSIONS, st.lists(st.text("ab0.-{}", max_size=5), min_size=1, max_size=5))
def test_matches_what_python_matches(text, names):
    """The same names, for whatever is an expression for Python."""
    try:
        expected = re.compile(text)
    except re.error:
        with pytest.raises(ValueError, match=r"."):
            NamePattern(text)
        return
    pattern = NamePattern(text)
    assert [pattern.matches(each) for each in names] == [
        each == text or expected.fullmatch(each) is not None for each in names
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a*" * 99 + "b", id="stars-in-a-row"),
        pytest.param("(" * 30 + "a" + "*)" * 30 + "*b", id="stars-in-stars"),
        pytest.param("(" + "|".join(["a"] * 95) + ")*b", id="alternatives"),
        pytest.param("(" * 24 + "a" + "?){9}" * 24 + "b", id="counts-in-counts"),
        pytest.param("(a{0,65535}){0,4294967290}b", id="great-counts"),
    ],
)
def test_no_expression_takes_long(text):
    """These keep Python's own engine busy for ever; the longest here take a few milliseconds."""
    begin = time.process_time()
    assert NamePattern(text).matches("a" * 15) is False
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(r"(a)\1", r"'\\\\1' at position 3 is not supported", id="reference"),
        pytest.param("eth(?=0)", r"'\(\?=' at position 3 is not supported", id="lookahead"),
        pytest.param("(?i)eth", r"'\(\?i' at position 0 is not supported", id="flag"),
        pytest.param("a*+", r"'\+' at position 2 is not supported", id="possessive"),
        pytest.param(r"eth\b", r"'\\\\b' at position 3 is not supported", id="word-end"),
        pytest.param("eth(", r"missing \)", id="no-expression"),
    ],
)
def test_what_needs_a_way_back_is_refused_by_name(text, why):
    """With the position, so that the writer finds it."""
    with pytest.raises(ValueError, match=why):
        NamePattern(text)
