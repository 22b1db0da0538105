"""How an object is named."""

from baremetal_lb.model.objects import ObjectKey


def test_an_object_is_shown_with_its_namespace():
    """A cluster-scoped one has none."""
    assert (str(ObjectKey("default", "web")), str(ObjectKey("", "node-1"))) == ("default/web", "node-1")


def test_objects_sort_by_namespace_and_name():
    """The same on every replica."""
    keys = [ObjectKey("b", "a"), ObjectKey("a", "b"), ObjectKey("a", "a")]
    assert sorted(keys) == [ObjectKey("a", "a"), ObjectKey("a", "b"), ObjectKey("b", "a")]
