"""What two processes see of the memory they share."""

import os
from collections.abc import Iterator

import pytest

from baremetal_lb.decide.layer2.responder.responder import DropReason
from baremetal_lb.link.answering.ledger import NO_END, Ledger


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    made = Ledger.made()
    yield made
    os.close(made.fd)


def test_what_one_side_writes_the_other_reads(ledger: Ledger) -> None:
    """Leases, signs of life and counts, each in a place of its own."""
    other = Ledger(ledger.fd)
    ledger.lease, ledger.parent, other.beat, other.withheld = 1, 2, 3, 4
    other.arp_drops[DropReason.MALFORMED] += 5
    other.ndp_drops[DropReason.NOT_SENT] += 6
    counts = ledger.take()
    theirs = other.counts_at(counts.at)
    theirs.answered, theirs.unsent = 7, 8
    assert (other.lease, other.parent, ledger.beat, ledger.withheld) == (1, 2, 3, 4)
    assert {why: count for why, count in ledger.arp_drops.items() if count} == {DropReason.MALFORMED: 5}
    assert {why: count for why, count in ledger.ndp_drops.items() if count} == {DropReason.NOT_SENT: 6}
    assert (counts.answered, counts.unsent, counts.shouted) == (7, 8, 0)


def test_counts_of_an_address_begin_at_nothing_also_where_another_had_them(ledger: Ledger) -> None:
    """Who is announced again is counted anew; two addresses never share a place."""
    first, second = ledger.take(), ledger.take()
    first.answered, second.answered = 1, 2
    ledger.give_back(first)
    third, fourth = ledger.take(), ledger.take()
    assert [each.answered for each in (second, third, fourth)] == [2, 0, 0]
    assert len({second.at, third.at, fourth.at}) == 3


def test_new_ledger_waits_for_its_speaker_and_its_lease_has_no_end(ledger: Ledger) -> None:
    """Nothing is answered before the speaker has said that it lives."""
    assert not ledger.may_answer(1)
    ledger.parent = 5
    assert ledger.may_answer(5)
    assert not ledger.may_answer(6)
    ledger.parent = NO_END
    assert ledger.may_answer(6)
