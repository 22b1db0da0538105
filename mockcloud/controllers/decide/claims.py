"""Which objects belong to a controller: by ownerReference and by labels, as upstream."""

from collections.abc import Iterable
from dataclasses import dataclass

from mockcloud.controllers.model.metadata import Meta, Selector


@dataclass(frozen=True, slots=True)
class Claims:
    """What is owned already, what should become owned, and what should be let go."""

    owned: tuple[Meta, ...]
    adopt: tuple[Meta, ...]
    release: tuple[Meta, ...]


def claim(owner: Meta, selector: Selector, candidates: Iterable[Meta]) -> Claims:
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
    return Claims(tuple(owned), tuple(adopt), tuple(release))
