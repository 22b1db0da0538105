"""What to do about each reason."""

import string

import pytest

from baremetal_lb.decide.explain import remedies
from baremetal_lb.model.api_names import AnnouncedReason, Reason

KNOWN = {"service", "namespace", "name", "config", "config_name", "system"}


def test_each_reason_has_a_remedy():
    """But the good ones, which need none."""
    assert set(remedies.ALLOCATED) == set(Reason)
    assert set(remedies.ANNOUNCED) == set(AnnouncedReason)
    without = [each for each, text in (*remedies.ALLOCATED.items(), *remedies.ANNOUNCED.items()) if not text]
    assert without == [Reason.ALLOCATED, AnnouncedReason.ANNOUNCED]


@pytest.mark.parametrize("text", [*remedies.ALLOCATED.values(), *remedies.ANNOUNCED.values()])
def test_a_remedy_names_only_what_is_filled_in(text):
    """As its module says."""
    assert {name for _, name, _, _ in string.Formatter().parse(text) if name is not None} <= KNOWN


def test_a_reason_that_only_a_newer_release_has():
    """Its message is all there is."""
    assert "as the message says" in remedies.for_allocated("Unheard")
    assert remedies.for_announced("Unheard") == "do as the message says"
    assert remedies.for_announced("Announced") == ""
