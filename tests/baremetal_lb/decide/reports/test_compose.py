"""What a speaker reports."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.reports.compose import (
    REMEMBERED,
    Troubles,
    YieldedAddresses,
    compose,
    speaks_for_all,
)
from baremetal_lb.decide.reports.text import read, write
from baremetal_lb.model.announcements import Announcement, Announcing, NodeOut, Standing, Verdict
from baremetal_lb.model.conflicts import Conflict, ConflictKind
from baremetal_lb.model.membership import MemberState, View
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Left, Out, Silence

ONE, TWO, THREE = (ip_address(f"10.0.0.{at}") for at in (1, 2, 3))
ETH0, ETH1 = ("eth0", "02:00:00:00:00:01"), ("eth1", "02:00:00:00:00:02")
MAC = bytes.fromhex("0200000000aa")


def unannounced(*verdicts: Verdict) -> Announcing:
    return Announcing("node-1", unannounced={verdict.service: verdict for verdict in verdicts})


def verdict(name: str, standing: Standing, *addresses, **out: NodeOut) -> Verdict:
    return Verdict(ObjectKey("ns", name), standing, addresses, out=out)


def test_addresses_are_grouped_by_their_interfaces():
    """However many there are, each interface stands there once; an address that is nowhere stands nowhere."""
    announcing = Announcing(
        "node-1",
        (
            Announcement(TWO, (ETH1, ETH0)),
            Announcement(ONE, (ETH0, ETH1)),
            Announcement(THREE, (ETH0,)),
            Announcement(ip_address("10.0.0.4"), ()),
        ),
    )
    assert compose(announcing, Troubles(), for_all=True).announced == (
        Place((THREE,), "node-1", (Port(*ETH0),)),
        Place((ONE, TWO), "node-1", (Port(*ETH0), Port(*ETH1))),
    )


def test_a_router_with_a_hundred_interfaces_names_some():
    """More would be refused."""
    many = tuple((f"eth0.{at}", f"02:00:00:00:00:{at:02x}") for at in range(100))
    report = compose(Announcing("n", (Announcement(ONE, many),)), Troubles(), for_all=True)
    assert len(report.announced[0].ports) == 64
    assert read(write(report), "n") == report


def test_who_holds_back_says_so_and_one_tells_of_the_addresses():
    """Also where there is no address: whoever waits for all of them to hold back counts them."""
    held = Announcing("node-1", held=True)
    assert compose(held, Troubles(), for_all=True).held
    told = unannounced(verdict("a", Standing.HELD, ONE))
    assert compose(told, Troubles(), for_all=True).silences == (Silence("Held", (ONE,)),)
    assert compose(told, Troubles(), for_all=False).silences == ()


def test_one_speaker_tells_for_all_why_nobody_announces():
    """Grouped by the reason, and each reason with its nodes."""
    announcing = unannounced(
        verdict("a", Standing.NO_ENDPOINTS, TWO),
        verdict("b", Standing.NO_NODE, ONE, b=NodeOut.NO_SPEAKER, a=NodeOut.NO_SPEAKER, c=NodeOut.NOT_READY),
        verdict("c", Standing.NO_ENDPOINTS, THREE),
        verdict("d", Standing.NOT_IN_POOL),
    )
    assert compose(announcing, Troubles(), for_all=True).silences == (
        Silence("NoNode", (ONE,), (Out("NoSpeaker", ("a", "b")), Out("NotReady", ("c",)))),
        Silence("NoEndpoints", (TWO, THREE)),
    )


def test_the_others_tell_of_themselves_only():
    """That its interfaces are down only the owner knows."""
    announcing = unannounced(
        verdict("a", Standing.NO_ENDPOINTS, ONE),
        verdict("b", Standing.NO_INTERFACE, TWO, a=NodeOut.NO_INTERFACE),
    )
    assert compose(announcing, Troubles(), for_all=False).silences == (
        Silence("NoInterface", (TWO,), (Out("NoInterface", ("a",)),)),
    )


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({}, True),
        ({"node-1": MemberState.ACTIVE, "node-2": MemberState.ACTIVE}, False),
        ({"node-1": MemberState.LEAVING, "node-2": MemberState.ACTIVE}, True),
        ({"node-2": MemberState.SETTLING, "node-3": MemberState.ACTIVE}, True),
    ],
    ids=["without heartbeats", "another is first", "the first one leaves", "first"],
)
def test_the_first_that_stays_speaks_for_all(states, expected):
    """Without heartbeats each does; what two say alike is no contradiction."""
    assert speaks_for_all(View(states), "node-2") is expected


def test_a_thousand_nodes_are_not_all_named():
    """Fifty are enough to see what they have in common."""
    out = {f"node-{at:03}": NodeOut.NO_SPEAKER for at in range(120)}
    report = compose(unannounced(verdict("a", Standing.NO_NODE, ONE, **out)), Troubles(), for_all=True)
    (told,) = report.silences[0].out
    assert (len(told.nodes), told.more) == (50, 70)


def test_an_address_that_was_left_is_told_for_an_hour():
    """So that a controller that starts knows whom it belongs to; unless it became ours after all."""
    yielded = YieldedAddresses()
    taken = [Conflict(each, ConflictKind.IN_USE, MAC, "eth0") for each in (ONE, TWO)]
    claimed = Conflict(THREE, ConflictKind.CLAIMED, MAC, "eth0")
    yielded.see([*taken, claimed], [], 1000.0)
    assert yielded.told() == ()
    yielded.see([], [Announcement(TWO, (ETH0,))], 1001.5)
    assert yielded.told() == (Left(taken[0], 1001),)
    assert yielded.told(wall_offset=-7200.0) == (Left(taken[0], 0),)
    assert yielded.told(wall_offset=7200.0) == (Left(taken[0], 8201),)
    yielded.see(taken[:1], [], 1002.0)
    assert yielded.told() == ()
    yielded.see([], [], 1003.0)
    yielded.see([], [], 1003.0 + REMEMBERED - 1)
    assert yielded.told() == (Left(taken[0], 1003),)
    yielded.see([], [], 1003.0 + REMEMBERED)
    assert yielded.told() == ()


def test_the_order_in_which_things_were_seen_does_not_show():
    """Else the object would be written for nothing."""
    conflicts = [Conflict(each, ConflictKind.CLAIMED, MAC, "eth0") for each in (ONE, TWO)]
    forth = compose(Announcing("n"), Troubles(conflicts), for_all=True)
    assert forth == compose(Announcing("n"), Troubles(conflicts[::-1]), for_all=True)
