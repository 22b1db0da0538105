"""APIServices come and go with the group versions of CustomResourceDefinitions (crdregistration)."""

from contextlib import ExitStack
from typing import Final

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.registry import ITSELF, Place, Registry
from mockcloud.kube.resources.apiregistration import API_SERVICE
from mockcloud.kube.serving.upkeep.looking import Upkeep
from mockcloud.kube.writes import api_services
from mockcloud.kube.writes.deletion import DeleteOptions
from mockcloud.kube.writes.refusals import Refusal

ITS_OWN: Final = frozenset({*api_services.PRIORITIES, api_services.METRICS, API_SERVICE.group_version})


async def keep_api_services(registry: Registry) -> None:
    """Make those that are missing, and take away those of which nothing is served any more, for ever."""
    upkeep = Upkeep("keep APIServices in step with what is served", lambda: _look(registry), pause=0)
    listeners = registry.scheme.listeners
    listeners.append(upkeep.wake)
    with ExitStack() as stack:
        stack.callback(listeners.remove, upkeep.wake)
        stack.callback(registry.store.subscribe(API_SERVICE.storage, upkeep.seeing()))
        await upkeep.run()


async def _look(registry: Registry) -> None:
    wanted = api_services.custom(each for each in registry.scheme.group_versions if each not in ITS_OWN)
    shelf = registry.store.objects(API_SERVICE.storage)
    present = {each.object["metadata"]["name"]: each.object for each in shelf}
    for name, service in wanted.items():
        if name not in present:
            await registry.create(Place(API_SERVICE, "", name), service, ITSELF)
        elif api_services.is_kept(present[name]) and present[name]["spec"] != service["spec"]:
            await _mend(registry, name, service["spec"])
    for name, service in present.items():
        if api_services.is_kept(service) and name not in wanted:
            await _remove(registry, name)


async def _mend(registry: Registry, name: str, spec: JsonObject) -> None:
    await registry.update(Place(API_SERVICE, "", name), lambda held: {**held, "spec": spec}, ITSELF)


async def _remove(registry: Registry, name: str) -> None:
    try:
        await registry.delete(Place(API_SERVICE, "", name), DeleteOptions(), ITSELF)
    except Refusal as refusal:
        if refusal.code != 404:  # somebody else was first
            raise
