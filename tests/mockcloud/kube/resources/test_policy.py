"""PodDisruptionBudgets."""

import pytest

from mockcloud.kube.resources.policy import POD_DISRUPTION_BUDGET


def budget(**spec):
    meta = {"name": "b", "namespace": "default", "creationTimestamp": "2026-11-30T12:00:00Z"}
    return {"metadata": meta, "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec}}


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param({"minAvailable": 1}, [], id="right"),
        pytest.param({"maxUnavailable": "25%"}, [], id="a-share"),
        pytest.param(
            {"minAvailable": -1},
            ["spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"],
            id="negative",
        ),
        pytest.param(
            {"maxUnavailable": "101%"},
            ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
            id="beyond-all",
        ),
        pytest.param(
            {"unhealthyPodEvictionPolicy": "Never"},
            [
                'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": '
                'supported values: "AlwaysAllow", "IfHealthyBudget"'
            ],
            id="policy",
        ),
    ],
)
def test_budgets(spec, found):
    """One row a rule."""
    assert [str(cause) for cause in POD_DISRUPTION_BUDGET.problems(budget(**spec), None)] == found


def test_one_bound_alone():
    """Else it is not clear which of the two holds."""
    (cause,) = POD_DISRUPTION_BUDGET.problems(budget(minAvailable=1, maxUnavailable=1), None)
    assert str(cause).endswith("minAvailable and maxUnavailable cannot be both set")


def test_a_bound_that_is_not_stated_is_shown_as_such():
    """As `kubectl get pdb` does."""
    obj = {**budget(maxUnavailable="25%"), "status": {"disruptionsAllowed": 2}}
    assert POD_DISRUPTION_BUDGET.printer.row(obj, 1796040060.0) == ["b", "N/A", "25%", 2, "60s"]
