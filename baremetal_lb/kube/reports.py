"""The object that a speaker writes: a ConfigMap named as its node, in a namespace that holds nothing else.

It belongs to the Node, so that it goes with it. `renewed` changes with each write, as a sign of life.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.reporting import text

if TYPE_CHECKING:
    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reports import Report, Unusable

REPORT: Final = "report"
RENEWED: Final = "renewed"
LABELS: Final = {"app.kubernetes.io/name": "baremetal-lb", "app.kubernetes.io/component": "speaker"}
STAMP: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What came from a speaker, and when it says that it wrote it, by its own clock."""

    content: Report | Unusable
    renewed: datetime | None


class Reader:
    """Reads objects; one that has only been renewed costs next to nothing."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[str, Report | Unusable]] = {}

    def __call__(self, raw: JsonObject) -> Dispatch | None:
        """What a v1 ConfigMap dispatches; None where it is no speaker's, such as kube-root-ca.crt."""
        data, node = raw.get("data") or {}, raw["metadata"]["name"]
        found: str | None = data.get(REPORT)
        if found is None:
            return None
        known = self._read.get(node)
        if known is None or known[0] != found:
            known = self._read[node] = found, text.read(found, node)
        return Dispatch(known[1], _time(data.get(RENEWED) or ""))

    def forget(self, node: str) -> None:
        """Its object is gone."""
        self._read.pop(node, None)


def speaker_object(where: ObjectKey, node_uid: str | None, report: str, now: datetime) -> JsonObject:
    """The ConfigMap of the speaker on the node that `where` names."""
    metadata: JsonObject = {"namespace": where.namespace, "name": where.name, "labels": LABELS}
    if node_uid is not None:
        owner = {"apiVersion": "v1", "kind": "Node", "name": where.name, "uid": node_uid}
        metadata["ownerReferences"] = [owner]
    return {"metadata": metadata, "data": {REPORT: report, RENEWED: now.strftime(STAMP)}}


def _time(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
