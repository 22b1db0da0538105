"""Objects that are kept as text come back as they were, and belong to whoever looked."""

from mockcloud.client.packed import PackedObjects
from testkit import objects


def test_an_object_comes_back_as_it_was() -> None:
    """By its key, among the values, and as the last that was said of it."""
    held = PackedObjects()
    held["ns", "a"] = objects.pod("a", nodeName="node-1")
    held["ns", "a"] = objects.pod("a", nodeName="node-2")
    held["", "b"] = objects.node("b")
    assert held["ns", "a"] == objects.pod("a", nodeName="node-2")
    assert list(held) == [("ns", "a"), ("", "b")]
    assert list(held.values()) == [objects.pod("a", nodeName="node-2"), objects.node("b")]
    assert (("ns", "a") in held, ("ns", "b") in held, held.get(("ns", "b")), len(held)) == (
        True,
        False,
        None,
        2,
    )


def test_a_look_changes_nothing() -> None:
    """Neither what was put nor what was found is the object that is kept."""
    held, put = PackedObjects(), objects.node("b")
    held["", "b"] = put
    put["spec"]["podCIDR"] = "1"
    held["", "b"]["spec"]["podCIDR"] = "2"
    assert held["", "b"] == objects.node("b")


def test_what_is_gone_is_gone() -> None:
    """`pop` gives the last state, and a default where there is none."""
    held = PackedObjects()
    held["", "b"] = objects.node("b")
    assert held.pop(("", "b"), None) == objects.node("b")
    assert (held.pop(("", "b"), None), dict(held)) == (None, {})
