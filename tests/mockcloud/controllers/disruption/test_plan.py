"""How many pods of a budget may go."""

from datetime import UTC, datetime

import pytest

from mockcloud.controllers.disruption.objects import Scaled, parse_budget
from mockcloud.controllers.disruption.plan import Numbers, budget_status, numbers, still_disrupted
from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.objects.pods import parse_pod
from testkit import objects

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def budget(status=None, **spec):
    meta = {"namespace": "ns", "uid": "b", "generation": 2}
    spec = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    return parse_budget(
        objects.made("PodDisruptionBudget", "b", metadata=meta, spec=spec, status=status or {})
    )


def pod(name, *, ready=True, phase="Running", owner="web", leaving=False):
    reference = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": owner,
        "uid": owner,
        "controller": True,
    }
    meta = {"uid": name, "labels": {"app": "web"}, "ownerReferences": [reference] if owner else []}
    if leaving:
        meta["deletionTimestamp"] = NOW.isoformat()
    status = {"phase": phase, "conditions": [{"type": "Ready", "status": str(ready)}]}
    return parse_pod(objects.pod(name, namespace="ns", metadata=meta, status=status))


def scale_of(_namespace, owner):
    return Scaled(Meta("ns", owner.name, owner.uid), 4)


FOUR = [pod("a"), pod("b"), pod("c"), pod("d")]


@pytest.mark.parametrize(
    ("spec", "pods", "expected", "allowed"),
    [
        pytest.param({"minAvailable": 3}, FOUR, Numbers(4, 3, 4), 1, id="a-number-stays"),
        pytest.param({"minAvailable": "51%"}, FOUR, Numbers(4, 3, 4), 1, id="a-share-stays-rounded-up"),
        pytest.param({"maxUnavailable": 1}, FOUR, Numbers(4, 3, 4), 1, id="a-number-goes"),
        pytest.param({"maxUnavailable": "30%"}, FOUR, Numbers(4, 2, 4), 2, id="a-share-goes-rounded-up"),
        pytest.param({"maxUnavailable": 9}, FOUR, Numbers(4, 0, 4), 4, id="all-may-go"),
        pytest.param({"maxUnavailable": 1}, FOUR[:3], Numbers(4, 3, 3), 0, id="one-lacks-already"),
        pytest.param(
            {"minAvailable": 2},
            [*FOUR[:2], pod("x", ready=False), pod("y", leaving=True), pod("z", phase="Failed")],
            Numbers(4, 2, 2),
            0,
            id="who-is-not-well-does-not-count",
        ),
        pytest.param({"maxUnavailable": 1}, [], Numbers(0, 0, 0), 0, id="nobody-there"),
        pytest.param({"maxUnavailable": 1}, [pod("a", owner="")], Numbers(0, 0, 1), 0, id="nobody's-pods"),
    ],
)
def test_numbers(spec, pods, expected, allowed):
    """A bare number is of the pods that are there; shares, and what may lack, of those that are wanted."""
    found = numbers(budget(**spec), pods, scale_of)
    assert (found, found.allowed) == (expected, allowed)


def test_the_condition_keeps_its_time_while_it_stays():
    """As of every object."""
    first = budget_status(budget(), Numbers(4, 3, 4), NOW)
    (condition,) = first["conditions"]
    assert (condition["status"], condition["reason"]) == ("True", "SufficientPods")
    later = NOW.replace(hour=13)
    again = budget_status(budget(status=first), Numbers(4, 3, 4), later)
    assert again == first
    (changed,) = budget_status(budget(status=first), Numbers(4, 3, 3), later)["conditions"]
    assert (changed["status"], changed["reason"], changed["lastTransitionTime"]) == (
        "False",
        "InsufficientPods",
        "2026-11-30T13:00:00Z",
    )


def test_who_was_let_go_counts_no_more_before_it_is_seen_to_go():
    """Else two evictions at once would take one pod too many. It is forgotten when it goes, or never does."""
    told = {
        "disruptedPods": {
            "a": "2026-11-30T11:59:59Z",
            "b": "2026-11-30T11:57:00Z",
            "gone": "2026-11-30T11:59:59Z",
        }
    }
    held = budget(status=told, minAvailable=3)
    leaving = still_disrupted(held, [*FOUR, pod("x", leaving=True)], NOW)
    assert list(leaving) == ["a"]
    found = numbers(held, FOUR, scale_of, leaving)
    assert (found.healthy, found.allowed) == (3, 0)
    assert budget_status(held, found, NOW, leaving)["disruptedPods"] == {"a": "2026-11-30T11:59:59Z"}


def test_a_budget_without_a_selector_is_nobodys():
    """An empty one is everybody's (policy/v1)."""
    assert not budget(selector=None).selects(FOUR[0].meta)
    assert budget(selector={}).selects(FOUR[0].meta)
