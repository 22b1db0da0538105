"""Writing an object's status, only where it differs."""

from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Object
from mockcloud.client.resources import Resource
from mockcloud.client.rest import Client
from mockcloud.controllers.objects.metadata import Meta


def status_patch(present: Object, wanted: Object) -> Object | None:
    """The merge patch from one status to the other; None where nothing differs."""
    changed: Object = {key: value for key, value in wanted.items() if present.get(key) != value}
    # An absent number is a zero to the API: it need not be removed where it is a zero already.
    changed.update({key: None for key, value in present.items() if key not in wanted and value})
    return {"status": changed} if changed else None


async def write_status(
    client: Client, resource: Resource, meta: Meta, present: Object, wanted: Object
) -> None:
    """Patch `/status`; an object that is gone meanwhile is no error."""
    patch = status_patch(present, wanted)
    if patch is None:
        return
    try:
        await client.patch(resource, meta.name, patch, namespace=meta.namespace or None, subresource="status")
    except ApiError as error:
        if error.status != 404:
            raise
