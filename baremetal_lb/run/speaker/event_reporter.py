"""What the speaker says to people: log lines, and the Events that name a new owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.reports.compose import NOBODY
from baremetal_lb.model.announcements import Standing
from baremetal_lb.model.api_names import (
    EventReason,
)
from baremetal_lb.model.objects import ObjectKey, Subject
from baremetal_lb.model.reasons import (
    Note,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from baremetal_lb.kube.events import EventRecorder
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.announcements import Verdict
    from baremetal_lb.model.conflicts import Conflict, Finding
    from baremetal_lb.model.membership import NotHeard
    from baremetal_lb.model.services import ServiceView

WAIVED: Final = (
    "every node that could announce has the label node.kubernetes.io/exclude-from-external-load-balancers: "
    "it is not heeded"
)
UNHEARD_HINTS: Final = {
    "silent": "nothing comes from it",
    "oneWay": "it is heard, but does not hear this node",
    "unreadable": "its heartbeats are of another release, or signed with another key",
}
log = structlog.get_logger("speaker")
conflict_log = structlog.get_logger("conflicts")
membership_log = structlog.get_logger("membership")


class EventReporter:
    """Says each thing once. `node` is ours; heartbeats go by `membership_port`."""

    def __init__(self, node: str, recorder: EventRecorder, membership_port: int = 0) -> None:
        self._node = node
        self._recorder = recorder
        self._membership_port = membership_port
        self._owners: dict[ObjectKey, str] = {}  # that the last Event, ours or another's, named
        self._waived = False

    def tell(self, before: Verdict | None, verdict: Verdict, service: ServiceView | None) -> None:
        """A verdict is news; `service` as it is now."""
        self._log(before, verdict)
        if service is None:
            self._owners.pop(verdict.service, None)
        else:
            self._record(verdict, service)

    def tell_label(self, *, waived: bool) -> None:
        """The exclude label is not heeded, or is again."""
        if waived and not self._waived:
            log.warning("exclude label ignored", why=WAIVED)
            # The kubelet writes a node's name as its uid, and `kubectl describe node` looks for that.
            subject = Subject("Node", ObjectKey("", self._node), self._node)
            self._recorder.record(subject, Note(EventReason.EXCLUDE_LABEL_IGNORED, WAIVED))
        self._waived = waived

    def tell_conflict(self, address: IPAddress, conflict: Conflict | None, finding: Finding | None) -> None:
        """Somebody else has an address, or its owner does not answer for it; neither: that is over."""
        if conflict is not None:
            announced = not conflict.kind.withholds
            conflict_log.warning("conflict", address=str(address), what=str(conflict), announced=announced)
        elif finding is not None:
            conflict_log.warning("address not answered as expected", address=str(address), what=str(finding))
        else:
            conflict_log.info("conflict resolved", address=str(address))

    def tell_partition(
        self, nodes: Collection[str], kept: Collection[IPAddress], lost: Collection[IPAddress]
    ) -> None:
        """Nodes that were cut off until now announced the same addresses as we did."""
        facts = {"nodes": sorted(nodes), "kept": len(kept), "lost": len(lost)}
        conflict_log.warning("announced on both sides of a partition", **facts)

    def tell_unheard(self, reasons: Mapping[str, NotHeard]) -> None:
        """Nodes that are Ready are not heard; none: that is over."""
        if reasons:
            membership_log.warning(
                "no heartbeats from Ready nodes: going by Node readiness and by ARP and NDP seen on the LAN",
                port=f"UDP {self._membership_port}",
                nodes={node: UNHEARD_HINTS[why] for node, why in reasons.items()},
                look_for="a firewall or network policy between nodes; speakers of two releases or keys",
            )
        else:
            membership_log.info("heartbeats come from every node that is Ready")

    def _record(self, verdict: Verdict, service: ServiceView) -> None:
        """An Event where we are a new owner, not where endpoints or addresses came and went under the old."""
        last = self._owners.get(service.key, _told(service))
        if verdict.owner is None:
            return
        self._owners[service.key] = verdict.owner
        if last == verdict.owner:
            return
        if verdict.owner == self._node:
            note = Note(
                EventReason.NODE_ASSIGNED, f'announcing from node "{self._node}" with protocol "layer2"'
            )
            self._recorder.record(Subject("Service", service.key, service.uid, service.version), note)

    def _log(self, before: Verdict | None, verdict: Verdict) -> None:
        """One line for each decision that concerns this node, or that leaves a Service without any."""
        here = verdict.standing is Standing.ANNOUNCED
        withdrawn = before is not None and before.standing is Standing.ANNOUNCED and not here
        about = before if before is not None and withdrawn else verdict
        facts = {
            "service": str(verdict.service),
            "addresses": [str(each) for each in about.addresses],
            "reason": verdict.standing,
            "node": self._node,
        }
        if here:
            log.info("announced", **facts)
        elif withdrawn:
            log.info("withdrawn", **facts, owner=verdict.owner)
        elif verdict.standing in NOBODY:
            log.info("nobody announces", **facts, out={name: str(why) for name, why in verdict.out.items()})
        else:
            log.debug("not announced here", **facts, owner=verdict.owner)


def _told(service: ServiceView) -> str | None:
    """The owner that the Service's condition names: before a restart of ours we may have told of it."""
    nodes = {place.node for place in service.status.places()}
    return nodes.pop() if len(nodes) == 1 else None
