"""StatefulSets from the API's objects."""

import pytest

from mockcloud.controllers.statefulset.objects import parse_stateful_set

META = {"namespace": "ns", "name": "db-a", "uid": "u"}


def test_what_is_not_stated_has_kubernetes_defaults():
    """Objects from a real API have them filled in; an old one may not."""
    found = parse_stateful_set({"metadata": META, "spec": {"template": {}}})
    assert (found.replicas, found.start, found.history_limit, found.partition) == (1, 0, 10, None)
    assert not any([found.parallel, found.on_delete, found.delete_with_set, found.delete_when_scaled])
    assert list(found.ordinals) == [0]


@pytest.mark.parametrize(
    ("name", "ordinal"),
    [("db-a-0", 0), ("db-a-12", 12), ("db-a", None), ("db-a-x", None), ("db-b-1", None), ("db-a--1", None)],
)
def test_the_ordinal_is_in_the_name(name, ordinal):
    """Of the set's own pods only."""
    assert parse_stateful_set({"metadata": META, "spec": {"template": {}}}).ordinal_of(name) == ordinal
