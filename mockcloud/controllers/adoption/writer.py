"""Taking and leaving the control of an object, on the condition that it is still the same object."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from mockcloud.client.objects import Object
from mockcloud.client.resources import Resource
from mockcloud.client.rest import Client
from mockcloud.controllers.adoption.plan import controller_reference, owner_references, plan_adoption
from mockcloud.controllers.objects.metadata import Meta, Owner, Selector
from mockcloud.controllers.runtime.expectations import Expectations
from mockcloud.controllers.runtime.indexes import HasMeta

Owned = TypeVar("Owned", bound=HasMeta)


class Owning(Protocol):
    """What owns objects that its selector selects."""

    @property
    def meta(self) -> Meta:
        """Its identity."""

    @property
    def selector(self) -> Selector:
        """What it selects."""


class Adopter:
    """Settles whose objects are, for one kind of owner."""

    def __init__(self, client: Client, kind: str, group_version: str = "apps/v1") -> None:
        self._client = client
        self._kind = kind
        self._group_version = group_version

    async def owned(
        self,
        owner: Owning,
        resource: Resource,
        expectations: Expectations,
        candidates: Sequence[Owned],
    ) -> list[Owned] | None:
        """Those that are the owner's; None where some had to be adopted or released first."""
        adoption = plan_adoption(owner.meta, owner.selector, [each.meta for each in candidates])
        reference = controller_reference(self._group_version, self._kind, owner.meta)
        for meta in adoption.adopt:
            expectations.wrote(owner.meta.key, await _adopt(self._client, resource, meta, reference))
        for meta in adoption.release:
            answer = await remove_owners(self._client, resource, meta, frozenset({owner.meta.uid}))
            expectations.wrote(owner.meta.key, answer)
        if adoption.adopt or adoption.release:
            return None
        by_uid = {each.meta.uid: each for each in candidates}
        return [by_uid[meta.uid] for meta in adoption.owned]


async def remove_owners(client: Client, resource: Resource, meta: Meta, uids: frozenset[str]) -> Object:
    """Remove the references to all these owners."""
    return await replace_owners(
        client, resource, meta, [each for each in meta.owners if each.uid not in uids]
    )


async def replace_owners(client: Client, resource: Resource, meta: Meta, owners: Iterable[Owner]) -> Object:
    """Write these owners and no others."""
    return await _set_owners(client, resource, meta, owner_references(owners))


async def _set_owners(client: Client, resource: Resource, meta: Meta, owners: list[Object]) -> Object:
    # The uid in the patch makes the API refuse (409) if another object of this name has come in between.
    patch = {"metadata": {"uid": meta.uid, "ownerReferences": owners or None}}
    return await client.patch(resource, meta.name, patch, namespace=meta.namespace or None)


async def _adopt(client: Client, resource: Resource, meta: Meta, reference: Object) -> Object:
    """Add the controlling reference; the object as it is afterwards. ApiError 409 where it is another."""
    return await _set_owners(client, resource, meta, [*owner_references(meta.owners), reference])
