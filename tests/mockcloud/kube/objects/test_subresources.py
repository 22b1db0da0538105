"""Selectors as text."""

import pytest

from mockcloud.kube.objects.subresources import selector_text


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        pytest.param({}, "", id="empty"),
        pytest.param({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2", id="labels"),
        pytest.param(
            {"matchExpressions": [{"key": "k", "operator": "In", "values": ["b", "a"]}]},
            "k in (a,b)",
            id="in",
        ),
        pytest.param(
            {"matchExpressions": [{"key": "k", "operator": "NotIn", "values": ["a"]}]},
            "k notin (a)",
            id="notin",
        ),
        pytest.param({"matchExpressions": [{"key": "k", "operator": "Exists"}]}, "k", id="exists"),
        pytest.param({"matchExpressions": [{"key": "k", "operator": "DoesNotExist"}]}, "!k", id="absent"),
    ],
)
def test_selector_text(selector, text):
    """What Scale.status.selector and the SELECTOR column say."""
    assert selector_text(selector) == text
