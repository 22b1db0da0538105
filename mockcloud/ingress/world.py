"""What the API says, kept as views while it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockcloud.client.informer import Informer
from mockcloud.client.odd import readable
from mockcloud.client.resources import ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, SECRETS, SERVICES
from mockcloud.ingress.certificates import certificate
from mockcloud.ingress.decide.convert import class_of, ingress_view, ours, service_view, slice_view
from mockcloud.ingress.decide.routes import needed
from mockcloud.ingress.decide.views import World

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from mockcloud.client.objects import Key, Object
    from mockcloud.client.rest import Client
    from mockcloud.ingress.decide.views import Certificate, IngressView, ServiceView, SliceView

_CERTIFICATES: Final = "type=kubernetes.io/tls"


class Watched:
    """Informers of all that Ingresses need; `changed` is called after each change."""

    def __init__(self, client: Client, controller: str, changed: Callable[[], None]) -> None:
        self._controller, self._changed = controller, changed
        self.ingresses = Informer(client, INGRESSES)
        self.services = Informer(client, SERVICES)
        self._classes = Informer(client, INGRESS_CLASSES)
        self._slices = Informer(client, ENDPOINT_SLICES)
        self._secrets = Informer(client, SECRETS, field_selector=_CERTIFICATES)
        self._service_views: dict[Key, ServiceView] = {}
        self._slice_views: dict[Key, dict[Key, SliceView]] = {}
        self._certificates: dict[Key, tuple[str, Certificate]] = {}  # with the Secret's resourceVersion

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Follow the API, in tasks of the group; return when all is known."""
        heard = {
            self.ingresses: self._on_any,
            self._classes: self._on_any,
            self._secrets: self._on_any,
            self.services: self._on_service,
            self._slices: self._on_slice,
        }
        for informer, listener in heard.items():
            group.create_task(informer.run(listener), name="watch")
        for informer in heard:
            await informer.synced.wait()

    def world(self) -> World:
        """All that there is now."""
        ingresses = dict(self._ours())
        slices = {key: tuple(each.values()) for key, each in self._slice_views.items()}
        found = {key: self._certificate(key) for key in sorted(needed(ingresses))}
        certificates = {key: each for key, each in found.items() if each is not None}
        return World(tuple(ingresses.values()), self._service_views, slices, certificates)

    def _ours(self) -> Iterator[tuple[Key, IngressView]]:
        classes = ours(self._classes.items, self._controller)
        for key, each in self.ingresses.items.items():
            if class_of(each) in classes and (view := readable("ingress", key, ingress_view, each)):
                yield key, view

    def _certificate(self, key: Key) -> Certificate | None:
        secret = self._secrets.items.get(key)
        if secret is None:
            self._certificates.pop(key, None)
            return None
        version = secret["metadata"]["resourceVersion"]
        known = self._certificates.get(key)
        if known is None or known[0] != version:
            known = self._certificates[key] = (version, certificate(secret))
        return known[1]

    def _on_any(self, _key: Key, _old: Object | None, _new: Object | None) -> None:
        self._changed()

    def _on_service(self, key: Key, _old: Object | None, new: Object | None) -> None:
        self._service_views.pop(key, None)
        if (view := readable("service (ingress)", key, service_view, new)) is not None:
            self._service_views[key] = view
        self._changed()

    def _on_slice(self, key: Key, old: Object | None, new: Object | None) -> None:
        for obj in (old, new):
            view = readable("endpointslice (ingress)", key, slice_view, obj)
            if view is None:
                continue
            of_service = self._slice_views.setdefault(view.service, {})
            of_service.pop(key, None)
            if obj is new:
                of_service[key] = view
            if not of_service:
                del self._slice_views[view.service]
        self._changed()
