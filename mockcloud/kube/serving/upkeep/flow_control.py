"""FlowSchemas say whether the priority level that they name is there (condition Dangling)."""

from contextlib import ExitStack

from mockcloud.kube.registry import ITSELF, Place, Registry
from mockcloud.kube.resources.flowcontrol import FLOW_SCHEMA, PRIORITY_LEVEL
from mockcloud.kube.serving.upkeep.looking import Upkeep
from mockcloud.kube.times import rfc3339
from mockcloud.kube.writes.flow_control import with_dangling
from mockcloud.kube.writes.refusals import Refusal


async def tell_dangling(registry: Registry) -> None:
    """Keep the condition true, for ever."""
    upkeep = Upkeep("say which FlowSchemas name a missing priority level", lambda: _look(registry))
    with ExitStack() as stack:
        for kind in (FLOW_SCHEMA, PRIORITY_LEVEL):
            stack.callback(registry.store.subscribe(kind.storage, upkeep.seeing()))
        await upkeep.run()


async def _look(registry: Registry) -> None:
    store, now = registry.store, rfc3339(registry.clock())
    levels = frozenset(each.object["metadata"]["name"] for each in store.objects(PRIORITY_LEVEL.storage))
    for stored in list(store.objects(FLOW_SCHEMA.storage)):
        if with_dangling(stored.object, levels, now) is stored.object:
            continue
        place = Place(FLOW_SCHEMA, "", stored.object["metadata"]["name"], "status")
        try:
            await registry.update(place, lambda schema: with_dangling(schema, levels, now), ITSELF)
        except Refusal as refusal:
            if refusal.code != 404:  # it has gone meanwhile
                raise
