"""ReplicaSets as values."""

from mockcloud.controllers.objects.replica_sets import parse_replica_set


def test_a_revision_that_is_no_number_counts_as_none():
    """Annotations are anybody's to write."""
    meta = {"namespace": "ns", "name": "web", "uid": "r"}
    meta["annotations"] = {"deployment.kubernetes.io/revision": "first"}
    assert parse_replica_set({"metadata": meta, "spec": {}}).revision == 0
