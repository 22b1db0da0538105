"""The SELECTs that the stand-ins for SQL databases answer, and those that they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.node.programs.sql.language import Refused, Row, Surroundings, first_word, select, statements

AROUND = Surroundings(
    {
        "version": lambda: "1.0",
        "@@hostname": lambda: "pod-0",
        "twice": lambda value: value * 2,
        "current_user": lambda: "admin",
    },
    {"lab": {"pod": "pod-0", "node": "node-1"}},
    unnamed="?column?",
)


@pytest.mark.parametrize(
    ("statement", "names", "values"),
    [
        ("select 1", ("?column?",), (1,)),
        ("SELECT 1 AS one, 'it''s' text", ("one", "text"), (1, "it's")),
        ("select version()", ("version",), ("1.0",)),
        ("select pg_catalog.version()", ("pg_catalog.version",), ("1.0",)),
        ("select current_user", ("current_user",), ("admin",)),
        ("select @@global.hostname limit 1", ("@@global.hostname",), ("pod-0",)),
        (
            "select twice(1 + 2) - 1, 1.5, null, true",
            ("twice", *["?column?"] * 1, "null", "true"),
            (5, 1.5, None, True),
        ),
        ("select 'a' || 'b', -3", ("?column?", "?column?"), ("ab", -3)),
        ("select '1'::text", ("?column?",), ("1",)),
        ("select * from lab", ("pod", "node"), ("pod-0", "node-1")),
        ("select node as where_it_is from lab", ("where_it_is",), ("node-1",)),
        ("select 1 from dual", ("?column?",), (1,)),
        ("select 1 -- a comment", ("?column?",), (1,)),
    ],
)
def test_what_is_answered(statement, names, values):
    """Names and values of the one row."""
    assert select(statement, AROUND) == Row(names, values)


def test_a_column_without_a_name_may_be_named_by_its_text():
    """As MySQL does it."""
    around = Surroundings(AROUND.functions)
    assert select("select version(), 1", around).names == ("version()", "1")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("select foo", "nothing that this lab's stand-in knows"),
        ("select * from users", 'relation "users" does not exist'),
        ("select 1 +", "syntax error at end of input"),
        ("select", "syntax error at end of input"),
        ("select 1 2 3", 'syntax error at or near "2"'),
        ("select ?", "syntax error at or near"),
        ("select twice()", "cannot be called"),
        ("select 'a' + 1", "operator does not exist"),
        ("select 1 where 1", 'syntax error at or near "1"'),
    ],
)
def test_what_is_refused(statement, why):
    """With the reason, never with a made-up answer."""
    with pytest.raises(Refused, match=why):
        select(statement, AROUND)


def test_statements_end_at_semicolons_outside_quotes():
    """A text may hold several."""
    assert statements("select 'a;b'; begin ;; commit") == ["select 'a;b'", "begin", "commit"]
    assert [first_word(each) for each in ("  Select 1", "123", "")] == ["SELECT", "", ""]


@given(st.text(alphabet="select1,()'*@from lab+-|:;\"`?", max_size=40))
def test_any_text_is_answered_or_refused(text):
    """Nothing else comes out of it."""
    try:
        row = select(f"select {text}", AROUND)
    except Refused:
        return
    assert len(row.names) == len(row.values)
