"""Whatever happens to the guard: what must hold."""

import itertools
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from baremetal_lb.decide.layer2.acd.defence import DEFEND_INTERVAL
from baremetal_lb.decide.layer2.acd.events import (
    Announce,
    Ask,
    Assigned,
    ConflictChanged,
    Defend,
    OwnersDecided,
    Probe,
)
from baremetal_lb.decide.layer2.acd.proof import Proof
from tests.fakes.guarded import ALL, MACS, ME, OTHER, PEER, STRANGER, THIRD, VIP, Story, peers

ADDRESSES = st.sampled_from([VIP, OTHER])
ASSIGNED = st.builds(Assigned, ADDRESSES, st.sampled_from([ME, PEER, None]), st.sampled_from(Proof))
STEPS = st.one_of(
    st.tuples(st.just("rule"), st.lists(ASSIGNED, max_size=3, unique_by=lambda each: each.address)),
    st.tuples(
        st.just("hear"),
        st.tuples(st.sampled_from([STRANGER, *MACS.values()]), ADDRESSES, st.booleans(), st.booleans()),
    ),
    st.tuples(st.just("meet"), st.tuples(st.sets(st.sampled_from([ME, PEER, THIRD])), st.booleans())),
    st.tuples(st.just("wait"), st.floats(0.001, 30.0)),
)


def play(story: Story, step: tuple[str, object]) -> None:
    match step:
        case ("rule", assigned):
            story.feed(OwnersDecided(tuple(assigned)))
        case ("hear", (mac, address, probe, reply)):
            story.hears(mac, address, probe=probe, reply=reply and not probe)
        case ("meet", (live, complete)):
            story.feed(peers(frozenset(live), complete))
        case ("wait", seconds):
            story.until(story.now + seconds)


@settings(max_examples=200)
@given(st.lists(STEPS, max_size=40))
def test_frames_leave_only_for_what_they_are_for(script) -> None:
    """Probes and defences for ours only, questions for others' or in a conflict; a defence once in 10 s."""
    story, owners = Story.begin(), {}
    for step in script:
        if step[0] == "rule":
            owners.update({each.address: each.owner for each in step[1]})
        before = len(story.said)
        play(story, step)
        for at, command in story.said[before:]:
            match command:
                case Probe(address) | Defend(address):
                    assert owners[address] == ME
                case Ask(address):
                    assert owners[address] is not None
                case Announce(addresses):
                    assert {owners[each] for each in addresses} == {ME}
            assert at <= story.now
    for address in (VIP, OTHER):
        times = [at for at, each in story.said if each == Defend(address)]
        lost = Counter(round(after - before, 3) for before, after in itertools.pairwise(times))
        assert all(gap >= DEFEND_INTERVAL or owners_changed(script) for gap in lost)


def owners_changed(script) -> bool:
    """Whether an address may have come back, with nothing left of what was before."""
    return sum(step[0] == "rule" for step in script) > 1


@settings(max_examples=200)
@given(st.lists(STEPS, max_size=40))
def test_what_is_withheld_is_not_announced_and_every_change_is_told(script) -> None:
    """At any time; and in the end, when all is quiet, what is ours is announced, and nothing is wrong."""
    story = Story.begin()
    known: dict[object, tuple[object, object]] = {}
    for step in [*script, ("meet", (ALL, True)), ("wait", 200.0)]:
        before = len(story.said)
        play(story, step)
        guard = story.guard
        told = {each.address for _, each in story.said[before:] if isinstance(each, ConflictChanged)}
        for address in (VIP, OTHER):
            conflict, finding = guard.conflicts.get(address), guard.findings.get(address)
            assert (known.get(address, (None, None)) == (conflict, finding)) or address in told
            known[address] = conflict, finding
            assert conflict is None or (address in guard.announced) is not conflict.kind.withholds
            assert not (conflict and finding)
    owners: dict[object, str | None] = {}
    for kind, what in script:
        if kind == "rule":
            owners.update({each.address: each.owner for each in what})
    assert guard.announced == {address for address, owner in owners.items() if owner == ME}
    assert guard.conflicts == {}
