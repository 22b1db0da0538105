"""What is a label's key, and what its value: as the API has it."""

import pytest

from mockcloud.kube.resources.validation import formats
from mockcloud.labels import is_key, is_value, node_taint

TEXTS = (
    "",
    "a",
    "A.b_c-1",
    "-a",
    "a-",
    "a b",
    "a" * 63,
    "a" * 64,
    "x/y",
    "x.y/z",
    "X/y",
    "x//y",
    "/y",
    "x/",
    "\u00e9",
)


@pytest.mark.parametrize("text", TEXTS)
def test_it_is_what_the_api_takes(text):
    """Else a lab would begin, and its API refuse the nodes."""
    assert is_value(text) is (formats.label_value(text) == [])
    assert is_key(text) is (formats.qualified_name(text) == [])


@pytest.mark.parametrize(
    ("text", "taint"),
    [
        ("dedicated=db:NoSchedule", {"key": "dedicated", "value": "db", "effect": "NoSchedule"}),
        ("a.b/c:NoExecute", {"key": "a.b/c", "effect": "NoExecute"}),
        ("a=:PreferNoSchedule", {"key": "a", "value": "", "effect": "PreferNoSchedule"}),
        ("a", None),
        ("a:Never", None),
        (":NoSchedule", None),
        ("a=b c:NoSchedule", None),
    ],
)
def test_taints_as_a_kubelet_takes_them(text, taint):
    """KEY[=VALUE]:EFFECT."""
    if taint is None:
        with pytest.raises(ValueError, match="is no taint: expected KEY"):
            node_taint(text)
    else:
        assert node_taint(text) == taint
