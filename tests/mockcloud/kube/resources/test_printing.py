"""Ages and short lists."""

import pytest

from mockcloud.kube.resources.printing import duration, few, since


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (185, "3m5s"), (599, "9m59s"),
        (600, "10m"), (10799, "179m"), (10800, "3h"), (11100, "3h5m"), (28800, "8h"), (172799, "47h"),
        (172800, "2d"), (176400, "2d1h"), (691200, "8d"), (63071999, "729d"), (63072000, "2y"),
        (64000000, "2y10d"), (252288000, "8y"),
    ],
)  # fmt: skip
def test_durations_read_as_kubectl_writes_them(seconds, text):
    """The steps of apimachinery's HumanDuration, at each border."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("2026-11-21T12:00:00Z", "1h"), ("2026-11-21T12:59:30.123456Z", "30s"),
        ("2026-11-21T14:00:00+02:00", "1h"), (None, "<unknown>"), ("yesterday", "<unknown>"),
    ],
)  # fmt: skip
def test_since(text, age):
    """Any RFC 3339 time, whole or with a fraction; hours are shown as minutes up to three."""
    assert since(text, 1795266000) == age.replace("1h", "60m")


def test_few_says_how_many_more():
    """A long list is cut."""
    assert (few([]), few(["a", "b"]), few(["a", "b", "c", "d", "e"])) == (
        "<none>",
        "a,b",
        "a,b,c + 2 more...",
    )
