"""PriorityClasses."""

import pytest

from mockcloud.kube.resources.scheduling import PRIORITY_CLASS


def priority(name="high", **fields):
    return PRIORITY_CLASS.defaults({"metadata": {"name": name}, **fields})


@pytest.mark.parametrize(
    ("new", "old", "found"),
    [
        pytest.param(priority(value=1000), None, [], id="right"),
        pytest.param(priority("system-node-critical", value=2000001000), None, [], id="the-cluster's-own"),
        pytest.param(
            priority("system-mine", value=1),
            None,
            [
                "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for "
                "system use only. error: it is not a known system priority class with that value"
            ],
            id="a-name-of-the-cluster's",
        ),
        pytest.param(
            priority(value=1000000001),
            None,
            ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
            id="too-high",
        ),
        pytest.param(
            priority(value=2),
            priority(value=1),
            ["value: Forbidden: may not be changed in an update."],
            id="changed",
        ),
        pytest.param(
            priority(preemptionPolicy="Sometimes"),
            None,
            [
                'preemptionPolicy: Unsupported value: "Sometimes": '
                'supported values: "Never", "PreemptLowerPriority"'
            ],
            id="policy",
        ),
    ],
)
def test_priority_classes(new, old, found):
    """One row a rule."""
    assert [str(cause) for cause in PRIORITY_CLASS.problems(new, old)] == found
