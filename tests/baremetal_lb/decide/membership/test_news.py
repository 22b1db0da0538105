"""Speakers that do not listen to each other learn of each other from those in between, soon."""

import pytest

from testkit.virtual_lan import VirtualLan

MANY, NEAR = 40, 5  # nodes, and up to how many everybody listens to everybody
DETECTED = 0.6  # seconds after which those who listen to a node know that it is dead
PASSED_ON = 0.4  # seconds for the rest: a batch for each speaker in between


@pytest.fixture
def lan() -> VirtualLan:
    made = VirtualLan(MANY, seed=3, mesh=NEAR)
    made.start()
    made.advance(15.0)
    assert all(len(each.view.states) == MANY for each in made.speakers.values())
    return made


def who_see(lan: VirtualLan, name: str) -> set[str]:
    return {each.name for each in lan.speakers.values() if each.machine and name in each.view.states}


def test_everybody_hears_of_a_death_that_few_notice(lan: VirtualLan) -> None:
    """Not only once their tables are compared, which takes ten heartbeats."""
    lan.kill("node-7")
    lan.advance(DETECTED + PASSED_ON)
    assert who_see(lan, "node-7") == set()


def test_everybody_hears_of_one_that_is_back(lan: VirtualLan) -> None:
    """And of what it says of itself."""
    lan.kill("node-7")
    lan.advance(5.0)
    lan.start("node-7")
    lan.advance(DETECTED + PASSED_ON)
    assert who_see(lan, "node-7") == set(lan.speakers)
