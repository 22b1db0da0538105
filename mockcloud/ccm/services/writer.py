"""The finalizer and the status of Services. Both are written to /status, as upstream's controller does."""

from collections.abc import Sequence
from typing import Final

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

from mockcloud.ccm.objects.services import FINALIZER, Ingress, Service, parse_service
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Object
from mockcloud.client.resources import SERVICES
from mockcloud.client.rest import Client

ATTEMPTS: Final = 10


class ServiceWriter:
    """Methods raise ApiError and ApiUnreachable; a Service that is gone or replaced is an ApiError 404.

    What an informer shows may be old, and a load balancer without a finalizer may be left behind for ever: so
    the Service itself is asked.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def add_finalizer(self, service: Service) -> Service:
        """From here on it stays until its load balancer is gone; the Service as it is then."""
        return await self._set_finalizer(service, wanted=True)

    async def remove_finalizer(self, service: Service) -> Service:
        """Nothing is left: it may go; the Service as it is then."""
        return await self._set_finalizer(service, wanted=False)

    async def write_ingress(self, service: Service, ingress: Sequence[Ingress]) -> None:
        """Say where the load balancer is; nothing is written where `service` says so already."""
        if tuple(ingress) != service.ingress:
            told = [each.written() for each in ingress]
            metadata = {"uid": service.meta.uid}
            await self._patch(
                service, {"metadata": metadata, "status": {"loadBalancer": {"ingress": told or None}}}
            )

    async def _set_finalizer(self, service: Service, *, wanted: bool) -> Service:
        """A list is written whole: over the version that was read, so that nobody else's entry is lost."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_conflict), stop=stop_after_attempt(ATTEMPTS), reraise=True
        ):
            with attempt:
                found = await self._present(service)
                if found.finalized != wanted:
                    found = await self._write_finalizers(found, wanted=wanted)
        return found

    async def _present(self, service: Service) -> Service:
        meta = service.meta
        found = parse_service(await self._client.get(SERVICES, meta.name, meta.namespace))
        if found.meta.uid != meta.uid:
            msg = f"service {service.path} with uid {meta.uid} not found: one of its name has taken its place"
            raise ApiError(404, "NotFound", msg)
        return found

    async def _write_finalizers(self, found: Service, *, wanted: bool) -> Service:
        others = [each for each in found.meta.finalizers if each != FINALIZER]
        finalizers = [*others, FINALIZER] if wanted else others
        metadata = {"resourceVersion": found.version, "finalizers": finalizers or None}
        return parse_service(await self._patch(found, {"metadata": metadata}))

    async def _patch(self, service: Service, patch: Object) -> Object:
        meta = service.meta
        return await self._client.patch(
            SERVICES, meta.name, patch, namespace=meta.namespace, subresource="status"
        )


def _conflict(error: BaseException) -> bool:
    return isinstance(error, ApiError) and error.status == 409
