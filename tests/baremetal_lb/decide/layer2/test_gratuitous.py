"""The announcer as conversations: `>>` what happens and when, `<<` what it must do."""

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import accumulate, pairwise
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.layer2.gratuitous import (
    BURST,
    GAP,
    JITTER,
    PACE,
    STEP,
    Announcer,
    Command,
    Event,
    Lost,
    Renewed,
    SendGratuitous,
    Won,
)
from baremetal_lb.decide.timers import Tick, WakeAt

VIP, OTHER = IPv4Address("192.0.2.200"), IPv4Address("192.0.2.201")
ROUNDS = tuple(accumulate([1.1] * 4, initial=0.0))


@dataclass
class Playbook:
    """A conversation that fails where a command is missing, or another one comes."""

    announcer: Announcer
    _due: list[Command] = field(default_factory=list)

    def __rshift__(self, said: tuple[float, Event]) -> Self:
        self.silent()
        at, event = said
        self._due = self.announcer.handle(event, at)
        return self

    def __lshift__(self, expected: Command) -> Self:
        assert self._due, f"expected {expected}, but nothing more was said"
        said = self._due.pop(0)
        if isinstance(expected, WakeAt) and isinstance(said, WakeAt):
            assert expected.at == pytest.approx(said.at)
        else:
            assert expected == said
        return self

    def silent(self) -> Self:
        assert not self._due, f"said besides: {self._due}"
        return self


def shouts(commands: list[Command]) -> list[IPv4Address]:
    return [each.address for each in commands if isinstance(each, SendGratuitous)]


def test_address_won_is_shouted_at_once_and_four_times_more() -> None:
    """Five rounds, 1.1 s apart, then silence: the last wake-up is asked for by the last but one round."""
    play = Playbook(Announcer()) >> (0.0, Won(VIP)) << SendGratuitous(VIP) << WakeAt(1.1)
    for now, then in pairwise(ROUNDS[1:]):
        play = play >> (now, Tick()) << SendGratuitous(VIP) << WakeAt(then)
    (play >> (ROUNDS[-1], Tick()) << SendGratuitous(VIP)).silent()
    (play >> (60.0, Tick())).silent()


def test_winning_again_says_nothing() -> None:
    """A pass that changes nothing sends nothing: neither within the five seconds nor after."""
    play = Playbook(Announcer()) >> (0.0, Won(VIP)) << SendGratuitous(VIP) << WakeAt(1.1)
    play = play >> (0.5, Won(VIP)) << WakeAt(1.1)
    for now in ROUNDS[1:]:
        play.announcer.handle(Tick(), now)
    (play >> (9.0, Won(VIP))).silent()


def test_address_lost_is_not_shouted_any_more() -> None:
    """Withdrawal takes effect at once, and the other address keeps its times."""
    play = Playbook(Announcer()) >> (0.0, Won(VIP)) << SendGratuitous(VIP) << WakeAt(1.1)
    play = play >> (0.2, Won(OTHER)) << SendGratuitous(OTHER) << WakeAt(1.1)
    play = play >> (0.5, Lost(VIP)) << WakeAt(1.3)
    play >> (1.3, Tick()) << SendGratuitous(OTHER) << WakeAt(2.4)


def test_address_lost_and_won_again_starts_anew() -> None:
    """What was owed before does not count towards the new burst."""
    play = Playbook(Announcer()) >> (0.0, Won(VIP)) << SendGratuitous(VIP) << WakeAt(1.1)
    play = play >> (0.3, Lost(VIP)) >> (0.4, Won(VIP)) << SendGratuitous(VIP) << WakeAt(1.5)
    play >> (1.1, Tick()) << WakeAt(1.5)


def test_renewed_interface_hears_of_every_address_and_the_others_do_not() -> None:
    """An interface that came up gets all addresses, with a whole burst; those lost are not among them."""
    announcer = Announcer()
    for event in (Won(VIP), Won(OTHER), Lost(OTHER)):
        announcer.handle(event, 0.0)
    for now in ROUNDS[1:]:
        announcer.handle(Tick(), now)
    play = Playbook(announcer) >> (100.0, Renewed("eth1")) << SendGratuitous(VIP, "eth1") << WakeAt(101.1)
    for now, then in pairwise([100 + each for each in ROUNDS[1:]]):
        play = play >> (now, Tick()) << SendGratuitous(VIP, "eth1") << WakeAt(then)
    (play >> (104.4, Tick()) << SendGratuitous(VIP, "eth1")).silent()


def test_interface_that_flaps_begins_anew_and_leaves_the_burst_on_all_as_it_was() -> None:
    """A second Renewed replaces the first; what is owed on all interfaces goes on beside it."""
    play = Playbook(Announcer()) >> (0.0, Won(VIP)) << SendGratuitous(VIP) << WakeAt(1.1)
    play = play >> (0.2, Renewed("eth1")) << SendGratuitous(VIP, "eth1") << WakeAt(1.1)
    play = play >> (0.5, Renewed("eth1")) << SendGratuitous(VIP, "eth1") << WakeAt(1.1)
    play = play >> (1.1, Tick()) << SendGratuitous(VIP) << WakeAt(1.6)
    play = play >> (1.6, Tick()) << SendGratuitous(VIP, "eth1") << WakeAt(2.2)
    (play >> (1.7, Lost(VIP))).silent()


def test_address_is_told_of_again_in_every_interval_until_it_is_lost() -> None:
    """After the burst once in an interval, at most a tenth of it sooner or later; late Ticks owe no more."""
    announcer = Announcer(60.0)
    announcer.handle(Won(VIP), 0.0)
    for now in ROUNDS[1:]:
        commands = announcer.handle(Tick(), now)
    waits, now = [], ROUNDS[-1]
    for _ in range(50):
        (wake,) = (each.at for each in commands if isinstance(each, WakeAt))
        waits.append(wake - now)
        now = wake
        commands = announcer.handle(Tick(), now)
        assert shouts(commands) == [VIP]
    assert all(60 * (1 - JITTER) <= wait <= 60 * (1 + JITTER) for wait in waits)
    assert len(set(waits)) == len(waits)
    assert shouts(announcer.handle(Tick(), now + 1000)) == [VIP]
    assert announcer.handle(Lost(VIP), now + 1001) == []


def test_addresses_won_together_drift_apart() -> None:
    """The shouts of a thousand addresses spread over a good part of the interval."""
    announcer = Announcer(60.0)
    addresses = [IPv4Address("10.0.0.0") + number for number in range(1000)]
    now, told = 0.0, []
    for address in addresses:
        announcer.handle(Won(address), now)
    while now < 130:
        commands = announcer.handle(Tick(), now)
        told += [now] * len(shouts(commands))
        now = next(each.at for each in commands if isinstance(each, WakeAt))
    assert len(told) >= 1000 * (BURST + 1)
    refreshed = Counter(int(each) for each in told if 50 < each < 80)
    assert len(refreshed) >= 12
    assert max(refreshed.values()) < 150


def test_losing_what_was_never_ours_is_no_event() -> None:
    """Lost may come for anything."""
    (Playbook(Announcer()) >> (0.0, Lost(VIP))).silent()


def test_tick_too_early_waits_on() -> None:
    """A timer that fires early is asked for again."""
    play = Playbook(Announcer()) >> (0.0, Won(VIP)) << SendGratuitous(VIP) << WakeAt(1.1)
    play >> (1.0, Tick()) << WakeAt(1.1)


def test_many_addresses_are_paced() -> None:
    """Never more than PACE shouts in a STEP, and all of them within what the pace gives."""
    announcer, many = Announcer(), PACE * 10
    addresses = [IPv4Address("10.0.0.0") + number for number in range(many)]
    sent, wake = [], 0.0
    for address in addresses:
        for command in announcer.handle(Won(address), 0.0):
            match command:
                case SendGratuitous(shouted):
                    sent.append(shouted)
                case WakeAt(at):
                    wake = at
    assert len(sent) == PACE
    while len(sent) < many:
        now = wake
        assert now < GAP
        commands = announcer.handle(Tick(), now)
        assert len(shouts(commands)) <= PACE
        sent += shouts(commands)
        wake = next(each.at for each in commands if isinstance(each, WakeAt))
    assert sent == addresses
    assert now == pytest.approx(9 * STEP)


EVENTS = st.sampled_from([Won(VIP), Won(OTHER), Lost(VIP), Lost(OTHER), Renewed("eth1"), Tick()])


@given(st.lists(st.tuples(st.floats(0.001, 2.0), EVENTS), max_size=30))
def test_only_held_addresses_are_shouted_and_never_more_than_owed(script) -> None:
    """Whatever happens: no shout for what is not ours, at most BURST for each win and renewal, and an end."""
    announcer, now, held, credit = Announcer(), 0.0, set(), Counter()
    for wait, event in [*script, *[(GAP, Tick())] * (BURST + 1)]:
        now += wait
        match event:
            case Won(address) if address not in held:
                held.add(address)
                credit[address] += BURST
            case Lost(address):
                held.discard(address)
            case Renewed():
                credit.update({address: BURST for address in held})
        for address in shouts(announcer.handle(event, now)):
            assert address in held
            credit[address] -= 1
            assert credit[address] >= 0
    assert announcer.handle(Tick(), now + 100) == []
