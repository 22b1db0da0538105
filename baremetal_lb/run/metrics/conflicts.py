"""What address conflict detection tells Prometheus."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from baremetal_lb.decide.layer2.acd.events import Ask, Defend, Probe
from baremetal_lb.model.conflicts import ConflictKind, FindingKind, Unheeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client import Metric

    from baremetal_lb.decide.speaker.commands import Command
    from baremetal_lb.decide.speaker.machine import SpeakerMachine

_SENT: Final[dict[str, type[Probe | Defend | Ask]]] = {"probes": Probe, "defences": Defend, "questions": Ask}


class ConflictMetrics(Collector):
    """Reads what was found, asked and heard. Any thread may collect.

    `counts`: commands performed, and conflicts by kind; `unheeded`: frames that were no claim.
    """

    def __init__(
        self,
        machine: SpeakerMachine,
        counts: Mapping[type[Command] | ConflictKind, int],
        unheeded: Mapping[Unheeded, int],
    ) -> None:
        self._machine = machine
        self._counts = counts
        self._unheeded = unheeded

    def collect(self) -> Iterable[Metric]:
        """All families."""
        conflicts = CounterMetricFamily(
            "baremetal_lb_speaker_conflicts", "Addresses that were found with somebody else", labels=("kind",)
        )
        for kind in ConflictKind:
            conflicts.add_metric((kind,), self._counts.get(kind, 0))
        yield conflicts
        yield self._standing()
        yield self._findings()
        for name, command in _SENT.items():
            text = f"Addresses times {name}, to find out or to tell whose an address is"
            yield CounterMetricFamily(
                f"baremetal_lb_speaker_{name}", text, value=self._counts.get(command, 0)
            )
        unheeded = CounterMetricFamily(
            "baremetal_lb_speaker_claims_unheeded",
            "Frames about addresses that counted for nothing, by reason",
            labels=("reason",),
        )
        for reason in Unheeded:
            unheeded.add_metric((reason,), self._unheeded.get(reason, 0) + self._machine.unheeded[reason])
        yield unheeded

    def _standing(self) -> Metric:
        family = GaugeMetricFamily(
            "baremetal_lb_speaker_conflicts_standing",
            "Addresses of this node that somebody else has at present",
            labels=("kind",),
        )
        found = Counter(each.kind for each in list(self._machine.detector.conflicts.values()))
        for kind in ConflictKind:
            family.add_metric((kind,), found[kind])
        return family

    def _findings(self) -> Metric:
        family = GaugeMetricFamily(
            "baremetal_lb_speaker_watchdog_findings",
            "Addresses of other nodes that are not answered for as they should be",
            labels=("kind",),
        )
        found = Counter(each.kind for each in list(self._machine.detector.findings.values()))
        for kind in (each for each in FindingKind if not each.is_own):
            family.add_metric((kind,), found[kind])
        return family
