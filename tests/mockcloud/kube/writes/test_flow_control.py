"""What a cluster's flow control starts with; that a real API has the same is asked by the contracts."""

from __future__ import annotations

import pytest

from mockcloud.kube.writes.flow_control import AUTO_UPDATE, objects, revised, with_dangling

LEVELS = frozenset({"exempt", "system"})


def found(name: str, kind: str) -> dict:
    return next(each for of, each in objects() if (of.kind, each["metadata"]["name"]) == (kind, name))


@pytest.mark.parametrize(("kind", "body"), objects(), ids=lambda each: getattr(each, "kind", None))
def test_what_a_cluster_starts_with_breaks_no_rule(kind, body):
    """And has its defaults written out, so that what is stored is not taken for bent."""
    assert list(kind.validate(body, None)) == []
    assert kind.defaults(body) == body


@pytest.mark.parametrize(
    ("name", "annotation", "generation", "kept"),
    [
        pytest.param("system", "true", 2, False, id="a suggestion, kept automatically"),
        pytest.param("system", "false", 2, True, id="a suggestion that somebody took over"),
        pytest.param("system", None, 2, True, id="a suggestion changed without a word"),
        pytest.param("system", None, 1, False, id="a suggestion without a word, never changed"),
        pytest.param("catch-all", "false", 2, False, id="mandatory"),
    ],
)
def test_whose_change_stays(name, annotation, generation, kept):
    """Upstream's ensurer: the annotation decides, and says afterwards what was decided."""
    wanted = found(name, "PriorityLevelConfiguration")
    spec = {"type": "Limited", "limited": {"nominalConcurrencyShares": 1}}
    annotations = {} if annotation is None else {AUTO_UPDATE: annotation}
    metadata = {"name": name, "generation": generation, "annotations": annotations}
    present = {**wanted, "spec": spec, "metadata": metadata}
    after = revised(present, wanted)
    assert after["spec"] == (spec if kept else wanted["spec"])
    assert after["metadata"]["annotations"][AUTO_UPDATE] == ("false" if kept else "true")
    assert revised(after, wanted) == after


def test_the_shares_of_what_is_exempt_are_anybodys():
    """The one part of a mandatory object that may be set."""
    wanted = found("exempt", "PriorityLevelConfiguration")
    present = {
        **wanted,
        "spec": {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 7, "lendablePercent": 0}},
    }
    assert revised(present, wanted) == present


def test_dangling_schemas():
    """The condition follows, keeps its time while its status stays, and leaves others alone."""
    schema = {"metadata": {"name": "a"}, "spec": {"priorityLevelConfiguration": {"name": "system"}}}
    schema["status"] = {"conditions": [{"type": "Other"}]}
    fine = with_dangling(schema, LEVELS, "now")
    other, dangling = fine["status"]["conditions"]
    assert other == {"type": "Other"}
    assert (dangling["status"], dangling["reason"], dangling["lastTransitionTime"]) == (
        "False",
        "Found",
        "now",
    )
    assert with_dangling(fine, LEVELS, "later") is fine
    moved = {**fine, "spec": {"priorityLevelConfiguration": {"name": "exempt"}}}
    assert with_dangling(moved, LEVELS, "later")["status"]["conditions"][1]["lastTransitionTime"] == "now"
    gone = with_dangling(fine, frozenset(), "later")["status"]["conditions"][1]
    assert (gone["status"], gone["reason"], gone["lastTransitionTime"]) == ("True", "NotFound", "later")
    assert '"system" but there is no such object' in gone["message"]
