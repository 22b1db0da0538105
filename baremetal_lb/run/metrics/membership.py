"""What the speaker tells Prometheus of its peers and of what they send."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from baremetal_lb.decide.membership.neighbour import HeartbeatState
from baremetal_lb.model.membership import MemberState, NotHeard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client import Metric

    from baremetal_lb.link.heartbeats import Heartbeats
    from baremetal_lb.run.metrics.failovers import Failovers
    from baremetal_lb.run.speaker.membership import SpeakerMembership

OURS: Final = "baremetal_lb_speaker"
_WORDS: Final = {
    MemberState.SETTLING: "settling",
    MemberState.RETURNING: "returning",
    MemberState.FRESH: "active",  # the difference is for its peers only
    MemberState.ACTIVE: "active",
    MemberState.LEAVING: "leaving",
    MemberState.CUT_OFF: "cutOff",
}


class MembershipMetrics(Collector):
    """Reads what is counted anyway. Any thread may collect."""

    def __init__(
        self,
        membership: SpeakerMembership,
        failovers: Failovers,
        unheard: Callable[[], Mapping[str, NotHeard]] = dict,
    ) -> None:
        self._membership = membership
        self._unheard = unheard
        self._failovers = failovers

    def collect(self) -> Iterable[Metric]:
        """All families; those of peers only while there are heartbeats."""
        heartbeats = self._membership.heartbeats
        if heartbeats is not None:
            yield self._members()
            yield from _peers(heartbeats)
            yield _ignored(heartbeats)
            yield _unheard(self._unheard())
        yield from self._failovers.collect()

    def _members(self) -> Metric:
        family = GaugeMetricFamily(
            f"{OURS}_members", "Speakers that are alive, this one among them, by state", labels=("state",)
        )
        counts = Counter(_WORDS[state] for state in self._membership.view.states.values())
        for state in dict.fromkeys(_WORDS.values()):
            family.add_metric((state,), counts[state])
        return family


def _peers(heartbeats: Heartbeats) -> Iterable[Metric]:
    peers = GaugeMetricFamily(
        f"{OURS}_peers", "Speakers that this one listens to, by how it hears them", labels=("state",)
    )
    trips = GaugeMetricFamily(
        f"{OURS}_heartbeat_round_trip_seconds",
        "The last one with each speaker that this one listens to",
        labels=("peer",),
    )
    links = heartbeats.membership.neighbours()
    counts = Counter(link.state for _, link in links)
    for state in HeartbeatState:
        peers.add_metric((state,), counts[state])
    for name, link in links:
        if link.round_trip is not None:
            trips.add_metric((name,), link.round_trip)
    return peers, trips


def _unheard(reasons: Mapping[str, NotHeard]) -> Metric:
    family = GaugeMetricFamily(
        f"{OURS}_unheard_nodes", "Nodes that are Ready and whose heartbeats do not come", labels=("reason",)
    )
    counts = Counter(reasons.values())
    for reason in NotHeard:
        family.add_metric((reason,), counts[reason])
    return family


def _ignored(heartbeats: Heartbeats) -> Metric:
    family = CounterMetricFamily(
        f"{OURS}_heartbeats_ignored", "Heartbeats that counted for nothing, by reason", labels=("reason",)
    )
    unreadable = heartbeats.unreadable
    for reason, count in heartbeats.membership.ignored.items():
        family.add_metric((reason,), count + unreadable.get(reason, 0))
    return family
