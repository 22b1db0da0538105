"""A StatefulSet as its controller sees it."""

from dataclasses import dataclass, field
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Selector, parse_meta, parse_selector

POD_NAME_LABEL: Final = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL: Final = "apps.kubernetes.io/pod-index"


@dataclass(frozen=True, slots=True)
class StatefulSet:
    """Pods with names of their own, in order."""

    meta: Meta
    replicas: int
    start: int  # the first ordinal
    selector: Selector
    template: Object = field(compare=False)
    service_name: str
    parallel: bool
    on_delete: bool  # updates wait until somebody deletes the old pods
    partition: int | None  # so many of the lowest pods are not updated; None: nobody said
    min_ready_seconds: int
    history_limit: int
    claims: tuple[Object, ...] = field(compare=False)  # volumeClaimTemplates
    delete_with_set: bool  # the claims of a deleted set
    delete_when_scaled: bool  # the claims of pods that are scaled away
    status: Object = field(compare=False)

    @property
    def ordinals(self) -> range:
        """Those of the pods that are wanted."""
        return range(self.start, self.start + self.replicas)

    def pod_name(self, ordinal: int) -> str:
        """The name of one of its pods."""
        return f"{self.meta.name}-{ordinal}"

    def ordinal_of(self, pod: str) -> int | None:
        """The ordinal in a pod's name; None where it is no name of a pod of this set."""
        stem, dash, digits = pod.rpartition("-")
        return int(digits) if dash and stem == self.meta.name and digits.isdecimal() else None


def parse_stateful_set(obj: Object) -> StatefulSet:
    """From an apps/v1 StatefulSet with its defaults filled in."""
    spec = obj["spec"]
    strategy = spec.get("updateStrategy") or {}
    retention = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    limit = spec.get("revisionHistoryLimit")
    replicas = spec.get("replicas")
    return StatefulSet(
        meta=parse_meta(obj),
        replicas=1 if replicas is None else replicas,
        start=(spec.get("ordinals") or {}).get("start") or 0,
        selector=parse_selector(spec.get("selector")),
        template=spec["template"],
        service_name=spec.get("serviceName") or "",
        parallel=spec.get("podManagementPolicy") == "Parallel",
        on_delete=strategy.get("type") == "OnDelete",
        partition=(strategy.get("rollingUpdate") or {}).get("partition"),
        min_ready_seconds=spec.get("minReadySeconds") or 0,
        history_limit=10 if limit is None else limit,
        claims=tuple(spec.get("volumeClaimTemplates") or ()),
        delete_with_set=retention.get("whenDeleted") == "Delete",
        delete_when_scaled=retention.get("whenScaled") == "Delete",
        status=obj.get("status") or {},
    )
