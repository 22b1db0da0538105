"""What Prometheus is told of where addresses are announced, and what stands in their way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from baremetal_lb.model.conflicts import FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

    from baremetal_lb.link.ports import Ports
    from baremetal_lb.run.speaker.interface_choice import InterfaceChoice


class InterfaceMetrics(Collector):
    """Reads what was found. Any thread may collect."""

    def __init__(self, placing: InterfaceChoice, ports: Ports) -> None:
        self._placing = placing
        self._ports = ports

    def collect(self) -> Iterable[Metric]:
        """All families."""
        shared = GaugeMetricFamily(
            "baremetal_lb_speaker_shared_lan",
            "Interfaces that share a LAN with another one of this node; one of them announces",
            labels=("interface",),
        )
        for names in self._placing.shared:
            for name in names:
                shared.add_metric((name,), 1)
        yield shared
        hindered = GaugeMetricFamily(
            "baremetal_lb_speaker_hindered_addresses",
            "Addresses of this node that its own kernel keeps from working",
            labels=("kind",),
        )
        found = Counter(each.kind for each in self._placing.findings(self._ports))
        for kind in FindingKind:
            if kind.is_own:
                hindered.add_metric((kind,), found[kind])
        yield hindered
