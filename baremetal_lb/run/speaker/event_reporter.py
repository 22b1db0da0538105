"""What the speaker says of its verdicts: log lines, and the Events that name a new owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.kube.events import Subject
from baremetal_lb.model.announcements import Standing
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.reasons import EventReason, Note
from baremetal_lb.run.speaker.announcement_state import NOBODY

if TYPE_CHECKING:
    from baremetal_lb.kube.events import EventRecorder
    from baremetal_lb.model.announcements import Verdict
    from baremetal_lb.model.services import ServiceView

WAIVED: Final = (
    "every node that could announce has the label node.kubernetes.io/exclude-from-external-load-balancers: "
    "it is not heeded"
)
log = structlog.get_logger("speaker")


class Teller:
    """Says each thing once. `node` is ours."""

    def __init__(self, node: str, recorder: EventRecorder) -> None:
        self._node = node
        self._recorder = recorder
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
