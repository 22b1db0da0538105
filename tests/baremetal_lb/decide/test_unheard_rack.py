"""A rack whose nodes do not hear each other though all are well: a firewall, two releases, one bad rule.

One node answers for each address all the same, soon after whatever happens, and no address is ever given up
for what a node of ours does.
"""

import pytest

from baremetal_lb.model.services import Condition
from tests.baremetal_lb.fakes.paper_cluster import key
from tests.fakes.virtual_rack import VirtualRack

NAMES = ("web", "api", "db", "mail", "git", "dns")
NODES = ("node-1", "node-2", "node-3")
SOON = 1.5  # seconds to one owner each, where nobody died
BY_WIRE = 9.0  # seconds, where the LAN has to show that an owner is dead
LONG_DEAD = 40.0  # seconds, after which nobody is said to announce
STEP = 0.02  # seconds


def pairs(*names: str, both: bool = True) -> set[tuple[str, str]]:
    """All ways from these nodes to the others, and back."""
    ways = {(one, other) for one in names for other in NODES if one != other}
    return ways | {(to, source) for source, to in ways} if both else ways


BLOCKS = [
    pytest.param({"blocked": pairs(*NODES)}, id="all"),
    pytest.param({"blocked": pairs("node-2")}, id="one-node"),
    pytest.param({"blocked": {("node-1", "node-2")}}, id="one-direction-between-two"),
    pytest.param({"blocked": pairs("node-3", both=False)}, id="what-one-sends"),
    pytest.param({"foreign": pairs("node-1")}, id="one-of-another-release"),
    pytest.param({"foreign": pairs(*NODES)}, id="all-of-other-releases"),
]


def rack_of(seed: int, **faults: set[tuple[str, str]]) -> VirtualRack:
    rack = VirtualRack(len(NODES), seed)
    rack.control.pools("name: lan, addresses: [192.0.2.200-192.0.2.220]")
    rack.publish_pools()
    fail(rack, **faults)
    return rack


def fail(rack: VirtualRack, **faults: set[tuple[str, str]]) -> None:
    rack.blocked, rack.foreign = faults.get("blocked", set()), faults.get("foreign", set())


def start(rack: VirtualRack) -> None:
    rack.start()
    for name in NAMES:
        rack.create(name)


def said(rack: VirtualRack, name: str) -> Condition:
    return rack.control.services[key(name)].status.announced


def owners(rack: VirtualRack) -> dict[str, list[str]]:
    return {name: rack.answering(rack.address(name)) for name in NAMES}


def one_each(rack: VirtualRack) -> dict[str, str]:
    found = owners(rack)
    assert all(len(each) == 1 for each in found.values()), f"{found}\n{rack.story()}"
    assert rack.conflicts == [], rack.story()
    return {name: each[0] for name, each in found.items()}


def longest(rack: VirtualRack, seconds: float) -> tuple[float, float]:
    """The longest time without an answer for an address, and with two."""
    gaps, doubles = dict.fromkeys(NAMES, 0.0), dict.fromkeys(NAMES, 0.0)
    worst = [0.0, 0.0]
    for _ in range(round(seconds / STEP)):
        rack.advance(STEP)
        for name, found in owners(rack).items():
            gaps[name] = gaps[name] + STEP if not found else 0.0
            doubles[name] = doubles[name] + STEP if len(found) > 1 else 0.0
        worst = [max(worst[0], *gaps.values()), max(worst[1], *doubles.values())]
    return worst[0], worst[1]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", BLOCKS)
def test_started_unheard_one_node_each_answers_and_goes_on(fault, seed) -> None:
    """Nothing moves afterwards, whoever hears whom."""
    rack = rack_of(seed, **fault)
    start(rack)
    rack.advance(BY_WIRE)
    before = one_each(rack)
    assert len(set(before.values())) > 1, "one node has all"
    assert longest(rack, 20.0) == (0.0, 0.0), rack.story()
    assert one_each(rack) == before, rack.story()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", BLOCKS)
def test_blocked_later_service_goes_on(fault, seed) -> None:
    """From then on for a moment nobody or two may answer; an address moves once at most."""
    rack = rack_of(seed)
    start(rack)
    rack.advance(12.0)
    one_each(rack)
    fail(rack, **fault)
    gap, double = longest(rack, 15.0)
    assert gap <= SOON, rack.story()
    assert double <= SOON, rack.story()
    settled = one_each(rack)
    assert longest(rack, 30.0) == (0.0, 0.0), rack.story()
    assert one_each(rack) == settled, rack.story()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", BLOCKS)
def test_restart_of_all_renumbers_nothing(fault, seed) -> None:
    """Each takes the others' probes for what they are; killed at once, they hand nothing over."""
    rack = rack_of(seed, **fault)
    start(rack)
    rack.advance(BY_WIRE)
    for _ in range(3):
        for name in NODES:
            rack.kill(name)
        rack.advance(LONG_DEAD)  # all conditions have become False
        assert not any(said(rack, name).status for name in NAMES), rack.story()
        rack.start()
        rack.advance(BY_WIRE)
        one_each(rack)


@pytest.mark.parametrize("how", ["kill", "leave"])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", BLOCKS)
def test_restarted_one_by_one_never_two_answer_for_long(fault, seed, how) -> None:
    """Whoever comes back leaves alone what others answer for."""
    rack = rack_of(seed, **fault)
    start(rack)
    rack.advance(BY_WIRE)
    for name in NODES:
        getattr(rack, how)(name)
        longest(rack, 1.0)
        rack.start(name)
        _, double = longest(rack, BY_WIRE + 10.0)
        assert double <= SOON, rack.story()
        one_each(rack)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", BLOCKS)
def test_unheard_owner_that_dies_is_relieved(fault, seed) -> None:
    """The LAN shows it; the cluster calls its node Ready still."""
    rack = rack_of(seed, **fault)
    start(rack)
    rack.advance(BY_WIRE)
    for name in NODES[:2]:
        rack.kill(name)
        rack.advance(BY_WIRE)
        assert name not in one_each(rack).values(), rack.story()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", BLOCKS)
def test_when_heartbeats_pass_again_the_election_decides(fault, seed) -> None:
    """As if nothing had been."""
    rack = rack_of(seed)
    start(rack)
    rack.advance(12.0)
    before = one_each(rack)
    fail(rack, **fault)
    rack.advance(20.0)
    fail(rack)
    rack.advance(20.0)
    assert one_each(rack) == before, rack.story()
    assert not any(each.decider.doubtful for each in rack.speakers.values())


def test_two_nodes_that_stop_hearing_each_other_settle_it_on_the_lan() -> None:
    """Each takes the other for dead and its addresses; who ranks better has them back at once."""
    rack = VirtualRack(2, 1)
    rack.start()
    for name in NAMES[:3]:
        rack.create(name)
    rack.advance(12.0)
    before = {name: rack.answering(rack.address(name)) for name in NAMES[:3]}
    rack.blocked = {("node-1", "node-2"), ("node-2", "node-1")}
    rack.advance(3.0)
    assert {name: rack.answering(rack.address(name)) for name in NAMES[:3]} == before, rack.story()


def test_node_that_never_had_a_speaker_is_waited_for_by_nobody() -> None:
    """It is Ready, as a control plane is, and has told of no interfaces."""
    rack = VirtualRack(3, 1)
    rack.start("node-1", "node-2")
    rack.advance(2.0)
    for name in NAMES[:4]:
        rack.create(name)
    rack.advance(0.5)
    assert all(len(rack.answering(rack.address(name))) == 1 for name in NAMES[:4]), rack.story()


def test_speaker_that_died_long_ago_is_waited_for_once() -> None:
    """Of a crashed one nobody knows until the LAN has been asked; new Services do not wait again."""
    rack = VirtualRack(3, 1)
    rack.start()
    rack.advance(2.0)
    rack.kill("node-3")
    rack.kill("node-1")
    rack.start("node-1")
    for name in NAMES[:4]:
        rack.create(name)
    rack.advance(BY_WIRE)
    assert all(len(rack.answering(rack.address(name))) == 1 for name in NAMES[:4]), rack.story()
    for name in NAMES[4:]:
        rack.create(name)
    rack.advance(0.5)
    assert all(len(rack.answering(rack.address(name))) == 1 for name in NAMES), rack.story()
