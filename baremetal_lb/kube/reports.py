"""The objects that a speaker writes: ConfigMaps in a namespace that holds nothing else.

One named as its node says what it announces; `renewed` changes with each write, as a sign of life. Another,
`interfaces.<node>`, tells the node's interfaces: it is small, changes seldom and outlives the speaker, so
that all other speakers can watch it. Both belong to the Node, so that they go with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.reports import interfaces_text, text
from baremetal_lb.model.objects import ObjectKey

if TYPE_CHECKING:
    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.node_interfaces import NodeInterfaces
    from baremetal_lb.model.reports import Report, Unusable

REPORT: Final = "report"
RENEWED: Final = "renewed"
INTERFACES: Final = "interfaces"
LABELS: Final = {"app.kubernetes.io/name": "baremetal-lb", "app.kubernetes.io/component": "speaker"}
INTERFACES_LABELS: Final = {**LABELS, "app.kubernetes.io/component": "interfaces"}
INTERFACES_SELECTOR: Final = "app.kubernetes.io/component=interfaces"
_PREFIX: Final = "interfaces."
STAMP: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What came from a speaker, and when it says that it wrote it, by its own clock."""

    content: Report | NodeInterfaces | Unusable
    renewed: datetime | None


class Reader:
    """Reads objects; one that has only been renewed costs next to nothing."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[str, Report | Unusable]] = {}

    def __call__(self, raw: JsonObject) -> Dispatch | None:
        """What a v1 ConfigMap dispatches; None where it is no speaker's, such as kube-root-ca.crt."""
        data, node = raw.get("data") or {}, raw["metadata"]["name"]
        if tells_interfaces(node):
            return Dispatch(read_interfaces(raw), None)
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
    metadata = _metadata(where, node_uid, where.name)
    return {"metadata": metadata, "data": {REPORT: report, RENEWED: now.strftime(STAMP)}}


def interfaces_object(namespace: str, told: NodeInterfaces, node_uid: str | None) -> JsonObject:
    """The ConfigMap that tells a node's interfaces."""
    where = ObjectKey(namespace, _PREFIX + told.node)
    metadata = {**_metadata(where, node_uid, told.node), "labels": INTERFACES_LABELS}
    return {"metadata": metadata, "data": {INTERFACES: interfaces_text.write(told)}}


def read_interfaces(raw: JsonObject) -> NodeInterfaces | Unusable:
    """What such a ConfigMap tells, or what is wrong with it."""
    content = (raw.get("data") or {}).get(INTERFACES) or ""
    return interfaces_text.read(content, node_of(raw["metadata"]["name"]))


def tells_interfaces(name: str) -> bool:
    """Whether the object of this name is one that tells a node's interfaces."""
    return name.startswith(_PREFIX)


def node_of(name: str) -> str:
    """The node that the object of this name speaks of."""
    return name.removeprefix(_PREFIX)


def _metadata(where: ObjectKey, node_uid: str | None, node: str) -> JsonObject:
    metadata: JsonObject = {"namespace": where.namespace, "name": where.name, "labels": LABELS}
    if node_uid is not None:
        owner = {"apiVersion": "v1", "kind": "Node", "name": node, "uid": node_uid}
        metadata["ownerReferences"] = [owner]
    return metadata


def _time(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
