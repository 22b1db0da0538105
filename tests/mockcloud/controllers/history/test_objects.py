"""ControllerRevisions from the API's objects."""

from mockcloud.controllers.history.objects import parse_revision

META = {"namespace": "ns", "name": "db-a", "uid": "u"}


def test_revisions_bear_what_others_wrote():
    """A revision of another controller."""
    assert parse_revision({"metadata": META, "data": {"x": 1}}).template == {}
