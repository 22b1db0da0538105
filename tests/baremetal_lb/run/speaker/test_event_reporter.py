"""Events that a speaker writes: one for each new owner, none for what was told before."""

from dataclasses import dataclass, field
from ipaddress import ip_address

from baremetal_lb.model.announcements import (
    NodeOut,
    Standing,
    Verdict,
)
from baremetal_lb.model.api_names import (
    AnnouncedReason,
    EventReason,
)
from baremetal_lb.model.objects import ObjectKey, Subject
from baremetal_lb.model.places import Place, Port, tell
from baremetal_lb.model.reasons import (
    Note,
)
from baremetal_lb.model.services import Condition, ServiceStatus, ServiceView
from baremetal_lb.run.speaker.event_reporter import EventReporter

WEB, VIP = ObjectKey("shop", "web"), ip_address("192.0.2.200")
ME, PEER = "node-1", "node-2"
ASSIGNED = EventReason.NODE_ASSIGNED


@dataclass
class Recorded:
    """An EventRecorder that keeps what it is given."""

    notes: list[tuple[str, EventReason]] = field(default_factory=list)

    def record(self, subject: Subject, note: Note) -> None:
        self.notes.append((str(subject.key), note.reason))


def web(announced_by: str | None = None) -> ServiceView:
    condition = None
    if announced_by:
        place = Place((VIP,), announced_by, (Port("eth0", "02:00:00:00:00:01"),))
        condition = Condition(True, AnnouncedReason.ANNOUNCED, tell([place]))
    return ServiceView(WEB, "u", "1", "", True, status=ServiceStatus((VIP,), announced=condition))


def owned_by(node: str) -> Verdict:
    standing = Standing.ANNOUNCED if node == ME else Standing.OTHER_NODE
    return Verdict(WEB, standing, (VIP,), node)


def told(*story: Verdict | ServiceView | None) -> list[tuple[str, EventReason]]:
    """The Events after a story: the Service as it is, and each verdict on it."""
    recorded, service, before = Recorded(), None, None
    reporter = EventReporter(ME, recorded)
    for each in story:
        if isinstance(each, Verdict):
            reporter.tell(before, each, service)
            before = each
        else:
            service = each
    return recorded.notes


def test_each_new_owner_is_told_by_itself_once():
    """Not when the Service has no endpoint for a while, and not what another node takes."""
    silent = Verdict(WEB, Standing.NO_ENDPOINTS, (VIP,))
    assert told(web(), owned_by(ME), silent, owned_by(ME)) == [("shop/web", ASSIGNED)]
    assert told(web(), owned_by(PEER)) == []
    assert told(web(), owned_by(ME), owned_by(PEER), owned_by(ME)) == [("shop/web", ASSIGNED)] * 2


def test_restarted_speaker_does_not_repeat_what_the_condition_says():
    """It names us; another node's name, or none, is another matter."""
    assert told(web(ME), owned_by(ME)) == []
    assert told(web(PEER), owned_by(ME)) == [("shop/web", ASSIGNED)]
    assert told(web(ME), owned_by(PEER), owned_by(ME)) == [("shop/web", ASSIGNED)]


def test_service_that_is_made_anew_is_told_of_again():
    """It is another one, though its name is the same."""
    gone = Verdict(WEB, Standing.DELETED)
    assert told(web(), owned_by(ME), None, gone, web(), owned_by(ME)) == [("shop/web", ASSIGNED)] * 2


def test_label_that_is_not_heeded_is_told_once():
    """On our Node, and again only after it was heeded in between."""
    recorded = Recorded()
    reporter = EventReporter(ME, recorded)
    for waived in (True, True, False, True):
        reporter.tell_label(waived=waived)
    assert recorded.notes == [(ME, EventReason.EXCLUDE_LABEL_IGNORED)] * 2


def test_nobody_announcing_is_no_event_of_the_speakers():
    """The controller says it once for all of them."""
    nobody = Verdict(WEB, Standing.NO_NODE, (VIP,), out={ME: NodeOut.NOT_READY})
    assert told(web(), owned_by(ME), nobody) == [("shop/web", ASSIGNED)]
