"""The lists of the suite's specs: what is chosen, and that the page of what fails is theirs."""

from __future__ import annotations

import pytest

from conformance.upstream.lists import CONFORMANCE, LISTS, NETWORK, apart, batches, chosen
from conformance.upstream.page import DOCUMENT, document
from conformance.upstream.verdict import idle, sig_of

NAMES = ["[sig-a] one", "[sig-a] two [Serial]", "[sig-b] three"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(("",), NAMES, id="all"),
        pytest.param((r"\[sig-a\]",), NAMES[:2], id="found"),
        pytest.param(("", "two"), [NAMES[0], NAMES[2]], id="left-out"),
        pytest.param(("", "", (2, 2)), [NAMES[1]], id="a-part-of-two"),
    ],
)
def test_what_is_run(asked, expected):
    """In the list's order; all parts together are all."""
    assert chosen(NAMES, *asked) == expected


def test_serial_specs_run_alone():
    """They change what the others count on."""
    assert apart(NAMES) == ([NAMES[0], NAMES[2]], [NAMES[1]])


def test_several_to_a_process():
    """Neighbours are apart, and none is left out."""
    assert batches(NAMES, 2) == [[NAMES[0], NAMES[2]], [NAMES[1]]]
    assert batches([], 2) == []


def test_the_lists_have_each_spec_once_and_each_of_a_sig():
    """The one is what `--list` wrote; the other is chosen by hand, and has none of it."""
    names = [*CONFORMANCE.specs(), *NETWORK.specs()]
    assert len(names) == len(set(names))
    assert len(CONFORMANCE.specs()) == 424
    assert "sig-?" not in set(map(sig_of, names))


@pytest.mark.parametrize("one", LISTS, ids=[each.name for each in LISTS])
def test_what_is_not_expected_to_pass_is_in_the_list_once(one):
    """Else a slip of the pen would excuse nothing, or two reasons the same spec."""
    names, known = one.specs(), one.shortcomings()
    assert idle(known, names) == []
    twice = [spec for spec in names if sum(each.covers(spec) for each in known) > 1]
    assert twice == []


def test_the_page_is_made_from_the_list():
    """`python -m conformance.upstream.page` writes it."""
    assert DOCUMENT.read_text() == document()
