"""The names that people type and read."""

import pytest

from baremetal_lb.model import api_names
from baremetal_lb.model.api_names import AnnouncedReason, EventReason, Reason


@pytest.mark.parametrize("reason", [*Reason, *AnnouncedReason, *EventReason])
def test_a_reason_is_what_the_api_takes_for_one(reason):
    """A condition's reason is CamelCase (metav1.Condition), and an Event's is at most 128 characters."""
    assert str(reason).isalnum()
    assert str(reason)[0].isupper()


@pytest.mark.parametrize(
    ("reason", "warns"),
    [
        (EventReason.IP_ALLOCATED, False),
        (EventReason.NODE_ASSIGNED, False),
        (EventReason.CONFIG_ACCEPTED, False),
        (EventReason.ALLOCATION_FAILED, True),
        (EventReason.ADDRESS_IN_USE, True),
        (EventReason.CONFIG_REJECTED, True),
    ],
)
def test_what_somebody_should_look_at_is_a_warning(reason, warns):
    """All else is Normal."""
    assert reason.is_warning is warns


def test_our_own_prefix_is_looked_at_first():
    """An annotation under it wins over MetalLB's."""
    assert api_names.PREFIXES == ("baremetal-lb.io/", "metallb.io/", "metallb.universe.tf/")
