"""The ReplicaSet's decision: how many to make, whom to lose first, what to report."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.objects.replica_sets import parse_replica_set
from mockcloud.controllers.replicaset.plan import BURST, Plan, deletion_order, plan_pods, replica_set_status
from testkit import objects

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def ago(seconds):
    return (NOW - timedelta(seconds=seconds)).isoformat()


def pod(
    name, *, node="a", phase="Running", ready=True, age=100, since=50, deleting=False, cost="0", labels=None
):
    meta = {
        "uid": name,
        "creationTimestamp": ago(age),
        "labels": labels or {"app": "web"},
        "annotations": {"controller.kubernetes.io/pod-deletion-cost": cost},
    }
    if deleting:
        meta["deletionTimestamp"] = ago(1)
    conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": ago(since)}]
    status = {"phase": phase, "conditions": conditions}
    return parse_pod(objects.pod(name, namespace="ns", metadata=meta, status=status, nodeName=node))


def replica_set(wanted=3, min_ready=0, status=None):
    spec = {"replicas": wanted, "minReadySeconds": min_ready}
    meta = {"uid": "rs", "generation": 7}
    return parse_replica_set(objects.replica_set(namespace="ns", metadata=meta, status=status or {}, **spec))


def test_plan_makes_what_is_missing_and_counts_only_the_active():
    """Terminating and ended pods are no replicas."""
    owned = [pod("a"), pod("b", deleting=True), pod("c", phase="Failed")]
    assert plan_pods(3, owned, owned) == Plan(create=2)
    assert plan_pods(1, owned, owned) == Plan()


def test_plan_is_bounded_in_one_round():
    """As upstream: at most 500 at a time."""
    assert plan_pods(2000, [], []) == Plan(create=BURST)


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        pytest.param(pod("w", node=""), pod("b", ready=False), id="not-placed"),
        pytest.param(pod("w", phase="Pending", ready=False), pod("b", ready=False), id="not-running"),
        pytest.param(pod("w", ready=False, cost="9"), pod("b"), id="not-ready"),
        pytest.param(pod("w", cost="-5"), pod("b"), id="cheaper-by-annotation"),
        pytest.param(pod("w", since=10), pod("b", since=20), id="ready-for-less-time"),
        pytest.param(pod("w", age=60), pod("b", age=90), id="newer"),
        pytest.param(pod("w", cost="junk", since=1), pod("b"), id="junk-cost-is-none"),
    ],
)
def test_deletion_order(worse, better):
    """Each row: who goes first, and who later."""
    assert deletion_order([better, worse], []) == [worse, better]


def test_deletion_thins_out_the_crowded_node():
    """Pods of other ReplicaSets of the same Deployment count as a crowd."""
    lonely, crowded, sibling = pod("l", node="a", since=1), pod("c", node="b"), pod("s", node="b")
    assert deletion_order([lonely, crowded], [lonely, crowded, sibling])[0] == crowded


@given(wanted=st.integers(0, 8), states=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8))
def test_plan_always_arrives_and_never_kills_the_ready_for_the_broken(wanted, states):
    """After the plan there are exactly as many as wanted; a ready pod goes only where all the rest has."""
    owned = [pod(f"p{n}", ready=ready, deleting=gone) for n, (ready, gone) in enumerate(states)]
    active = [each for each in owned if each.active]
    done = plan_pods(wanted, owned, owned)
    assert len(active) + done.create - len(done.delete) == wanted
    if any(each.ready for each in done.delete):
        assert {each.meta.name for each in active if not each.ready} <= {e.meta.name for e in done.delete}


def test_status_counts_and_omits_zeros():
    """As the API writes it: absent numbers are zeros, except `replicas`."""
    owned = [pod("a", labels={"app": "web", "v": "1"}), pod("b", ready=False), pod("c", deleting=True)]
    assert replica_set_status(replica_set(), owned, {"app": "web", "v": "1"}, "", NOW) == {
        "replicas": 2,
        "fullyLabeledReplicas": 1,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "observedGeneration": 7,
    }
    assert replica_set_status(replica_set(), [], {}, "", NOW) == {"replicas": 0, "observedGeneration": 7}


def test_status_keeps_the_time_of_a_failure_that_goes_on():
    """Else each look would be a write, and each write a look."""
    first = replica_set_status(replica_set(), [], {}, "quota", NOW)
    again = replica_set_status(replica_set(status=first), [], {}, "quota", NOW + timedelta(hours=1))
    assert again == first
    assert first["conditions"][0]["reason"] == "FailedCreate"


def test_min_ready_seconds_delays_availability():
    """Ready for 50 s of 80 is not available yet."""
    owned = [pod("a"), pod("b", ready=False)]
    found = replica_set_status(replica_set(min_ready=80), owned, {}, "", NOW)
    assert found.get("availableReplicas") is None
