"""Which labels a selector means."""

import pytest

from mockcloud.policy.decide.selectors import selector

LABELS = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("obj", "wanted"),
    [
        pytest.param({}, True, id="everything"),
        pytest.param({"matchLabels": {"app": "web"}}, True, id="label"),
        pytest.param({"matchLabels": {"app": "web", "tier": "back"}}, False, id="labels"),
        pytest.param(
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "web"]}]}, True, id="in"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False, id="not-in"
        ),
        pytest.param(
            {"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["web"]}]}, True, id="absent"
        ),
        pytest.param({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True, id="exists"),
        pytest.param(
            {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False, id="does-not"
        ),
    ],
)
def test_selectors(obj, wanted):
    """As apimachinery has them: what is not there is in no list, and so NotIn."""
    assert selector(obj).selects(LABELS) is wanted


def test_another_operator():
    """It is no mistake to pass over."""
    with pytest.raises(ValueError, match="'Odd'"):
        selector({"matchExpressions": [{"key": "a", "operator": "Odd"}]}).selects({})
