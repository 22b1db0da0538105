"""Garbage collection's decisions, case by case."""

import pytest

from mockcloud.controllers.garbage_collector.plan import (
    Delete,
    Nothing,
    OwnerState,
    RemoveFinalizer,
    RemoveOwners,
    decide_dependent,
    decide_owner,
    reachable,
    state_of,
    unblocked,
)
from mockcloud.controllers.objects.metadata import Meta, Owner

GONE = OwnerState(gone=True)
THERE = OwnerState(gone=False)
LEAVING = OwnerState(gone=False, deleting_dependents=True)
ORPHANING = OwnerState(gone=False, orphaning=True)


def owned_by(*uids, blocks=False, **more):
    owners = tuple(Owner("v1", "ConfigMap", uid, uid, blocks=blocks) for uid in uids)
    return Meta("ns", "x", "x", owners=owners, **more)


@pytest.mark.parametrize(
    ("dependent", "states", "expected"),
    [
        pytest.param(owned_by(), {}, Nothing(), id="nobody's"),
        pytest.param(owned_by("a"), {"a": THERE}, Nothing(), id="owner-is-there"),
        pytest.param(owned_by("a"), {"a": GONE}, Delete("Background"), id="owner-is-gone"),
        pytest.param(owned_by("a", "b"), {"a": GONE, "b": GONE}, Delete("Background"), id="all-gone"),
        pytest.param(
            owned_by("a", "b"), {"a": GONE, "b": THERE}, RemoveOwners(frozenset("a")), id="one-left"
        ),
        pytest.param(
            owned_by("a", "b"), {"a": GONE}, RemoveOwners(frozenset("a")), id="one-unknown-keeps-it"
        ),
        pytest.param(owned_by("a"), {"a": LEAVING}, Delete("Background"), id="owner-waits"),
        pytest.param(
            owned_by("a", "b"),
            {"a": LEAVING, "b": THERE},
            RemoveOwners(frozenset("a")),
            id="waits-but-shared",
        ),
        pytest.param(owned_by("a"), {"a": ORPHANING}, RemoveOwners(frozenset("a")), id="owner-lets-go"),
        pytest.param(owned_by("a", deleting=True), {"a": GONE}, Nothing(), id="on-its-way-out"),
        pytest.param(
            owned_by("a", deleting=True),
            {"a": ORPHANING},
            RemoveOwners(frozenset("a")),
            id="on-its-way-out-from-an-owner-that-lets-go",
        ),
        pytest.param(
            owned_by("a", finalizers=("orphan",)), {"a": GONE}, Delete("Orphan"), id="its-own-wish-to-orphan"
        ),
        pytest.param(
            owned_by("a", finalizers=("foregroundDeletion",)),
            {"a": GONE},
            Delete("Foreground"),
            id="its-own-wish-to-wait",
        ),
    ],
)
def test_judge_dependent(dependent, states, expected):
    """Each row: an object, what became of its owners, and what becomes of it."""
    assert decide_dependent(dependent, states, []) == expected


def test_foreground_goes_on_downwards():
    """A dependent that has dependents itself is deleted in the foreground as well."""
    below = Meta("ns", "below", "below")
    assert decide_dependent(owned_by("a"), {"a": LEAVING}, [below]) == Delete("Foreground")


def test_a_circle_is_opened():
    """Each would wait for the next: the one whose dependent waits already is not waited for."""
    first = Meta("ns", "first", "first", deleting=True, finalizers=("foregroundDeletion",))
    last = owned_by("a")
    assert decide_dependent(last, {"a": LEAVING}, [first]) == Delete("Foreground", unblock=True)
    owner = Owner("v1", "Pod", "a", "a", controller=True, blocks=True)
    (found,) = unblocked(Meta("ns", "last", "last", owners=(owner,)))
    kept = {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "a", "controller": True}
    assert found == {**kept, "blockOwnerDeletion": False}


@pytest.mark.parametrize(
    ("finalizers", "dependents", "expected"),
    [
        pytest.param((), [], Nothing(), id="no-finalizer"),
        pytest.param(("orphan",), [owned_by("o")], Nothing(), id="still-has-dependents"),
        pytest.param(("orphan",), [], RemoveFinalizer("orphan"), id="all-let-go"),
        pytest.param(("foregroundDeletion",), [owned_by("o", blocks=True)], Nothing(), id="blocked"),
        pytest.param(
            ("foregroundDeletion",), [owned_by("o")], RemoveFinalizer("foregroundDeletion"), id="not-blocked"
        ),
    ],
)
def test_judge_owner(finalizers, dependents, expected):
    """Each row: a terminating owner's finalizers, who still depends on it, and what to do."""
    owner = Meta("ns", "o", "o", finalizers=finalizers, deleting=True)
    assert decide_owner(owner, dependents) == expected
    assert decide_owner(Meta("ns", "o", "o", finalizers=finalizers), dependents) == Nothing()


def test_state_of_an_owner_reads_its_finalizers_only_while_it_is_deleted():
    """A finalizer on an object that lives means nothing yet."""
    live = Meta("ns", "o", "o", finalizers=("orphan", "foregroundDeletion"))
    assert state_of(live) == THERE
    leaving = Meta("ns", "o", "o", finalizers=("foregroundDeletion",), deleting=True)
    assert state_of(leaving) == LEAVING
    assert state_of(Meta("ns", "o", "o", finalizers=("orphan",), deleting=True)) == ORPHANING


@pytest.mark.parametrize(("namespace", "expected"), [("ns", True), ("", True), ("other", False)])
def test_an_owner_is_in_the_same_namespace_or_in_none(namespace, expected):
    """A reference across namespaces means nobody."""
    assert reachable(owned_by("a"), Owner("v1", "ConfigMap", "a", "a"), namespace) is expected
