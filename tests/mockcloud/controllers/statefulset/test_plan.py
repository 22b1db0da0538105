"""Which pod comes next, and which goes next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.controllers.statefulset.plan import Create, Delete, sort_pods, steps, usable


def told(steps):
    """+2 creates the third, +2old the same of the old template, -db-1 deletes."""
    words = []
    for step in steps:
        match step:
            case Create(ordinal, updated):
                words.append(f"+{ordinal}" if updated else f"+{ordinal}old")
            case Delete(pod):
                words.append(f"-{pod.meta.name}")
    return " ".join(words)


@pytest.mark.parametrize(
    ("spec", "pods", "expected"),
    [
        pytest.param({}, {}, "+0", id="the-first"),
        pytest.param({}, {0: "running"}, "", id="waits-for-the-first"),
        pytest.param({}, {0: "ready"}, "+1", id="the-second"),
        pytest.param({}, {0: "ready", 2: "ready"}, "+1", id="a-gap"),
        pytest.param({}, {0: "ready", 1: "leaving", 2: "ready"}, "", id="waits-for-one-that-leaves"),
        pytest.param({}, {0: "Failed", 1: "ready"}, "-db-0", id="a-failed-one-is-made-anew"),
        pytest.param({}, {0: "Succeeded"}, "-db-0", id="an-ended-one-too"),
        pytest.param({}, {0: "ready", 1: "ready", 2: "ready"}, "", id="settled"),
        pytest.param({"minReadySeconds": 100}, {0: "ready"}, "", id="ready-not-for-long-enough"),
        pytest.param({"replicas": 1}, {0: "ready", 1: "ready", 2: "ready"}, "-db-2", id="the-highest-goes"),
        pytest.param({"replicas": 1}, {0: "ready", 1: "ready", 2: "leaving"}, "", id="one-at-a-time"),
        pytest.param({"replicas": 1}, {0: "running", 1: "ready"}, "", id="not-while-another-is-ill"),
        pytest.param({"replicas": 1}, {0: "ready", 1: "running", 2: "running"}, "", id="two-ill-ones-wait"),
        pytest.param({"replicas": 1}, {0: "ready", 1: "ready", 2: "running"}, "-db-2", id="an-ill-one-goes"),
        pytest.param({"replicas": 1}, {0: "ready", 1: "running", 2: "ready"}, "-db-2", id="a-well-one-goes"),
        pytest.param({"replicas": 0}, {0: "ready"}, "-db-0", id="to-nothing"),
        pytest.param({"ordinals": {"start": 5}}, {5: "ready", 0: "ready"}, "+6", id="start"),
        pytest.param(
            {"ordinals": {"start": 5}, "replicas": 1}, {5: "ready", 0: "ready"}, "-db-0", id="below-the-start"
        ),
        pytest.param({}, {0: "old", 1: "old", 2: "old"}, "-db-2", id="update-the-highest"),
        pytest.param({}, {0: "old", 1: "old", 2: "ready"}, "-db-1", id="update-the-next"),
        pytest.param({}, {0: "old", 1: "old", 2: "running"}, "", id="update-waits"),
        pytest.param(
            {"updateStrategy": {"rollingUpdate": {"partition": 2}}},
            {0: "old", 1: "old", 2: "ready"},
            "",
            id="update-to-the-partition",
        ),
        pytest.param(
            {"updateStrategy": {"rollingUpdate": {"partition": 1}}}, {}, "+0old", id="below-the-partition"
        ),
        pytest.param(
            {"updateStrategy": {"rollingUpdate": {"partition": 9}}},
            {0: "old", 1: "old", 2: "old"},
            "",
            id="a-partition-beyond-all",
        ),
        pytest.param(
            {"updateStrategy": {"type": "OnDelete"}}, {0: "old", 1: "old", 2: "old"}, "", id="on-delete"
        ),
        pytest.param(
            {"updateStrategy": {"type": "OnDelete"}}, {1: "old"}, "+0", id="on-delete-makes-new-ones"
        ),
    ],
)
def test_in_order(make, spec, pods, expected):
    """One thing at a time, each when what comes before it is well."""
    assert plan(make, make.set(**spec), pods) == expected


@pytest.mark.parametrize(
    ("spec", "pods", "expected"),
    [
        pytest.param({}, {}, "+0 +1 +2", id="all-at-once"),
        pytest.param({}, {0: "running", 2: "leaving"}, "+1", id="nobody-waits"),
        pytest.param(
            {"replicas": 1}, {0: "running", 1: "ready", 2: "leaving", 3: "ready"}, "-db-3 -db-1", id="down"
        ),
        pytest.param({}, {0: "old", 1: "old", 2: "old"}, "-db-2", id="updates-go-one-by-one"),
        pytest.param({}, {0: "old", 1: "old"}, "+2", id="an-update-waits-for-what-is-missing"),
        pytest.param({}, {0: "old", 1: "old", 2: "Failed"}, "-db-2", id="deleted-once"),
    ],
)
def test_in_parallel(make, spec, pods, expected):
    """As soon as possible, but for updates."""
    assert plan(make, make.set(podManagementPolicy="Parallel", **spec), pods) == expected


def test_without_a_partition_the_pods_that_are_old_still_come_back_old(make):
    """So many of the lowest as the status counts of the old template."""
    owner = make.set(updateStrategy={"type": "RollingUpdate"}, status={"currentReplicas": 2})
    assert plan(make, owner, {0: "old", 2: "ready"}) == "+1old"
    assert plan(make, owner, {0: "old", 1: "old"}) == "+2"


def test_a_set_that_is_being_deleted_does_nothing(make):
    """Garbage collection takes its pods."""
    assert plan(make, make.set(deleting=True), {0: "ready"}) == ""


def test_pods_without_an_ordinal_are_nobodys(make):
    """A name that only begins alike."""
    pods = sort_pods(make.set(), [make.pod("db-0"), make.pod("db-x"), make.pod("db-cache-1"), make.pod("db")])
    assert (list(pods.wanted), pods.condemned) == ([0], ())


@given(
    st.dictionaries(
        st.integers(0, 5), st.sampled_from(["ready", "running", "leaving", "pending", "old", "Failed"])
    ),
    st.integers(0, 4),
    st.booleans(),
)
def test_whatever_stands_one_at_a_time_and_never_a_pod_twice(make, pods, replicas, parallel):
    """In order: at most one step. In any case: nothing is made that is there, nothing is deleted twice."""
    owner = make.set(replicas=replicas, **({"podManagementPolicy": "Parallel"} if parallel else {}))
    found = steps(owner, sort_pods(owner, made(make, pods)), "new", make.now)
    assert parallel or len(found) <= 1
    touched = [
        step.ordinal if isinstance(step, Create) else owner.ordinal_of(step.pod.meta.name) for step in found
    ]
    assert len(touched) == len(set(touched))
    assert all((step.ordinal not in pods) if isinstance(step, Create) else True for step in found)
    assert not any(isinstance(step, Delete) and step.pod.meta.deleting for step in found)


def test_what_is_usable(make):
    """Running, ready for long enough, staying."""
    owner = make.set(minReadySeconds=30)
    states = {
        state: usable(owner, make.pod("db-0", state), make.now) for state in ("ready", "running", "leaving")
    }
    assert states == {"ready": True, "running": False, "leaving": False}
    assert not usable(owner, make.pod("db-0", since=10), make.now)


def plan(make, owner, pods):
    return told(steps(owner, sort_pods(owner, made(make, pods)), "new", make.now))


def made(make, pods):
    """`old` is a ready pod of the old template."""
    return [
        make.pod(f"db-{ordinal}", "ready" if state == "old" else state, "old" if state == "old" else "new")
        for ordinal, state in pods.items()
    ]
