"""GET of nodes and pods in metrics.k8s.io: which are meant, and what they use."""

from collections.abc import Sequence
from typing import Final

import orjson
from aiohttp import web

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.metrics import objects
from mockcloud.kube.metrics.collector import Collector
from mockcloud.kube.metrics.kinds import NO_NODE, NO_POD, NODE_METRICS
from mockcloud.kube.queries import flag
from mockcloud.kube.registry import Registry
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.rest import listing, replies
from mockcloud.kube.rest.call import Call
from mockcloud.kube.rest.paths import Target
from mockcloud.kube.storage.store import Stored
from mockcloud.kube.writes import refusals

_SELECTORS: Final[tuple[str, ...]] = ("labelSelector", "fieldSelector")


async def answered(call: Call, registry: Registry, collector: Collector) -> web.StreamResponse:
    """One object or a list; what does not run has no figures. 405 for a watch."""
    if flag(call.query, "watch"):
        raise refusals.method_not_allowed()
    rendering, of_nodes = call.rendering(), call.target.kind is NODE_METRICS
    asked = _asked(call, registry, NODE if of_nodes else POD)
    nodes = asked if of_nodes else _nodes_of(asked, registry)
    windows = await collector.windows(nodes)
    now = registry.clock()
    measured: list[JsonObject | None] = []
    for one in asked:
        node = one["metadata"]["name"] if of_nodes else object_at(one, "spec").get("nodeName")
        window = windows.get(str(node))
        if window is not None:
            measured.append((objects.of_node if of_nodes else objects.of_pod)(one, window, now))
    found = [Stored(one, orjson.dumps(one), 0) for one in measured if one is not None]
    if call.target.name:
        if not found:
            raise _not_found(call.target)
        return replies.encoded(rendering.one(found[0], now))
    return replies.encoded(rendering.many(found, {}, now))


def _asked(call: Call, registry: Registry, kind: Kind) -> list[JsonObject]:
    """The Nodes or Pods that are meant; 404 where the one that is named is none."""
    target = call.target
    if target.name:
        stored = registry.store.get(kind.storage, (target.namespace or "", target.name))
        if stored is None:
            raise _not_found(target)
        return [stored.object]
    query = {name: call.query[name] for name in _SELECTORS if name in call.query}
    page = listing.page(registry.store, Target(kind, target.namespace), query)
    return [each.object for each in page.items]


def _nodes_of(pods: Sequence[JsonObject], registry: Registry) -> list[JsonObject]:
    names = dict.fromkeys(str(object_at(pod, "spec").get("nodeName") or "") for pod in pods)
    found = [registry.store.get(NODE.storage, ("", name)) for name in names if name]
    return [node.object for node in found if node is not None]


def _not_found(target: Target) -> refusals.Refusal:
    if target.kind is NODE_METRICS:
        return refusals.not_found(NO_NODE, target.name)
    return refusals.not_found(NO_POD, f"{target.namespace}/{target.name}")
