"""Adoption and release."""

import pytest

from mockcloud.controllers.adoption.plan import AdoptionPlan, plan_adoption
from mockcloud.controllers.objects.metadata import Meta, Owner, Requirement, Selector

WEB = Selector((("app", "web"),), (Requirement("tier", "NotIn", ("db",)),))
OWNER = Meta("ns", "o", "o")


def meta(app="web", owner=None, deleting=False):
    owners = (Owner("apps/v1", "ReplicaSet", owner, owner, controller=True),) if owner else ()
    return Meta("ns", "x", "x", labels={"app": app}, owners=owners, deleting=deleting)


@pytest.mark.parametrize(
    ("candidate", "part"),
    [
        pytest.param(meta(owner="o"), "owned", id="ours"),
        pytest.param(meta(), "adopt", id="an-orphan-that-matches"),
        pytest.param(meta(app="db"), None, id="an-orphan-that-does-not"),
        pytest.param(meta(owner="other"), None, id="another's"),
        pytest.param(meta(app="db", owner="o"), "release", id="ours-no-longer"),
        pytest.param(meta(app="db", owner="o", deleting=True), "owned", id="ours-to-the-end"),
        pytest.param(meta(deleting=True), None, id="an-orphan-on-its-way-out"),
    ],
)
def test_plan_adoption(candidate, part):
    """Each row: a candidate, and the part of the plan that it is in."""
    found = plan_adoption(OWNER, WEB, [candidate])
    assert found == AdoptionPlan(
        *((candidate,) if part == name else () for name in ("owned", "adopt", "release"))
    )


def test_an_owner_that_is_being_deleted_takes_and_leaves_nothing():
    """Orphaned objects must not be taken back by the owner that just let go of them."""
    leaving = Meta("ns", "o", "o", deleting=True)
    assert plan_adoption(leaving, WEB, [meta(), meta(app="db", owner="o")]) == AdoptionPlan(
        (meta(app="db", owner="o"),), (), ()
    )


@pytest.mark.parametrize(
    ("operator", "values", "labels", "expected"),
    [
        ("In", ("a", "b"), {"k": "a"}, True),
        ("In", ("a",), {}, False),
        ("NotIn", ("a",), {}, True),
        ("NotIn", ("a",), {"k": "a"}, False),
        ("Exists", (), {"k": ""}, True),
        ("Exists", (), {}, False),
        ("DoesNotExist", (), {}, True),
        ("DoesNotExist", (), {"k": "a"}, False),
    ],
)
def test_requirement(operator, values, labels, expected):
    """matchExpressions, as Kubernetes defines them."""
    assert Requirement("k", operator, values).holds(labels) is expected


def test_requirement_names_an_operator_that_it_does_not_know():
    """The thing, its value and what was expected."""
    with pytest.raises(ValueError, match="operator 'Near': expected In, NotIn"):
        Requirement("k", "Near").holds({})
