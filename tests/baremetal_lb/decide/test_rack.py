"""A thousand histories of a whole rack, each from a seed: what must hold always, and when all is calm again.

Always: no two nodes that know the same answer for one address; nobody tells of an address that is not its own
(virtual_rack asserts that at each frame) or that was a stranger's before; the controller keeps its promises.
When all is mended, one node answers for each address, soon; a client that asked once sends to it, and the
Service says so.
"""

import random
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from ipaddress import IPv4Address
from itertools import combinations

import pytest

from baremetal_lb.decide.membership.neighbour import Timing
from tests.baremetal_lb.fakes import promises
from tests.baremetal_lb.fakes.paper_cluster import key
from tests.fakes.virtual_rack import VirtualRack

SEEDS = 1000
STEPS = 6
STEP = 0.05  # seconds between looks
TIMING = Timing(return_delay=2.02)  # so that nobody looks while an address goes back
SOON = 1.5  # seconds from the last thing that happened to one owner for each address
BY_WIRE = 9.0  # seconds, where a node died before anybody heard it: the LAN has to show that it is dead
ASKED_AGAIN = 66.0  # by when an address that a stranger had has been asked for again
SETTLED = 6.0  # and to the client's knowing it: the announcements that go on for a while are over
NAMES = ("web", "api", "db")


def look(rack: VirtualRack) -> None:
    """What must hold now."""
    for address in () if rack.loss else rack.squatted:
        assert not rack.answering(address), f"{address} is a stranger's\n{rack.story()}"
    for name in NAMES:
        address = rack.address(name) if has(rack, name) else None
        for one, other in combinations(rack.answering(address) if address else (), 2):
            assert not rack.agree(one, other), f"{address}: {one} and {other} agree\n{rack.story()}"


def has(rack: VirtualRack, name: str) -> bool:
    return any(each.name == name for each in rack.control.services)


def look_at_quiet(rack: VirtualRack) -> None:
    """What must hold when nothing has happened for a while, though not all may be well."""
    quiet = rack.now >= rack.disturbed + (BY_WIRE if rack.in_doubt() else SOON) and not (
        rack.loss or rack.cut
    )
    if quiet and rack.somebody_can() and not rack.withheld():
        one_owner(rack, "though nothing happened for a while")


def advance(rack: VirtualRack, seconds: float) -> None:
    end = rack.now + seconds
    while rack.now < end:
        rack.advance(STEP)
        look(rack)
    look_at_quiet(rack)


def happen_to_a_node(rack: VirtualRack, dice: random.Random) -> None:
    name = dice.choice(sorted(rack.speakers))
    node = rack.speakers[name]
    runs = node.machine is not None and not node.paused and not node.leaving
    match dice.randrange(7):
        case 0:
            side = [each for each in rack.speakers if dice.random() < 0.5]
            rack.part(side, [each for each in rack.speakers if each not in side])
        case 1:
            rack.heal()
        case 2 if runs:
            rack.kill(name)
        case 3 if runs:
            rack.leave(name)
        case 4 if runs:
            rack.pause(name)
            rack.at(rack.now + dice.choice([0.1, 0.26, 0.5, 3.0]), lambda: node.paused and rack.resume(name))
        case 5 if runs:
            rack.unplug(name) if node.carrier else rack.plug_in(name)
        case 6 if node.machine is None:
            rack.start(name)


def happen_to_services(rack: VirtualRack, dice: random.Random) -> None:
    name = dice.choice(NAMES)
    match dice.randrange(3):
        case 0 if has(rack, name):
            rack.delete(name)
        case 1:
            rack.restart_controller()
        case _ if not has(rack, name):
            rack.create(name)
    promises.all_hold(rack.control)
    if has(rack, name) and rack.address(name):
        rack.ask(rack.address(name))


def happen_to_the_lan(rack: VirtualRack, dice: random.Random) -> None:
    address = IPv4Address(f"192.0.2.{dice.randint(200, 202)}")
    rack.depart(address) if address in rack.strangers else rack.arrive(address)


def mend(rack: VirtualRack) -> None:
    """All that is broken, and nobody else is there."""
    rack.heal()
    for address in set(rack.strangers):
        rack.depart(address)
    for name, node in rack.speakers.items():
        if node.paused:
            rack.resume(name)
        if not node.carrier:
            rack.plug_in(name)


def calm(rack: VirtualRack) -> None:
    """Everything mended, everybody up, every Service there."""
    mend(rack)
    advance(rack, rack.timing.handover)  # those told to stop have done so then
    for name, node in rack.speakers.items():
        if node.machine is None:
            rack.start(name)
    for name in NAMES:
        if not has(rack, name):
            rack.create(name)


def one_owner(rack: VirtualRack, when: str) -> None:
    for name in filter(partial(has, rack), NAMES):
        found = rack.answering(rack.address(name))
        assert len(found) == 1, f"{name}, {rack.address(name)}: {found} {when}\n{rack.story()}"


def live(seed: int) -> None:
    """One history."""
    dice = random.Random(seed)
    rack = VirtualRack(dice.randint(1, 4), seed, loss=dice.choice([0.0, 0.0, 0.02]))
    rack.timing = TIMING
    rack.start()
    rack.create("web")
    for _ in range(STEPS):
        happen = dice.choice([happen_to_a_node] * 4 + [happen_to_services] * 2 + [happen_to_the_lan])
        happen(rack, dice)
        advance(rack, dice.choice([0.05, 0.3, 1.0, 1.7]))
    calm(rack)
    soon = 2 * SOON if rack.loss else SOON
    while rack.now < rack.disturbed + soon:  # the controller may have another address given meanwhile
        rack.advance(rack.disturbed + soon - rack.now)
    if rack.withheld():
        rack.advance(ASKED_AGAIN)
    one_owner(rack, "soon after")
    for name in NAMES:
        rack.ask(rack.address(name))
    advance(rack, SETTLED)
    one_owner(rack, "at last")
    for name in NAMES:
        (owner,) = rack.answering(rack.address(name))
        knows = rack.cache.get(rack.address(name))
        said = rack.control.services[key(name)].status.announced
        assert owner in said.message, f"{name}: {said}, while {owner} announces it\n{rack.story()}"
        if not rack.loss:
            assert knows == rack.speakers[owner].mac, f"{name}: the client sends to {knows}\n{rack.story()}"


def live_all(seeds: range) -> str:
    """The story of the first history that breaks a promise; nothing where none does."""
    for seed in seeds:
        try:
            live(seed)
        except AssertionError as exc:
            return f"seed {seed}: {exc}"
    return ""


@pytest.mark.timeout(1200)
def test_whatever_happens_to_a_rack_its_addresses_have_one_owner_each():
    """On all cores; a seed that fails prints what happened."""
    blocks = [range(first, first + 50) for first in range(0, SEEDS, 50)]
    with ProcessPoolExecutor() as pool:
        stories = [story for story in pool.map(live_all, blocks) if story]
    assert not stories, stories[0]
