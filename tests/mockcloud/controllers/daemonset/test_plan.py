"""Which nodes get a pod, which pods go, and in what order old ones are replaced."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.controllers.daemonset.plan import Create, Delete, desired, steps, target


def told(todo):
    """+a makes node a's pod, -a0 deletes its first."""
    words = [f"+{step.node}" if isinstance(step, Create) else f"-{step.pod.meta.name}" for step in todo]
    return " ".join(sorted(words))


@pytest.mark.parametrize(
    ("pods", "expected"),
    [
        pytest.param({}, "+a +b +c", id="one-a-node"),
        pytest.param({"a": "", "b": "running", "c": "pending"}, "", id="settled"),
        pytest.param({"a": "", "b": "leaving", "c": ""}, "", id="one-that-ends-is-waited-for"),
        pytest.param({"a": "", "b": "Failed", "c": ""}, "-b0", id="a-failed-one-is-replaced"),
        pytest.param({"a": "", "b": "Succeeded", "c": ""}, "-b0", id="an-ended-one-too"),
        pytest.param({"a": "", "b": "Failed leaving", "c": ""}, "+b", id="what-ended-holds-no-place"),
        pytest.param({"a": ["", ""], "b": ["", "", ""], "c": ""}, "-a1 -b1 -b2", id="the-oldest-stays"),
        pytest.param({"a": ["pending", ""], "b": "", "c": ""}, "-a0", id="bound-ones-count-as-older"),
        pytest.param(
            {"a": "", "b": "", "c": "", "gone": "pending"}, "-gone0", id="of-a-node-that-is-no-more"
        ),
        pytest.param({"a": "", "b": "", "c": "", "gone": ""}, "", id="the-pod-collector-has-those"),
    ],
)
def test_a_pod_for_each_node(make, pods, expected):
    """Whatever their revision."""
    assert told(steps(make.scene(make.set(), pods))) == expected


@pytest.mark.parametrize(
    ("rolling", "pods", "expected"),
    [
        pytest.param(None, {"a": "old", "b": "old", "c": "old"}, "-a0", id="one-at-a-time"),
        pytest.param(None, {"a": "running", "b": "old", "c": "old"}, "", id="waits-for-the-new-one"),
        pytest.param(None, {"a": "leaving old", "b": "old", "c": "old"}, "", id="and-for-the-end-of-the-old"),
        pytest.param(None, {"a": "", "b": "old", "c": "old"}, "-b0", id="the-next"),
        pytest.param(
            None, {"a": "", "b": "old running", "c": "old"}, "-b0", id="who-does-not-serve-goes-first"
        ),
        pytest.param(
            None, {"a": "old running", "b": "old running", "c": "old"}, "-a0 -b0", id="all-that-do-not-serve"
        ),
        pytest.param({"maxUnavailable": 2}, {"a": "old", "b": "old", "c": "old"}, "-a0 -b0", id="two"),
        pytest.param(
            {"maxUnavailable": "34%"}, {"a": "old", "b": "old", "c": "old"}, "-a0 -b0", id="rounded-up"
        ),
        pytest.param(
            {"maxUnavailable": 0, "maxSurge": 0},
            {"a": "old", "b": "old", "c": "old"},
            "-a0",
            id="never-stuck",
        ),
        pytest.param(
            {"maxUnavailable": 0, "maxSurge": 1}, {"a": "old", "b": "old", "c": "old"}, "+a", id="surge"
        ),
        pytest.param(
            {"maxUnavailable": 0, "maxSurge": 1},
            {"a": ["old", "running"], "b": "old", "c": "old"},
            "",
            id="surge-waits",
        ),
        pytest.param(
            {"maxUnavailable": 0, "maxSurge": 1},
            {"a": ["old", ""], "b": "old", "c": "old"},
            "-a0",
            id="the-old-one-goes-when-the-new-one-serves",
        ),
        pytest.param(
            {"maxUnavailable": 0, "maxSurge": 1},
            {"a": ["old running", "running"], "b": "old", "c": "old"},
            "-a0",
            id="or-when-it-does-not-serve-either",
        ),
        pytest.param(
            {"maxUnavailable": 0, "maxSurge": 1},
            {"a": ["old", "running", ""], "b": "", "c": ""},
            "-a2",
            id="no-more-than-two",
        ),
        pytest.param(
            {"maxUnavailable": 0, "maxSurge": "100%"},
            {"a": "old", "b": "old", "c": ""},
            "+a +b",
            id="surge-all",
        ),
        pytest.param(
            {"maxUnavailable": 0, "maxSurge": 1},
            {"a": "old running", "b": "old", "c": ""},
            "+a +b",
            id="surge-free",
        ),
    ],
)
def test_old_pods_are_replaced_within_the_bounds(make, rolling, pods, expected):
    """Only where every node has its pod."""
    assert told(steps(make.scene(make.set(rolling=rolling), pods))) == expected


def test_on_delete_waits_for_somebody_to_delete(make):
    """New pods are of the new template all the same."""
    owner = make.set(updateStrategy={"type": "OnDelete"})
    assert told(steps(make.scene(owner, {"a": "old", "b": "old"}))) == "+c"
    assert steps(make.scene(owner, {"a": "old", "b": "old", "c": ""})) == []


def test_a_new_pod_serves_when_it_was_ready_for_long_enough(make):
    """minReadySeconds holds the next one back."""
    seen = make.scene(make.set(minReadySeconds=100), {"a": "", "b": "old", "c": ""})
    assert steps(seen) == [Delete(seen.pods["b"][0])]  # it does not serve either
    assert told(steps(make.scene(make.set(minReadySeconds=60), {"a": "", "b": "old", "c": ""}))) == "-b0"


def test_a_failed_pod_that_has_to_wait_is_replaced_by_an_update_at_once(make):
    """A template that always fails must not be the reason that its correction waits, too."""
    seen = make.scene(make.set(), {"a": "", "b": "Failed", "c": ""})
    assert steps(replace(seen, held=frozenset({"uid of b0"}))) == []
    old = make.scene(make.set(), {"a": "", "b": "Failed old", "c": ""})
    assert told(steps(replace(old, held=frozenset({"uid of b0"})))) == "-b0"


def test_nodes_that_it_is_not_for_lose_their_pods(make):
    """By selector or by a taint that is not tolerated; NoSchedule lets pods stay that are there."""
    nodes = [
        make.node("a", {"disk": "ssd"}),
        make.node("b", {"disk": "hdd"}),
        make.node("c", {"disk": "ssd"}, ["dedicated=NoSchedule"]),
        make.node("d", {"disk": "ssd"}, ["dedicated=NoExecute"]),
        make.node("e", {"disk": "ssd"}, ["dedicated=NoSchedule"]),
    ]
    owner = make.set(pod_spec={"nodeSelector": {"disk": "ssd"}})
    seen = make.scene(owner, {"b": "", "c": "old", "d": ""}, nodes)
    assert (told(steps(seen)), desired(seen)) == ("+a -b0 -d0", 1)


def test_a_set_that_is_being_deleted_does_nothing(make):
    """Garbage collection takes its pods."""
    assert steps(make.scene(make.set(deleting=True), {"a": ["", ""]})) == []


def test_a_pod_that_is_not_bound_yet_is_for_one_node(make):
    """Else each look would make another one."""
    assert target(make.pod("x", "b", "pending")) == "b"


STATES = st.sampled_from(["", "running", "leaving", "pending", "old", "old running", "old leaving", "Failed"])


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.lists(STATES, max_size=3)),
    st.sampled_from([None, {"maxUnavailable": 2}, {"maxUnavailable": 0, "maxSurge": 2}]),
)
def test_whatever_stands_no_step_is_taken_twice_and_never_too_many_nodes_lack(make, pods, rolling):
    """Of nodes with one pod, at most so many that serve lose it as may lack."""
    owner = make.set(rolling=rolling)
    seen = make.scene(owner, {node: states for node, states in pods.items() if states}, "abcdef")
    todo = steps(seen)
    made = [step.node for step in todo if isinstance(step, Create)]
    deleted = [step.pod.meta.uid for step in todo if isinstance(step, Delete)]
    assert len(set(made)) == len(made)
    assert len(set(deleted)) == len(deleted)
    assert not any(step.pod.meta.deleting for step in todo if isinstance(step, Delete))

    if all(len(found) == 1 for found in seen.pods.values()):
        lost = sum(seen.is_available(step.pod) for step in todo if isinstance(step, Delete))
        allowed, _ = owner.bounds(6)
        assert lost <= allowed
