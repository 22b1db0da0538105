"""Whom a more important pod drives out."""

import pytest

from mockcloud.controllers.objects.nodes import parse_node
from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.scheduler.filters import Cluster
from mockcloud.controllers.scheduler.load import Load
from mockcloud.controllers.scheduler.plan import Unplaced, place
from testkit import objects


def node(name):
    status = {"allocatable": {"cpu": "2"}, "conditions": [{"type": "Ready", "status": "True"}]}
    return parse_node(objects.node(name, metadata={"uid": name}, status=status))


def pod(name, cpu, priority=0, **spec):
    main = objects.container("c", resources={"requests": {"cpu": cpu}})
    return parse_pod(
        objects.pod(name, main, namespace="ns", metadata={"uid": name}, priority=priority, **spec)
    )


@pytest.mark.parametrize(
    ("asked", "there", "expected"),
    [
        pytest.param(pod("p", "1", 5), {"a": [pod("x", "2")]}, ("a", ["x"]), id="who-is-in-the-way"),
        pytest.param(pod("p", "1", 5), {"a": [pod("x", "2", 5)]}, None, id="nobody-of-the-same-priority"),
        pytest.param(pod("p", "3", 5), {"a": [pod("x", "2")]}, None, id="nobody-where-it-would-not-help"),
        pytest.param(
            pod("p", "1", 5, preemptionPolicy="Never"), {"a": [pod("x", "2")]}, None, id="by-its-policy"
        ),
        pytest.param(
            pod("p", "1", 5), {"a": [pod("x", "1", 1), pod("y", "1", 2)]}, ("a", ["x"]), id="the-least"
        ),
        pytest.param(
            pod("p", "2", 5), {"a": [pod("x", "1", 1), pod("y", "1", 2)]}, ("a", ["y", "x"]), id="all"
        ),
        pytest.param(
            pod("p", "2", 5),
            {"a": [pod("x", "2", 3)], "b": [pod("y", "1"), pod("z", "1")]},
            ("b", ["y", "z"]),
            id="where-the-most-important-of-them-is-least",
        ),
    ],
)  # fmt: skip
def test_victims(asked, there, expected):
    """The node where it costs least, and of its pods as few as will do."""
    load = Load()
    for where, others in there.items():
        for each in others:
            load.put(each, where)
    found = place(asked, Cluster([node(name) for name in there], load))
    assert isinstance(found, Unplaced)
    victims = found.victims
    assert (victims and (victims.node, [one.meta.name for one in victims.pods])) == expected


def test_what_is_said_of_it():
    """The tail of the event: nodes where nobody could be driven out, and those where it would not help."""
    load = Load()
    load.put(pod("x", "2"), "a")
    head = "0/1 nodes are available: 1 Insufficient cpu."
    never = place(pod("p", "1", preemptionPolicy="Never"), Cluster([node("a")], load))
    assert never == Unplaced(f"{head} preemption: not eligible due to preemptionPolicy=Never.")
    nobody = place(pod("p", "1"), Cluster([node("a")], load))
    tail = "0/1 nodes are available: 1 No preemption victims found for incoming pod."
    assert nobody == Unplaced(f"{head} preemption: {tail}")
