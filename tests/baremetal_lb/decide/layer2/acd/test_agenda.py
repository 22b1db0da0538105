"""What is due when, and how much at a time."""

from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.layer2.acd.agenda import NEVER, STEP, Agenda, chance

A, B = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")


def test_only_the_last_time_of_an_address_counts() -> None:
    """Earlier ones, later ones and those that were dropped come to nothing."""
    agenda = Agenda()
    agenda.put(A, 1.0)
    agenda.put(A, 5.0)
    agenda.put(B, 2.0)
    agenda.drop(B)
    agenda.drop(B)
    assert agenda.wake_at(0.0) == 5.0
    assert [*agenda.due(4.9)] == []
    assert [*agenda.due(5.0)] == [A]
    assert agenda.wake_at(5.0) == NEVER


def test_those_that_are_due_together_come_in_steps() -> None:
    """In the order of their times; whoever asks sooner than after a STEP gets no more."""
    agenda = Agenda(pace=2)
    addresses = [A + number for number in range(5)]
    for number, address in enumerate(addresses):
        agenda.put(address, number / 100)
    assert [*agenda.due(1.0)] == addresses[:2]
    assert agenda.wake_at(1.0) == 1.0 + STEP
    assert [*agenda.due(1.0 + STEP / 2)] == []
    assert [*agenda.due(1.0 + STEP)] == addresses[2:4]
    assert [*agenda.due(2.0)] == addresses[4:]


def test_address_that_is_put_again_while_it_is_handled_comes_again() -> None:
    """As whoever handles it does."""
    agenda = Agenda()
    agenda.put(A, 1.0)
    for address in agenda.due(1.0):
        agenda.put(address, 3.0)
    assert agenda.wake_at(1.0) == 3.0


@given(st.ip_addresses(), st.text(max_size=9))
def test_chance_is_the_same_for_the_same_and_a_fraction(address, salt) -> None:
    """So that a run can be had again."""
    assert 0 <= chance(address, salt) == chance(address, salt) <= 1
