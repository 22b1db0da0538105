"""Events that wait out a grace."""

from baremetal_lb.decide.reports.condition import ConditionWanted
from baremetal_lb.decide.reports.unsaid import Unsaid
from baremetal_lb.model.api_names import EventReason
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.reasons import Note
from baremetal_lb.model.services import Condition

WEB = ObjectKey("x", "web")
NOT_ANNOUNCED, OTHER = Note(EventReason.NOT_ANNOUNCED, "none"), Note(EventReason.NODE_ASSIGNED, "n")
NO = ConditionWanted(Condition(False, "NoEndpoints", ""), grace=30.0)
FAULT = ConditionWanted(Condition(False, "NobodyAnnounces", ""))
YES = ConditionWanted(Condition(True, "Announced", ""))


def test_a_no_that_may_pass_is_told_when_its_grace_is_over():
    """Once; other Events are told at once."""
    unsaid = Unsaid()
    assert list(unsaid.see(WEB, NO, (NOT_ANNOUNCED, OTHER), 100.0)) == [OTHER]
    assert (unsaid.wake_at(), list(unsaid.due(129.9))) == ((130.0,), [])
    assert (list(unsaid.due(130.0)), list(unsaid.due(200.0))) == ([WEB], [])


def test_a_fault_is_told_at_once():
    """Also in the place of one that waits."""
    unsaid = Unsaid()
    list(unsaid.see(WEB, NO, (NOT_ANNOUNCED,), 100.0))
    assert list(unsaid.see(WEB, FAULT, (NOT_ANNOUNCED,), 110.0)) == [NOT_ANNOUNCED]
    assert list(unsaid.due(200.0)) == []


def test_what_came_right_is_not_told():
    """A rollout is over before it is an Event."""
    unsaid = Unsaid()
    list(unsaid.see(WEB, NO, (NOT_ANNOUNCED,), 100.0))
    assert list(unsaid.see(WEB, YES, (OTHER,), 110.0)) == [OTHER]
    assert list(unsaid.due(200.0)) == []


def test_a_new_no_begins_a_new_grace():
    """The old one's end is not its end."""
    unsaid = Unsaid()
    list(unsaid.see(WEB, NO, (NOT_ANNOUNCED,), 100.0))
    list(unsaid.see(WEB, NO, (NOT_ANNOUNCED,), 120.0))
    assert (list(unsaid.due(130.0)), list(unsaid.due(150.0))) == ([], [WEB])
