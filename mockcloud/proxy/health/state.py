"""Whether the node's Service rules keep up with the API. Pure: times are arguments."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from mockcloud.proxy.decide.views import Family
from mockcloud.proxy.health.answers import FamilyHealth

PATIENCE: Final = timedelta(seconds=60)  # twice kube-proxy's sync period
# The cluster autoscaler sets it on a node that it is about to remove.
TO_BE_DELETED: Final = "ToBeDeletedByClusterAutoscaler"
Object = dict[str, Any]


@dataclass(slots=True)
class ProxyState:
    """Follows what waits to be done, a family at a time."""

    _updated: dict[Family, datetime] = field(default_factory=dict)
    _waiting_since: dict[Family, datetime] = field(default_factory=dict)

    def queued(self, families: Iterable[Family], now: datetime) -> None:
        """Something is to be done for these; only the first that waits counts."""
        for family in families:
            self._waiting_since.setdefault(family, now)

    def updated(self, family: Family, now: datetime) -> None:
        """All that waited is done."""
        self._waiting_since.pop(family, None)
        self._updated[family] = now

    def health(self, now: datetime) -> dict[Family, FamilyHealth]:
        """Each family that was ever updated: healthy unless something has waited for too long."""
        return {
            family: FamilyHealth(at, now - self._waiting_since.get(family, now) < PATIENCE)
            for family, at in self._updated.items()
        }

    def healthy(self, now: datetime) -> bool:
        """Whether all families are."""
        return all(one.healthy for one in self.health(now).values())


def eligible(node: Object | None) -> bool:
    """Whether new connections should be sent to the node: it is there, and to stay."""
    if node is None or node["metadata"].get("deletionTimestamp"):
        return False
    taints = (node.get("spec") or {}).get("taints") or []
    return all(taint.get("key") != TO_BE_DELETED for taint in taints)
