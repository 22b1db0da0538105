"""What speakers tell of their interfaces: at once, bounded, and steady or not."""

import pytest

from baremetal_lb.decide.membership.machine import Linked
from baremetal_lb.decide.membership.uplinks import KEPT, MOST, KnownMacs, Uplinks, fitting
from baremetal_lb.model.membership import MemberState, Record, Uplink, ident
from tests.fakes.playbook import ME, Playbook


def uplink(name: str, last: int = 1, steady: bool = True) -> Uplink:
    return Uplink(name, bytes([2, 0, 0, 0, 0, last]), steady)


ETH0, ETH1, THEIRS = uplink("eth0"), uplink("eth1", 2), uplink("eth0", 9)
WAIT = 10.0


def unsteady(one: Uplink) -> Uplink:
    return Uplink(one.name, one.mac, steady=False)


@pytest.mark.parametrize(
    ("names", "count"),
    [
        pytest.param(["eth0"], 1, id="one"),
        pytest.param([f"eth{number}" for number in range(20)], MOST, id="as-many-as-may-be"),
        pytest.param([f"a-very-long-{number:03}" for number in range(20)], 5, id="as-many-bytes-as-may-be"),
    ],
)
def test_first_ones_are_told_that_there_is_room_for(names, count):
    """A node with a hundred VLANs must not make heartbeats that no LAN carries."""
    found = [uplink(name) for name in names]
    assert found[:count] == list(fitting(found))


def test_first_interfaces_are_steady_and_later_ones_after_a_while():
    """Also one that went and came back; one that is renumbered stays what it was."""
    ours = Uplinks(WAIT)
    assert not ours.see([ETH0], 0.0, alone=False)
    assert (ours.told(0.0), ours.wake_at(0.0)) == ((ETH0,), float("inf"))
    ours.see([ETH0, ETH1], 5.0, alone=False)
    assert (ours.told(5.0), ours.wake_at(5.0)) == ((ETH0, unsteady(ETH1)), 15.0)
    assert (ours.told(15.0), ours.wake_at(15.0)) == ((ETH0, ETH1), float("inf"))
    ours.see([ETH1], 20.0, alone=False)
    ours.see([ETH0, uplink("eth1", 7)], 21.0, alone=False)
    assert ours.told(21.0) == (unsteady(ETH0), uplink("eth1", 7))


def test_where_nobody_else_has_a_steady_interface_there_is_nothing_to_wait_for():
    """A switch that restarts takes the carrier of all nodes at once."""
    ours = Uplinks(WAIT)
    for now, found in ((0.0, [ETH0]), (5.0, []), (6.0, [ETH0])):
        ours.see(found, now, alone=True)
    assert ours.told(6.0) == (ETH0,)


def test_macs_count_as_ours_for_a_while_after_they_were_told():
    """A frame of a dead speaker, or one with the MAC it had before, is no stranger's."""
    roll = KnownMacs()

    def record(*uplinks: Uplink) -> Record:
        return Record(1, 1, MemberState.ACTIVE, uplinks=uplinks)

    roll.call([record(ETH0, ETH1)], 0.0)
    roll.call([record(ETH0)], KEPT)
    assert roll.macs == {ETH0.mac, ETH1.mac}
    roll.call([], KEPT + 1)
    assert roll.macs == {ETH0.mac}


def test_lost_interface_is_told_at_once_and_one_that_returns_is_not_steady():
    """Not with the next beat: whoever takes over must not wait for it."""
    book = Playbook.of("a")
    book.peers["a"].uplinks = (THEIRS,)
    book.feed(Linked((ETH0, ETH1)))
    book.says("a")
    book.until(12.05, talking=("a",))
    assert book.view.uplinks == {ME: (ETH0, ETH1), "a": (THEIRS,)}

    for found, told in (((ETH1,), (ETH1,)), ((ETH0, ETH1), (unsteady(ETH0), ETH1))):
        book.sent.clear()
        book.feed(Linked(found))
        [(at, to, beat)] = book.sent
        assert (at, to, beat.records[0].uplinks) == (book.now, "a", told)
        assert book.view.uplinks[ME] == told
        book.says("a")
    book.until(9.9, talking=("a",))
    assert book.view.uplinks[ME] == (unsteady(ETH0), ETH1)
    book.until(0.2, talking=("a",))
    assert book.view.uplinks[ME] == (ETH0, ETH1)


def test_same_interfaces_again_are_no_news():
    """Netlink tells of much that is nothing to us."""
    book = Playbook.settled("a")
    book.feed(Linked((ETH0,)))
    version = book.sent[-1][2].records[0].version
    book.sent.clear()
    book.feed(Linked((ETH0,)))
    assert book.sent == []
    book.until(0.2, talking=("a",))
    assert {beat.records[0].version for _, _, beat in book.sent} == {version}


def test_dead_speaker_has_no_interfaces_but_its_macs_are_known():
    """What it sent is not a stranger's."""
    book = Playbook.of("a", "b")
    for name in ("a", "b"):
        book.peers[name].uplinks = (uplink("eth0", ident(name) % 200),)
        book.says(name)
    book.until(12.0, talking=("a", "b"))
    book.until(1.0, talking=("b",))
    book.becomes("b", MemberState.ACTIVE, frozenset({ident("a")}))
    assert book.view.uplinks.keys() == {ME, "b"}
    assert {each.mac for name in ("a", "b") for each in book.peers[name].uplinks} == book.view.macs


def test_speaker_without_any_interface_for_a_while_hears_first_who_stood_in_for_it():
    """Heartbeats had no way either: its only peer is dead to it, and has taken its addresses."""
    book = Playbook.of("a")
    book.peers["a"].uplinks = (THEIRS,)
    book.feed(Linked((ETH0,)))
    book.says("a")
    book.until(12.0, talking=("a",))
    book.feed(Linked(()))
    book.until(2.0)
    assert book.states == {ME: MemberState.ACTIVE}

    book.feed(Linked((ETH0,)))
    assert book.mine is MemberState.SETTLING
    book.says("a")
    assert book.mine is MemberState.RETURNING
    book.until(9.9, talking=("a",))
    assert book.mine is MemberState.RETURNING
    book.until(0.2, talking=("a",))
    assert book.mine is MemberState.ACTIVE


def test_speaker_without_any_interface_for_a_while_goes_on_where_nobody_is_heard():
    """After the time in which it would have heard them."""
    book = Playbook.settled("a")
    book.feed(Linked((ETH0,)))
    book.feed(Linked(()))
    book.until(2.0)
    book.feed(Linked((ETH0,)))
    book.until(book.machine.timing.settle - 0.01)
    assert book.mine is MemberState.SETTLING
    book.until(0.02)
    assert book.mine is MemberState.FRESH


def test_interface_that_returns_where_others_are_worse_off_is_steady():
    """Theirs came back a moment before, with nobody else to wait for."""
    book = Playbook.of("a")
    book.peers["a"].uplinks = ()
    book.feed(Linked((ETH0,)))
    book.says("a")
    book.until(12.0, talking=("a",))
    for found in ((), (ETH0,)):
        book.feed(Linked(found))
    assert book.view.uplinks[ME] == (ETH0,)
