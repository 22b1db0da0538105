"""What each fault puts on which host."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockcloud.faults.decide.plan import Fault, Kind, affected, ending, heal_script, rules

MACS = {"a": "02:00:00:00:00:0a", "b": "02:00:00:00:00:0b", "c": "02:00:00:00:00:0c"}
LINK = Fault(1, Kind.LINK, "", ("a",))
LOSS = Fault(2, Kind.LOSS, "", ("a",), percent=12.5)
PARTITION = Fault(3, Kind.PARTITION, "", ("a",), ("b", "c"))
POWER = Fault(5, Kind.POWER, "", ("a",))
DELAY = Fault(6, Kind.DELAY, "", ("a",), seconds=0.05)
PAUSE = Fault(4, Kind.PAUSE, "", daemon="kube", pid=7)


@pytest.mark.parametrize("fault", [LINK, LOSS, PARTITION, POWER])
def test_hosts_that_are_affected_have_a_table_each(fault):
    """And no others; it bears the fault's number, so that several may be on."""
    found = rules(fault, MACS)
    assert set(found) == set(affected(fault))
    assert all(f"table netdev mockcloud-fault-{fault.number} {{" in script for script in found.values())
    assert f"delete table netdev mockcloud-fault-{fault.number}\n" in heal_script(fault)


def test_a_dead_cable_is_dead_both_ways():
    """In and out."""
    (script,) = rules(LINK, {}).values()
    assert script.count("  drop\n") == script.count(" hook ") == 2


def test_losses_are_by_chance():
    """In thousandths of a percent."""
    (script,) = rules(LOSS, {}).values()
    assert script.count("numgen random mod 100000 < 12500 drop") == 2


def test_each_side_of_a_partition_drops_what_the_other_says():
    """By MAC address: what a node passes on for its pods is the node's, too."""
    found = rules(PARTITION, MACS)
    assert "ether saddr { 02:00:00:00:00:0b, 02:00:00:00:00:0c } drop" in found["a"]
    assert "ether saddr { 02:00:00:00:00:0a } drop" in found["b"]
    assert found["b"] == found["c"]


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (LINK, "no frame passes to or from a"),
        (LOSS, "12.5 % of all frames to and from a are lost"),
        (POWER, "a has no power"),
        (DELAY, "each frame to and from a is 50 ms late"),
        (PARTITION, "a and b, c do not hear each other"),
        (PAUSE, "kube stands still (process 7)"),
    ],
)
def test_what_it_is_in_words(fault, text):
    """As it is listed."""
    assert fault.text == text


@pytest.mark.parametrize("fault", [PAUSE, DELAY])
def test_a_pause_and_a_delay_are_no_rules(fault):
    """But a signal, and another cable."""
    assert rules(fault, MACS) == {}


@pytest.mark.parametrize(
    ("until", "kept", "told"),
    [
        ("", False, "it is healed"),
        ("2026-01-01T00:00:02Z", True, "2026-01-01T00:00:02Z"),
        ("2026-01-01T00:00:01Z", True, "2026-01-01T00:00:01Z"),
        ("2026-01-01T00:00:02Z", False, "2026-01-01T00:00:02Z: its command is gone, heal it"),
        ("2026-01-01T00:00:00Z", False, "2026-01-01T00:00:00Z: overdue"),
        ("2026-01-01T00:00:00Z", True, "2026-01-01T00:00:00Z: overdue"),
    ],
)
def test_until_when_it_is_on(until, kept, told):
    """A command that was killed mends nothing: that is to be seen, before and after its time."""
    fault = replace(LINK, until=until)
    assert ending(fault, "2026-01-01T00:00:01Z", kept=kept) == told
