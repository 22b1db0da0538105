"""Which objects belong to a controller: by ownerReference and by labels, as upstream."""

from collections.abc import Iterable
from dataclasses import dataclass

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Owner, Selector


@dataclass(frozen=True, slots=True)
class AdoptionPlan:
    """What is owned already, what should become owned, and what should be let go."""

    owned: tuple[Meta, ...]
    adopt: tuple[Meta, ...]
    release: tuple[Meta, ...]


def plan_adoption(owner: Meta, selector: Selector, candidates: Iterable[Meta]) -> AdoptionPlan:
    """Sort the candidates (of the owner's namespace); nothing that is being deleted changes hands."""
    owned: list[Meta] = []
    adopt: list[Meta] = []
    release: list[Meta] = []
    for each in candidates:
        matches = selector.matches(each.labels)
        if each.controller == owner.uid:
            (owned if matches or each.deleting or owner.deleting else release).append(each)
        elif each.controller is None and matches and not each.deleting and not owner.deleting:
            adopt.append(each)
    return AdoptionPlan(tuple(owned), tuple(adopt), tuple(release))


def controller_reference(api_version: str, kind: str, owner: Meta) -> Object:
    """The ownerReference of an object that `owner` controls."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owner_references(owners: Iterable[Owner]) -> list[Object]:
    """metadata.ownerReferences as the API writes them."""
    return [
        {
            "apiVersion": each.api_version,
            "kind": each.kind,
            "name": each.name,
            "uid": each.uid,
            **({"controller": True} if each.controller else {}),
            **({"blockOwnerDeletion": True} if each.blocks else {}),
        }
        for each in owners
    ]
