"""A DaemonSet as its controller sees it."""

from dataclasses import dataclass, field

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Selector, parse_meta, parse_selector


@dataclass(frozen=True, slots=True)
class DaemonSet:
    """A pod of the template on each node that it is for."""

    meta: Meta
    selector: Selector
    template: Object = field(compare=False)
    on_delete: bool  # updates wait until somebody deletes the old pods
    max_unavailable: int | str  # while it is updated: a number of nodes, or a share of them
    max_surge: int | str
    min_ready_seconds: int
    history_limit: int
    status: Object = field(compare=False)

    def bounds(self, nodes: int) -> tuple[int, int]:
        """(unavailable, surge) of so many nodes; percentages round up. Where both are 0, one may lack."""
        unavailable, surge = _share(self.max_unavailable, nodes), _share(self.max_surge, nodes)
        return (1, 0) if unavailable == surge == 0 else (unavailable, surge)

    @property
    def surges(self) -> bool:
        """Whether a node may have an old pod and a new one while it is updated."""
        return not self.on_delete and _share(self.max_surge, 100) > 0


def parse_daemon_set(obj: Object) -> DaemonSet:
    """From an apps/v1 DaemonSet; what is not stated has the API's default."""
    spec = obj["spec"]
    strategy = spec.get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    limit = spec.get("revisionHistoryLimit")
    return DaemonSet(
        meta=parse_meta(obj),
        selector=parse_selector(spec.get("selector")),
        template=spec["template"],
        on_delete=strategy.get("type") == "OnDelete",
        max_unavailable=rolling.get("maxUnavailable", 1),
        max_surge=rolling.get("maxSurge", 0),
        min_ready_seconds=spec.get("minReadySeconds") or 0,
        history_limit=10 if limit is None else limit,
        status=obj.get("status") or {},
    )


def _share(bound: int | str, nodes: int) -> int:
    if isinstance(bound, int):
        return bound
    return -(-int(bound.removesuffix("%")) * nodes // 100)
