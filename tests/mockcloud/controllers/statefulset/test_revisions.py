"""Which revision the pods have that are not to be updated yet."""

from mockcloud.controllers.history.objects import parse_revision
from mockcloud.controllers.statefulset.revisions import current


def revision(number):
    meta = {"namespace": "ns", "name": f"db-{number}", "uid": str(number)}
    return parse_revision({"metadata": meta, "revision": number, "data": {}})


def test_the_current_revision_is_the_one_in_the_status(make):
    """Or the present one, where that is not there."""
    old, new = revision(1), revision(2)
    assert current(make.set(status={"currentRevision": "db-1"}), [old, new], new) is old
    assert current(make.set(status={"currentRevision": "gone"}), [old, new], new) is new
