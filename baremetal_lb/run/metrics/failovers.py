"""Counts the addresses that this node took over, and how long it took until the LAN had heard of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

from baremetal_lb.model.announcements import Standing
from baremetal_lb.run.metrics.histogram import Durations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from baremetal_lb.decide.layer2.ownership import Decision
    from baremetal_lb.model.addresses import IPAddress


OURS: Final = "baremetal_lb_speaker"


@dataclass(slots=True)
class Failovers:
    """Times are the event loop's, in seconds. A failover ends with the last gratuitous frame for it."""

    durations: Durations = field(default_factory=Durations)
    addresses: int = 0
    _noticed: float | None = None  # when came what is not decided on yet
    _since: float = 0.0
    _owed: set[IPAddress] = field(default_factory=set)  # taken, and not told to the LAN yet

    def collect(self) -> Iterator[Metric]:
        """How long failovers took, and of how many addresses."""
        yield HistogramMetricFamily(
            f"{OURS}_failover_seconds",
            "From the news that a node announces no more to the last gratuitous frame for its addresses",
            buckets=self.durations.buckets(),
            sum_value=self.durations.total,
        )
        yield CounterMetricFamily(
            f"{OURS}_failover_addresses",
            "Addresses taken over from nodes that could announce them no more",
            self.addresses,
        )

    def notice(self, at: float) -> None:
        """Speakers, or what they can announce on, changed."""
        self._noticed = at if self._noticed is None else min(at, self._noticed)

    def decide(self, decision: Decision, now: float) -> None:
        """This came of it, or of what the cluster said."""
        noticed, self._noticed = self._noticed, None
        self._owed -= decision.lost
        taken = _taken(decision) & decision.won
        if taken:
            self._since = self._since if self._owed else noticed or now
            self._owed |= taken
            self.addresses += len(taken)

    def sent(self, address: IPAddress, now: float) -> None:
        """A gratuitous frame for an address has gone out."""
        if address in self._owed:
            self._owed.discard(address)
            if not self._owed:
                self.durations.add(now - self._since)


def _taken(decision: Decision) -> set[IPAddress]:
    """The addresses whose last owner was another node, which may not announce them any more."""
    return {
        address
        for before, verdict in decision.verdicts
        if verdict.standing is Standing.ANNOUNCED and before is not None and before.owner in verdict.out
        for address in verdict.addresses
    }
