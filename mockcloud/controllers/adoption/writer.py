"""Taking and leaving the control of an object, on the condition that it is still the same object."""

from collections.abc import Iterable

from mockcloud.client.objects import Object
from mockcloud.client.resources import Resource
from mockcloud.client.rest import Client
from mockcloud.controllers.adoption.plan import owner_references
from mockcloud.controllers.objects.metadata import Meta, Owner


async def adopt(client: Client, resource: Resource, meta: Meta, reference: Object) -> Object:
    """Add the controlling reference; the object as it is afterwards. ApiError 409 where it is another."""
    return await _set_owners(client, resource, meta, [*owner_references(meta.owners), reference])


async def release(client: Client, resource: Resource, meta: Meta, uid: str) -> Object:
    """Remove the references to the owner of that uid; the object as it is afterwards."""
    return await remove_owners(client, resource, meta, frozenset({uid}))


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
