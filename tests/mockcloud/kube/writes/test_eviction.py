"""Evictions, by the budget that holds the pod."""

import pytest

from mockcloud.kube.writes.eviction import Spent, decide, told
from mockcloud.kube.writes.refusals import Refusal
from testkit import objects

NOW = "2026-11-30T12:00:00Z"


def held(phase="Running", *, ready=True, labels=None, **metadata):
    """A pod with the label by which budgets hold it."""
    conditions = [{"type": "Ready", "status": str(ready)}]
    labels = {"app": "web"} if labels is None else labels
    status = {"phase": phase, "conditions": conditions}
    return objects.pod("p", namespace=None, metadata={"labels": labels, **metadata}, status=status)


def budget(name="b", *, allowed=1, wanted=2, healthy=3, observed=1, **spec):
    status = {
        "disruptionsAllowed": allowed,
        "desiredHealthy": wanted,
        "currentHealthy": healthy,
        "observedGeneration": observed,
    }
    spec = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    return {"metadata": {"name": name, "generation": 1}, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("asked", "budgets"),
    [
        pytest.param(held(), [], id="no-budget"),
        pytest.param(held(labels={"app": "db"}), [budget(allowed=0)], id="another's-budget"),
        pytest.param(held(labels={}), [budget(allowed=0, selector={})], id="no-labels"),
        pytest.param(held(), [budget(allowed=0, selector=None)], id="nobody's-budget"),
        pytest.param(held("Succeeded"), [budget(allowed=0)], id="ended"),
        pytest.param(held("Pending"), [budget(allowed=0)], id="not-running-yet"),
        pytest.param(held(deletionTimestamp=NOW), [budget(allowed=0)], id="on-its-way-out"),
        pytest.param(held(ready=False), [budget(allowed=0, healthy=2)], id="unwell-while-enough-are-well"),
        pytest.param(
            held(ready=False),
            [budget(allowed=0, healthy=0, unhealthyPodEvictionPolicy="AlwaysAllow")],
            id="unwell-and-always-allowed",
        ),
    ],
)
def test_who_may_go_without_being_counted(asked, budgets):
    """Nothing is written to a budget."""
    assert decide(asked, budgets, NOW) is None


def test_a_budget_has_one_disruption_less():
    """And says for whom, so that its controller does not count the pod any more."""
    spent = decide(held(), [budget()], NOW)
    assert isinstance(spent, Spent)
    assert (spent.budget, spent.status["disruptionsAllowed"]) == ("b", 0)
    assert spent.status["disruptedPods"] == {"p": NOW}


@pytest.mark.parametrize(
    ("asked", "budgets", "code", "said"),
    [
        pytest.param(
            held(),
            [budget(allowed=0, healthy=2)],
            429,
            "The disruption budget b needs 2 healthy pods and has 2 currently",
            id="none-may-go",
        ),
        pytest.param(
            held(ready=False),
            [budget(allowed=0, healthy=1)],
            429,
            "The disruption budget b needs 2 healthy pods and has 1 currently",
            id="unwell-and-too-few-are-well",
        ),
        pytest.param(
            held(),
            [budget(observed=0)],
            429,
            "The disruption budget b is still being processed by the server.",
            id="not-looked-at-yet",
        ),
        pytest.param(
            held(),
            [budget("a"), budget("b")],
            500,
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
            "support.",
            id="two-budgets",
        ),
    ],
)
def test_who_may_not_go_now(asked, budgets, code, said):
    """In upstream's words: kubectl drain shows them, and asks again."""
    with pytest.raises(Refusal) as refused:
        decide(asked, budgets, NOW)
    details = refused.value.details or {}
    told = details["causes"][0]["message"] if details else refused.value.message
    assert (refused.value.code, told) == (code, said)
    # Clients ask anew by themselves where they are told when: only while the budget is looked at.
    assert details.get("retryAfterSeconds") == (10 if "still being processed" in said else None)


def test_an_evicted_pod_says_so():
    """One condition, whatever was said before; a Job's policy may ask for it (KEP-3329)."""
    pod = held()
    for at in (NOW, "2026-11-30T12:00:09Z"):
        pod = told(pod, at)
    ready, target = pod["status"]["conditions"]
    assert ready["type"] == "Ready"
    assert target == {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
        "lastProbeTime": None,
        "lastTransitionTime": "2026-11-30T12:00:09Z",
    }
