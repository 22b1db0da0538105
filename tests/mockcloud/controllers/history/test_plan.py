"""Revisions: new, known, wanted again, and too many."""

from dataclasses import dataclass, field

import pytest

from mockcloud.controllers.history.objects import parse_revision
from mockcloud.controllers.history.plan import Create, Known, Renumber, Style, present, surplus
from mockcloud.controllers.objects.metadata import Meta

STYLE = Style("DaemonSet", "the-hash")

META = Meta("ns", "db", "u")


@dataclass
class Owner:
    """A workload of an image."""

    image: str = "db:1"
    history_limit: int = 10
    status: dict = field(default_factory=dict)
    meta: Meta = META

    @property
    def template(self):
        return {
            "metadata": {"labels": {"app": "db"}},
            "spec": {"containers": [{"name": "c", "image": self.image}]},
        }


def revision(number, image, name=""):
    template = {**Owner(image).template, "$patch": "replace"}
    meta = {"namespace": "ns", "name": name or f"db-{number}", "uid": str(number)}
    return parse_revision({"metadata": meta, "revision": number, "data": {"spec": {"template": template}}})


def test_a_new_template_becomes_the_newest_revision():
    """Named by its hash, numbered after all others, in a form that kubectl can apply as a patch."""
    found = present(Owner("db:2"), [revision(3, "db:1")], STYLE)
    assert isinstance(found, Create)
    body = found.body
    assert (body["revision"], body["metadata"]["name"][:3]) == (4, "db-")
    assert body["metadata"]["labels"] == {"app": "db", "the-hash": body["metadata"]["name"][3:]}
    assert body["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet"
    assert body["data"]["spec"]["template"]["$patch"] == "replace"
    again = present(Owner("db:2", status={"collisionCount": 1}), [], STYLE)
    assert isinstance(again, Create)
    assert again.body["metadata"]["name"] != body["metadata"]["name"]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param("db:2", Known(revision(2, "db:2")), id="known"),
        pytest.param("db:1", Renumber(revision(1, "db:1"), 3), id="wanted-again"),
    ],
)
def test_a_template_that_was_seen_before(image, expected):
    """The newest stands; an older one is numbered anew."""
    assert present(Owner(image), [revision(2, "db:2"), revision(1, "db:1")], STYLE) == expected


def test_history_is_kept_up_to_its_limit_without_what_is_in_use():
    """The oldest go first."""
    revisions = [revision(number, f"db:{number}") for number in (3, 1, 2, 4)]
    names = [each.meta.name for each in surplus(Owner(history_limit=1), revisions, {"db-4"})]
    assert names == ["db-1", "db-2"]
    assert surplus(Owner(), revisions, set()) == []
