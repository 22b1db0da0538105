"""Some hundred histories of cuts, heals, pauses, kills and stops, each from a seed; what must hold in all."""

import random
from collections.abc import Iterable
from functools import cache, partial

import pytest

from baremetal_lb.decide.layer2.election import rank
from baremetal_lb.decide.membership.neighbour import Timing
from testkit.virtual_lan import VirtualLan

VIPS = tuple(f"192.0.2.{last}" for last in range(200, 203))
TIMING = Timing(return_delay=2.0)
STEP = 0.05
BOUND = (
    1.2  # seconds from the last thing that happened to one owner an address: the slowest detector, and news
)
SETTLED = 2.5  # and to a state in which nobody waits any more


@cache
def ranked(names: frozenset[str], vip: str) -> list[str]:
    return rank(names, vip)


def order(names: Iterable[str], vip: str) -> list[str]:
    return ranked(frozenset(names), vip)


def owners(lan: VirtualLan, vip: str) -> list[str]:
    return [name for name in lan.speakers if lan.answers(name, partial(order, vip=vip))]


def agreeing_owners(lan: VirtualLan, vip: str) -> list[tuple[str, str]]:
    """Pairs of nodes that both answer though both know the same of everybody."""
    found = owners(lan, vip)
    views = {name: lan.speakers[name].view for name in found}
    return [(a, b) for a in found for b in found if a < b and views[a] == views[b]]


def step(lan: VirtualLan, dice: random.Random) -> None:
    """One thing that can happen."""
    name = dice.choice(sorted(lan.speakers))
    speaker = lan.speakers[name]
    match dice.randrange(6):
        case 0:
            side = [each for each in lan.speakers if dice.random() < 0.5]
            lan.part(side, [each for each in lan.speakers if each not in side])
        case 1:
            lan.heal()
        case 2 if speaker.machine:
            lan.kill(name)
        case 3 if speaker.machine and not speaker.paused:
            lan.leave(name)
        case 4 if speaker.machine and not speaker.paused:
            lan.pause(name)
            lan.at(lan.now + dice.choice([0.1, 0.26, 0.5, 3.0]), lambda: speaker.paused and lan.resume(name))
        case 5 if speaker.machine is None:
            lan.start(name)
    lan.advance_watching(dice.choice([0.05, 0.3, 1.0, 4.0]))


class Watched(VirtualLan):
    """A LAN that looks, all the time, whether two speakers that agree both answer."""

    def advance_watching(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.advance(STEP)
            for vip in VIPS:
                assert not agreeing_owners(self, vip), f"{vip}: {agreeing_owners(self, vip)}\n{self.story()}"


def calm(lan: Watched) -> None:
    """Everything healed, everybody up."""
    lan.heal()
    for name, speaker in lan.speakers.items():
        if speaker.paused:
            lan.resume(name)
    lan.advance_watching(lan.timing.handover)  # those told to stop have done so then
    for name, speaker in lan.speakers.items():
        if speaker.machine is None:
            lan.start(name)
    lan.advance(2 * BOUND if lan.loss else BOUND)
    for vip in VIPS:
        assert len(owners(lan, vip)) == 1, f"{vip}: {owners(lan, vip)} soon after\n{lan.story()}"
    lan.advance_watching(SETTLED)
    for vip in VIPS:
        everybody = order(lan.speakers, vip)
        assert owners(lan, vip) == everybody[:1], f"{vip}: {owners(lan, vip)} at last\n{lan.story()}"


@pytest.mark.parametrize("block", range(10))
def test_owners_are_one_where_views_agree_and_one_in_all_after_any_history(block: int) -> None:
    """Never two owners with the same view; healed, one owner soon, and the one that ranks first at last."""
    for seed in range(block * 20, block * 20 + 20):
        dice = random.Random(seed)
        lan = Watched(dice.randint(1, 5), seed, loss=dice.choice([0.0, 0.0, 0.02]))
        lan.timing = TIMING
        lan.start()
        for _ in range(8):
            step(lan, dice)
        calm(lan)
