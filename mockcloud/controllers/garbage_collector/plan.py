"""Garbage collection by ownerReferences: who goes with whom, and what a finalizer waits for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Owner

FOREGROUND: Final = "foregroundDeletion"
ORPHAN: Final = "orphan"


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the object; `policy` is the DeleteOptions' propagationPolicy.

    With `unblock` its owners are not to wait for it: it is one of a circle, which would wait for ever.
    """

    policy: str
    unblock: bool = False


@dataclass(frozen=True, slots=True)
class RemoveOwners:
    """Take these owners (by uid) off the object."""

    uids: frozenset[str]


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """The wait is over."""

    finalizer: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """It stays as it is."""


Decision = Delete | RemoveOwners | RemoveFinalizer | Nothing


@dataclass(frozen=True, slots=True)
class OwnerState:
    """What became of an owner: `gone`, or there and perhaps waiting for its dependents to go."""

    gone: bool
    deleting_dependents: bool = False
    orphaning: bool = False


def state_of(owner: Meta) -> OwnerState:
    """Of an owner that is there."""
    return OwnerState(
        gone=False,
        deleting_dependents=owner.deleting and FOREGROUND in owner.finalizers,
        orphaning=owner.deleting and ORPHAN in owner.finalizers,
    )


def decide_dependent(
    dependent: Meta, states: Mapping[str, OwnerState], own_dependents: Sequence[Meta]
) -> Decision:
    """What to do with an object that has owners; `states` by uid, an owner of unknown state is left alone."""
    known = [(owner, states[owner.uid]) for owner in dependent.owners if owner.uid in states]
    solid = len(dependent.owners) > len(known) or any(_holds(state) for _, state in known)
    loose = frozenset(owner.uid for owner, state in known if not _holds(state))
    orphaned = frozenset(owner.uid for owner, state in known if state.orphaning)
    if dependent.deleting:  # it goes anyway; but an owner that lets its dependents go waits for that
        return RemoveOwners(orphaned) if orphaned else Nothing()
    if not dependent.owners:
        return Nothing()
    if solid:
        uids = loose | orphaned
        return RemoveOwners(uids) if uids else Nothing()
    waiting = any(state.deleting_dependents for _, state in known)
    if waiting and own_dependents:
        in_a_circle = any(state_of(each).deleting_dependents for each in own_dependents)
        return Delete("Foreground", unblock=in_a_circle)
    return Delete(_policy(dependent))


def decide_owner(owner: Meta, dependents: Sequence[Meta]) -> Decision:
    """Whether an object that is being deleted need not wait for its dependents any longer."""
    if not owner.deleting:
        return Nothing()
    if ORPHAN in owner.finalizers and not dependents:
        return RemoveFinalizer(ORPHAN)
    if FOREGROUND in owner.finalizers and not any(_blocks(each, owner.uid) for each in dependents):
        return RemoveFinalizer(FOREGROUND)
    return Nothing()


def reachable(dependent: Meta, owner: Owner, owner_namespace: str) -> bool:
    """Whether the reference can mean that object: same namespace, or a cluster-wide owner."""
    return owner.uid != dependent.uid and not elsewhere(dependent, owner_namespace)


def elsewhere(dependent: Meta, owner_namespace: str) -> bool:
    """Whether an object of that namespace can own the dependent under no circumstances."""
    return owner_namespace not in ("", dependent.namespace)


def not_there(dependent: Meta, owner: Owner) -> str:
    """The Event's words for an owner in another namespace, as upstream has them."""
    named = f"{owner.api_version}/{owner.kind}, namespace: {dependent.namespace}, name: {owner.name}"
    return f'ownerRef [{named}, uid: {owner.uid}] does not exist in namespace "{dependent.namespace}"'


def unblocked(meta: Meta) -> list[Object]:
    """The object's ownerReferences, none of which waits for it."""
    return [
        {
            **{"apiVersion": owner.api_version, "kind": owner.kind, "name": owner.name, "uid": owner.uid},
            **({"controller": True} if owner.controller else {}),
            "blockOwnerDeletion": False,
        }
        for owner in meta.owners
    ]


def _holds(state: OwnerState) -> bool:
    """An owner that keeps its dependents alive."""
    return not state.gone and not state.deleting_dependents


def _policy(dependent: Meta) -> str:
    """The object's own finalizers say how its dependents are to be treated."""
    if ORPHAN in dependent.finalizers:
        return "Orphan"
    return "Foreground" if FOREGROUND in dependent.finalizers else "Background"


def _blocks(dependent: Meta, uid: str) -> bool:
    return any(owner.uid == uid and owner.blocks for owner in dependent.owners)
