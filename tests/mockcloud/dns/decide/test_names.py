"""Names in the form that they travel in."""

from ipaddress import ip_address

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.dns.decide.names import (
    ROOT,
    child,
    first_label,
    is_below,
    parent_of,
    parse,
    reverse,
    text,
    upwards,
)

LABELS = st.text("abcxyz019-", min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        pytest.param("web.local", b"\x03web\x05local\x00", id="two-labels"),
        pytest.param("WEB.Local.", b"\x03web\x05local\x00", id="lower-case-and-last-dot"),
        pytest.param(".", b"\x00", id="root"),
        pytest.param("", b"\x00", id="nothing-is-the-root"),
    ],
)
def test_a_text_becomes_a_name(written, wire):
    """RFC 1035 3.1, in lower case."""
    assert parse(written) == wire


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("a..b", id="empty-label"),
        pytest.param("a" * 64, id="label-too-long"),
        pytest.param(".".join(["abcdefghi"] * 26), id="name-too-long"),
        pytest.param("ä.local", id="not-ascii"),
    ],
)
def test_what_can_be_no_name_is_refused(written):
    """RFC 1035 2.3.4: 63 bytes a label, 255 a name."""
    with pytest.raises(ValueError, match=r"expected|ascii"):
        parse(written)


@given(st.lists(LABELS, min_size=1, max_size=8))
def test_the_form_is_that_of_dnspython(labels):
    """One form for both: what is compared here is what dnspython writes."""
    written = ".".join(labels)

    assert parse(written) == dns.name.from_text(written).to_wire()
    assert text(parse(written)) == f"{written}."


def test_a_name_knows_its_parents():
    """From itself up to the root."""
    name = parse("a.b.c")

    assert [text(each) for each in upwards(name)] == ["a.b.c.", "b.c.", "c.", "."]
    assert parent_of(name) == parse("b.c")
    assert first_label(name) == "a"
    assert child("A", parse("b.c")) == name


@pytest.mark.parametrize(
    ("name", "top", "below"),
    [
        pytest.param("a.b", "b", True, id="child"),
        pytest.param("b", "b", True, id="itself"),
        pytest.param("b", ".", True, id="all-below-the-root"),
        pytest.param("xb", "b", False, id="same-letters-at-the-end"),
        pytest.param("b", "a.b", False, id="parent"),
    ],
)
def test_below_means_by_labels(name, top, below):
    """Not by letters."""
    assert is_below(parse(name), parse(top)) is below


def test_a_suffix_inside_a_label_is_not_below():
    """A label may hold any byte, also those of another name."""
    assert not is_below(b"\x07xx\x01b\x00\x00\x00\x00", b"\x01b\x00\x00\x00\x00")
    assert not is_below(b"\x03a\x01b\x00", b"\x01b\x00")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        pytest.param("10.96.0.1", "1.0.96.10.in-addr.arpa", id="ipv4"),
        pytest.param("fd00::1", "1." + "0." * 29 + "d.f.ip6.arpa", id="ipv6"),
    ],
)
def test_an_address_has_a_reverse_name(address, name):
    """RFC 1035 3.5, RFC 3596 2.5."""
    assert reverse(ip_address(address)) == parse(name)


def test_bytes_that_are_no_text_are_shown():
    """Nothing that a client sends may raise here."""
    assert text(b"\x02\xff.\x00") == "\\xff.."
    assert text(ROOT) == "."
