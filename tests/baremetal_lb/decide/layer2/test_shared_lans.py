"""Which interfaces share a LAN, and which one answers there."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.layer2.shared_lans import HEARD_LASTS, PATIENCE, SharedLans, apart
from baremetal_lb.model.interfaces import HERE, Interface

VIP = ip_address("192.0.2.200")
MAC = bytes.fromhex("020000000001")


def interface(index: int, name: str, lower: tuple[int, int] | None = None) -> Interface:
    return Interface(index, name, MAC, lower=lower)


ETH0, ETH1, ETH2 = (interface(number + 2, f"eth{number}") for number in range(3))


@pytest.fixture
def lans() -> SharedLans:
    return SharedLans(lambda _address, _name: True)


def speakers(lans: SharedLans) -> list[str]:
    return [each for each in ("eth0", "eth1", "eth2", "mv0", "mv1") if lans.answers(VIP, each)]


def test_a_single_interface_answers_at_once(lans: SharedLans) -> None:
    """It has nobody to share its LAN with."""
    lans.see([ETH0], 0.0)
    assert (speakers(lans), lans.wake_at()) == (["eth0"], None)


def test_several_answer_when_they_could_have_heard_each_other(lans: SharedLans) -> None:
    """Who was there before goes on; who is new waits a moment."""
    lans.see([ETH0, ETH1], 0.0)
    assert (speakers(lans), lans.wake_at()) == ([], PATIENCE)
    lans.settle(PATIENCE)
    assert speakers(lans) == ["eth0", "eth1"]
    lans.see([ETH0, ETH1, ETH2], 5.0)
    assert speakers(lans) == ["eth0", "eth1"]
    lans.settle(5.0 + PATIENCE)
    assert (speakers(lans), lans.shared()) == (["eth0", "eth1", "eth2"], [])


def test_of_those_that_hear_each_other_the_first_answers(lans: SharedLans) -> None:
    """Whoever heard whom, in a chain, too; the others only when it is gone."""
    lans.see([ETH2, ETH1, ETH0], 0.0)
    assert lans.hear(ETH2.index, ETH1.index, 0.01)
    assert not lans.hear(ETH1.index, ETH2.index, 0.02)
    assert lans.hear(ETH0.index, ETH1.index, 0.02)
    lans.settle(PATIENCE)
    assert (speakers(lans), lans.shared()) == (["eth0"], [("eth0", "eth1", "eth2")])
    lans.see([ETH1, ETH2], 3.0)
    assert (speakers(lans), lans.shared()) == (["eth1"], [("eth1", "eth2")])


def test_the_one_that_the_node_routes_by_answers(lans: SharedLans) -> None:
    """Its replies leave there, and a strict reverse path filter takes what comes in by no other."""
    lans.way_out = lambda _address: "eth1"
    lans.see([ETH0, ETH1], 0.0)
    lans.hear(ETH0.index, ETH1.index, 0.0)
    lans.settle(PATIENCE)
    assert speakers(lans) == ["eth1"]
    lans.way_out = lambda _address: "eth9"
    assert speakers(lans) == ["eth0"]


def test_the_pool_chooses_among_them(lans: SharedLans) -> None:
    """`interfaces` comes before all."""
    lans.wants = lambda _address, name: name == "eth1"
    lans.way_out = lambda _address: "eth0"
    lans.see([ETH0, ETH1], 0.0)
    lans.hear(ETH0.index, ETH1.index, 0.0)
    lans.settle(PATIENCE)
    assert speakers(lans) == ["eth1"]


def test_macvlans_are_in_the_lan_of_their_lower_interface(lans: SharedLans) -> None:
    """They hear each other perhaps, and their lower interface never: the kernel's word counts."""
    lans.see([ETH0, interface(7, "mv0", (ETH0.index, HERE)), interface(8, "mv1", (ETH0.index, HERE))], 0.0)
    lans.settle(PATIENCE)
    assert (speakers(lans), lans.shared()) == (["eth0"], [("eth0", "mv0", "mv1")])


def test_macvlans_of_another_namespaces_interface_share_its_lan(lans: SharedLans) -> None:
    """A number there is not the interface of that number here."""
    lans.see([ETH0, interface(7, "mv0", (ETH0.index, 0)), interface(8, "mv1", (ETH0.index, 0))], 0.0)
    lans.settle(PATIENCE)
    assert (speakers(lans), lans.shared()) == (["eth0", "mv0"], [("mv0", "mv1")])


def test_what_was_heard_long_ago_counts_no_more(lans: SharedLans) -> None:
    """A switch's port was put into another VLAN without a cut. What one hears of itself never counts."""
    lans.see([ETH0, ETH1], 0.0)
    assert not lans.hear(ETH0.index, ETH0.index, 0.0)
    lans.hear(ETH0.index, ETH1.index, 0.0)
    lans.settle(HEARD_LASTS - 1)
    assert speakers(lans) == ["eth0"]
    assert lans.wake_at() == HEARD_LASTS
    lans.settle(HEARD_LASTS)
    assert (speakers(lans), lans.shared()) == (["eth0", "eth1"], [])


def test_a_number_that_is_another_interface_now_was_not_heard(lans: SharedLans) -> None:
    """Gone and made anew under the same name."""
    lans.see([ETH0, ETH1], 0.0)
    lans.hear(ETH0.index, ETH1.index, 0.0)
    lans.settle(PATIENCE)
    lans.see([ETH0], 1.0)
    lans.see([ETH0, interface(9, "eth1")], 2.0)
    assert speakers(lans) == ["eth0"]
    lans.settle(2.0 + PATIENCE)
    assert speakers(lans) == ["eth0", "eth1"]


def test_one_of_those_that_the_kernel_knows_to_share_a_lan_finds_out_for_all() -> None:
    """Of a hundred macvlans each would hear ninety-nine others."""
    macvlans = [interface(10 + number, f"mv{number}", (ETH1.index, HERE)) for number in range(3)]
    foreign = [interface(20 + number, f"far{number}", (ETH1.index, 0)) for number in range(2)]
    assert apart([*foreign, *macvlans, ETH1, ETH0]) == [ETH0, ETH1, foreign[0]]


def test_what_one_macvlan_hears_holds_for_all_of_them(lans: SharedLans) -> None:
    """They are in its LAN."""
    macvlans = [interface(10 + number, f"mv{number}", (ETH1.index, HERE)) for number in range(2)]
    lans.see([ETH0, ETH1, *macvlans], 0.0)
    lans.hear(ETH0.index, ETH1.index, 0.0)
    lans.settle(PATIENCE)
    assert (speakers(lans), lans.shared()) == (["eth0"], [("eth0", "eth1", "mv0", "mv1")])
