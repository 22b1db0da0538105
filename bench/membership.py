"""Membership on a virtual clock: how soon a death is known, how often one is false, what it costs.

The machines are the speaker's own; the LAN is simulated, with losses and delays of 0.2 to 1 ms, from seeds,
so that all of it can be had again. Of 3 and 50 speakers all are played, and a death is known when a machine's
view says so. Of 500 and 2,000 those are played that stand within two steps of the one that dies, and when its
neighbours miss it is seen; the spread of that news over the whole graph is computed: 5 ms for holding it back
and one datagram a step, each lost as others are, known to a node when it has the word of all neighbours. What
the loss of all copies would cost (a second, for the comparison of digests) is added where it happens.
All begin as a cluster that has been up for long.
"""

from __future__ import annotations

import heapq
import statistics
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.membership.machine import Incarnation, Membership, NodesSeen
from baremetal_lb.decide.membership.neighbour import Timing
from baremetal_lb.decide.membership.reachability import MESH, neighbours
from baremetal_lb.model.membership import MemberState, Record, ident
from bench.figures import Figure
from testkit.virtual_lan import VirtualLan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.decide.membership.reachability import Neighbours

LOSSES: Final = (0.0, 0.01, 0.05)
DEATHS: Final = {3: 30, 50: 1, 500: 3, 2000: 1}  # how many deaths are looked at, of each size
HELD: Final = Timing().batch  # seconds that news is held back
REPAIR: Final = 1.0  # seconds until two that hold different records tell each other all
WATCHED: Final = 1200.0  # virtual seconds in which three speakers are looked at for false deaths
DAY: Final = 86_400.0


def run() -> Iterator[Figure]:
    """For each size and loss: times from a death until all know, and datagrams; false deaths among three."""
    for count, deaths in DEATHS.items():
        for loss in LOSSES:
            yield from _deaths(count, loss, deaths)
    for loss in LOSSES:
        yield from _false_deaths(loss)


def _deaths(count: int, loss: float, deaths: int) -> Iterator[Figure]:
    took: list[float] = []
    rates: list[int] = []
    for seed in range(deaths):
        lan, victim = _cluster(count, seed, loss)
        lan.advance(seed / deaths / 10)
        before = {name: speaker.sent for name, speaker in lan.speakers.items()}
        lan.advance(1.0)
        rates += [lan.speakers[name].sent - before[name] for name in lan.speakers if _whole(lan, name)]
        at = lan.now
        lan.kill(victim)
        if count <= MESH:
            lan.advance(1.5)
            took += [
                when - at for each in lan.speakers.values() for when, who in each.deaths if who == victim
            ]
        else:
            took += _spread(lan, victim, at)
    name = f"{count:,} speakers, {loss:.0%} lost"
    yield Figure(f"{name}: death known, p50", statistics.median(took) * 1000, "ms", "")
    worst = statistics.quantiles(took, n=100)[98] * 1000
    yield Figure(f"{name}: death known, p99", worst, "ms", "400 ms" if loss == 0 else "")
    yield Figure(f"{name}: datagrams sent by each", statistics.mean(rates), "/s", "")


def _spread(lan: VirtualLan, victim: str, at: float) -> list[float]:
    """When each node of the whole graph has heard from all neighbours of the dead that they miss it."""
    graph, dead = neighbours(frozenset(_names(lan.count))), ident(victim)
    missed: dict[int, float] = {}
    machines = {ident(name): each.machine for name, each in lan.speakers.items() if each.machine}
    while missed.keys() != graph[dead]:
        lan.advance(0.001)
        for each in graph[dead] - missed.keys():
            if dead in machines[each]._book.records[each].missing:
                missed[each] = lan.now - at
    known = dict.fromkeys(graph.keys() - {dead}, 0.0)
    for watcher, when in missed.items():
        arrived = _flood(graph, watcher, dead, lan)
        for each in known:
            known[each] = max(known[each], when + arrived.get(each, REPAIR))
    return list(known.values())


def _flood(graph: Neighbours, source: int, dead: int, lan: VirtualLan) -> dict[int, float]:
    """How long news from `source` takes to each that it reaches."""
    found: dict[int, float] = {}
    queue = [(0.0, source)]
    while queue:
        at, node = heapq.heappop(queue)
        if node in found or node == dead:
            continue
        found[node] = at
        for other in graph[node] - found.keys():
            if lan.random.random() >= lan.loss:
                heapq.heappush(queue, (at + HELD + lan.random.uniform(*lan.delay), other))
    return found


def _false_deaths(loss: float) -> Iterator[Figure]:
    lan, _ = _cluster(3, 7, loss)
    lan.advance(WATCHED)
    found = sum(len(speaker.deaths) for speaker in lan.speakers.values())
    # Where none was seen, 3 is what would be seen less than once in twenty times were there more.
    rate = max(found, 3 if found == 0 else 0) / WATCHED * DAY
    sign = "fewer than " if found == 0 else ""
    hours = WATCHED / 3600
    yield Figure(
        f"3 speakers, {loss:.0%} lost: {found} false deaths in {hours:.2g} h, {sign}", rate, "/day", ""
    )


def _names(count: int) -> list[str]:
    return [f"node-{number}" for number in range(1, count + 1)]


def _cluster(count: int, seed: int, loss: float) -> tuple[VirtualLan, str]:
    """A cluster that has been up for long, and who is to die in it."""
    lan = VirtualLan(count, seed, loss=loss)
    names = frozenset(_names(count))
    graph = neighbours(names)
    victim = f"node-{seed % count + 1}"
    near = graph[ident(victim)] | {ident(victim)}
    near = near.union(*(graph[each] for each in near))
    lan.speakers = {name: speaker for name, speaker in lan.speakers.items() if ident(name) in near}
    for name, speaker in lan.speakers.items():
        machine = Membership(name, Incarnation(lan.random.getrandbits(63) + 1, 0), lan.timing)
        speaker.machine = machine
        for each in graph:
            machine._book.put(Record(each, 1, MemberState.ACTIVE))
        machine._standing.state = MemberState.ACTIVE
        machine._alive = set(graph)
        lan.feed(speaker, NodesSeen(names))
        machine.links = {each: link for each, link in machine.links.items() if each in near}
    lan.advance(1.0)
    for speaker in lan.speakers.values():
        speaker.deaths.clear()
    return lan, victim


def _whole(lan: VirtualLan, name: str) -> bool:
    """Whether all neighbours of a speaker are played, so that what it sends is what it would send."""
    machine = lan.speakers[name].machine
    return machine is not None and machine.links.keys() == machine._graph[ident(name)]
