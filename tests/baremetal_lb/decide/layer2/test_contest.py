"""Who has an address while some node is not heard."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.layer2.contest import Contest

VIP, OTHER = ip_address("192.0.2.200"), ip_address("192.0.2.201")
RANKING = ("c", "a", "b")


@pytest.fixture
def contest() -> Contest:
    made = Contest()
    assert made.see_unheard(frozenset({"b", "c"}))
    return made


def test_rank_decides_where_nothing_was_seen(contest: Contest) -> None:
    """As if all were heard, so that all compute the same."""
    assert contest.winner([VIP], RANKING, None) == "c"


def test_who_has_it_keeps_it(contest: Contest) -> None:
    """We, or whoever was seen to have it, though another ranks better."""
    assert contest.winner([VIP], RANKING, "a") == "a"
    contest.see_holder(VIP, "b")
    assert contest.winner([VIP, OTHER], RANKING, "a") == "b"
    assert contest.winner([OTHER], RANKING, None) == "c"


def test_who_does_not_answer_is_passed_over_until_seen(contest: Contest) -> None:
    """Also one who was seen to have it before."""
    contest.see_holder(VIP, "c")
    contest.see_silent(VIP, "c")
    assert contest.winner([VIP], RANKING, None) == "a"
    contest.see_holder(VIP, "c")
    assert contest.winner([VIP], RANKING, None) == "c"


def test_who_may_announce_no_more_has_to_be_seen_anew(contest: Contest) -> None:
    """Its return changes nothing by itself."""
    contest.see_holder(VIP, "b")
    assert contest.winner([VIP], ("c", "a"), "a") == "a"
    assert contest.winner([VIP], RANKING, "a") == "a"


def test_when_all_are_heard_nothing_is_left(contest: Contest) -> None:
    """The next time begins from nothing."""
    contest.see_holder(VIP, "b")
    contest.see_silent(VIP, "c")
    assert contest.see_unheard(frozenset())
    assert not contest.see_unheard(frozenset())
    contest.see_holder(VIP, "b")
    assert contest.see_unheard(frozenset({"c"}))
    assert contest.winner([VIP], RANKING, None) == "c"
