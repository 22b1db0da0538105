"""Objects that are not as they should be."""

import pytest

from mockcloud.client.odd import MALFORMED, readable, skipping, why


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(
            ValueError("'localhost' is not an address"), "'localhost' is not an address", id="a-sentence"
        ),
        pytest.param(KeyError("port"), "KeyError: 'port'", id="a-word-alone"),
        pytest.param(ValueError("a\nb" + "x" * 1000), "a b" + "x" * 297, id="one-line-of-bounded-length"),
    ],
)
def test_reasons(error, text):
    """A line that says what is wrong."""
    assert why(error) == text


@pytest.mark.parametrize("error", MALFORMED)
def test_what_an_odd_object_breaks_is_said_and_ends_there(error, caplog):
    """Its kind and name, and why; nothing else suffers."""

    def convert(_obj):
        raise error

    assert readable("service (DNS)", ("default", "web"), convert, {}) is None
    assert "service (DNS) default/web is left out, it cannot be used:" in caplog.text
    assert readable("service", ("default", "web"), convert, None) is None


def test_other_failures_are_not_hidden():
    """An API that refuses, a disk that is full: not the object's fault."""
    full = OSError("full")
    with pytest.raises(OSError, match="full"), skipping("pod", ("a", "b")):
        raise full
