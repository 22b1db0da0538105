"""What the guard of addresses tells Prometheus."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from baremetal_lb.decide.layer2.acd.events import Ask, Defend, Probe
from baremetal_lb.model.conflicts import ConflictKind, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

    from baremetal_lb.run.speaker.conflict_detection import Guarding

_SENT: Final[dict[str, type[Probe | Defend | Ask]]] = {"probes": Probe, "defences": Defend, "questions": Ask}


class GuardMetrics(Collector):
    """Reads what was found, asked and heard. Any thread may collect."""

    def __init__(self, guarding: Guarding) -> None:
        self._guarding = guarding

    def collect(self) -> Iterable[Metric]:
        """All families."""
        counts = self._guarding.counts
        conflicts = CounterMetricFamily(
            "baremetal_lb_speaker_conflicts", "Addresses that were found with somebody else", labels=("kind",)
        )
        for kind in ConflictKind:
            conflicts.add_metric((kind,), counts[kind])
        yield conflicts
        yield self._standing()
        yield self._findings()
        for name, command in _SENT.items():
            text = f"Addresses times {name}, to find out or to tell whose an address is"
            yield CounterMetricFamily(f"baremetal_lb_speaker_{name}", text, value=counts[command])
        unheeded = CounterMetricFamily(
            "baremetal_lb_speaker_claims_unheeded",
            "Frames about addresses that counted for nothing, by reason",
            labels=("reason",),
        )
        for reason, count in self._guarding.overhearing.unheeded.items():
            unheeded.add_metric((reason,), count)
        yield unheeded

    def _standing(self) -> Metric:
        family = GaugeMetricFamily(
            "baremetal_lb_speaker_conflicts_standing",
            "Addresses of this node that somebody else has at present",
            labels=("kind",),
        )
        found = Counter(each.kind for each in self._guarding.conflicts())
        for kind in ConflictKind:
            family.add_metric((kind,), found[kind])
        return family

    def _findings(self) -> Metric:
        family = GaugeMetricFamily(
            "baremetal_lb_speaker_watchdog_findings",
            "Addresses of other nodes that are not answered for as they should be",
            labels=("kind",),
        )
        found = Counter(each.kind for each in self._guarding.findings())
        for kind in (each for each in FindingKind if not each.is_own):
            family.add_metric((kind,), found[kind])
        return family
