"""What may be typed as the target."""

import pytest

from mockcloud.lab.errors import UsageError
from mockcloud.trace.model import Protocol, Target
from mockcloud.trace.target import parse_target


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("http://192.168.10.200", Target("192.168.10.200", 80, path="/")),
        ("http://web:8080/a?b=c", Target("web", 8080, path="/a?b=c")),
        ("http://[fd00:10::200]/", Target("fd00:10::200", 80, path="/")),
        ("192.168.10.200:443", Target("192.168.10.200", 443)),
        ("[fd00::1]:53", Target("fd00::1", 53)),
        ("tcp://web:1", Target("web", 1)),
        ("udp://web:53", Target("web", 53, Protocol.UDP)),
    ],
)
def test_a_target_is_a_url_or_a_host_and_a_port(text, target):
    """And it is shown as it could have been typed."""
    assert parse_target(text) == target
    assert parse_target(str(target)) == target


@pytest.mark.parametrize(
    "text", ["", "web", "https://web/", "web:0", "web:70000", "web:x", "ftp://web:1", "a:1/b"]
)
def test_anything_else_says_what_was_expected(text):
    """With what was typed."""
    with pytest.raises(UsageError, match=r"expected http://HOST"):
        parse_target(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("https://web/x", "trace web:443", id="port-of-https"),
        pytest.param("https://192.168.10.10:6443", "trace 192.168.10.10:6443", id="port-given"),
    ],
)
def test_https_is_told_what_to_trace_instead(text, hint):
    """The connection itself can be traced; the words can be typed as they stand."""
    with pytest.raises(UsageError, match=f"; https is not spoken here: {hint}$"):
        parse_target(text)
