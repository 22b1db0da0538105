"""DaemonSets from the API's objects."""

import pytest

from mockcloud.controllers.daemonset.objects import parse_daemon_set


def test_what_is_not_stated_has_kubernetes_defaults():
    """Objects from a real API have them filled in; an old one may not."""
    meta = {"namespace": "ns", "name": "agent", "uid": "u"}
    found = parse_daemon_set({"metadata": meta, "spec": {"template": {}}})
    assert (found.on_delete, found.bounds(3), found.surges, found.history_limit) == (False, (1, 0), False, 10)


@pytest.mark.parametrize(
    ("rolling", "nodes", "expected"),
    [
        ({"maxUnavailable": 2}, 10, (2, 0)),
        ({"maxUnavailable": "10%"}, 11, (2, 0)),
        ({"maxUnavailable": 0, "maxSurge": "25%"}, 3, (0, 1)),
        ({"maxUnavailable": "50%"}, 0, (1, 0)),
    ],
)
def test_bounds_in_nodes(make, rolling, nodes, expected):
    """Percentages are of the nodes that are to have a pod, and round up."""
    assert make.set(rolling=rolling).bounds(nodes) == expected
