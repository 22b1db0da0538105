"""Revisions: new, known, wanted again, and too many."""

import pytest

from mockcloud.controllers.statefulset.objects import parse_revision
from mockcloud.controllers.statefulset.revisions import Create, Known, Renumber, current, present, surplus


def revision(number, image, name=""):
    template = {"spec": {"containers": [{"name": "c", "image": image}]}, "$patch": "replace"}
    meta = {"namespace": "ns", "name": name or f"db-{number}", "uid": str(number)}
    return parse_revision({"metadata": meta, "revision": number, "data": {"spec": {"template": template}}})


def a_set(make, image, **more):
    return make.set(template={"spec": {"containers": [{"name": "c", "image": image}]}}, **more)


def test_a_new_template_becomes_the_newest_revision(make):
    """Named by its hash, numbered after all others, in a form that kubectl can apply as a patch."""
    found = present(a_set(make, "db:2"), [revision(3, "db:1")])
    assert isinstance(found, Create)
    body = found.body
    assert (body["revision"], body["metadata"]["name"][:3]) == (4, "db-")
    assert body["metadata"]["labels"]["controller.kubernetes.io/hash"] == body["metadata"]["name"][3:]
    assert body["data"]["spec"]["template"]["$patch"] == "replace"
    again = present(a_set(make, "db:2", status={"collisionCount": 1}), [])
    assert again.body["metadata"]["name"] != body["metadata"]["name"]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param("db:2", Known(revision(2, "db:2")), id="known"),
        pytest.param("db:1", Renumber(revision(1, "db:1"), 3), id="wanted-again"),
    ],
)
def test_a_template_that_was_seen_before(make, image, expected):
    """The newest stands; an older one is numbered anew."""
    assert present(a_set(make, image), [revision(2, "db:2"), revision(1, "db:1")]) == expected


def test_the_current_revision_is_the_one_in_the_status(make):
    """Or the present one, where that is not there."""
    old, new = revision(1, "db:1"), revision(2, "db:2")
    assert current(make.set(status={"currentRevision": "db-1"}), [old, new], new) is old
    assert current(make.set(status={"currentRevision": "gone"}), [old, new], new) is new


def test_history_is_kept_up_to_its_limit_without_what_is_in_use(make):
    """The oldest go first."""
    revisions = [revision(number, f"db:{number}") for number in (3, 1, 2, 4)]
    names = [each.meta.name for each in surplus(make.set(revisionHistoryLimit=1), revisions, {"db-4"})]
    assert names == ["db-1", "db-2"]
    assert surplus(make.set(), revisions, set()) == []
