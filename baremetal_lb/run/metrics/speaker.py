"""What the speaker tells Prometheus: counts that are kept anyway, read when they are asked for.

Where MetalLB has the same thing it has the same name, so that its dashboards go on; those names lack the
ending that a counter's should have, so they are given out without a type. A series goes with its address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, UnknownMetricFamily
from prometheus_client.registry import Collector

from baremetal_lb.model.announcements import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from prometheus_client import Metric

    from baremetal_lb.decide.layer2.ownership import Ownership
    from baremetal_lb.link.answering.ledger import Counts
    from baremetal_lb.link.ports import Ports
    from baremetal_lb.model.addresses import IPAddress

PROTOCOL = "layer2"


class SpeakerMetrics(Collector):
    """Reads what is announced, and what was answered and dropped. Any thread may collect."""

    def __init__(self, ownership: Ownership, ports: Ports, withheld: Callable[[], int]) -> None:
        self._ownership = ownership
        self._ports = ports
        self._withheld = withheld

    def collect(self) -> Iterable[Metric]:
        """All families; copies are taken first, in one step each, since others go on working."""
        yield self._announced()
        yield from _by_address(dict(self._ports.tallies))
        yield self._dropped()
        yield self._interfaces()

    def _announced(self) -> Metric:
        family = GaugeMetricFamily(
            "metallb_speaker_announced",
            "Services whose address this node announces",
            labels=("service", "protocol", "node", "ip"),
        )
        node = self._ownership.me.node
        answered = set(self._ports.tallies)
        for verdict in list(self._ownership.verdicts.values()):
            if verdict.standing is Standing.ANNOUNCED:
                for address in answered.intersection(verdict.addresses):
                    family.add_metric((str(verdict.service), PROTOCOL, node, str(address)), 1)
        return family

    def _dropped(self) -> Metric:
        family = CounterMetricFamily(
            "baremetal_lb_speaker_requests_dropped",
            "Requests that got no answer, by reason",
            labels=("protocol", "reason"),
        )
        for protocol, drops in (("arp", self._ports.arp_drops), ("ndp", self._ports.ndp_drops)):
            for reason, count in drops.items():
                family.add_metric((protocol, reason), count)
        # Before one is read it is not known which protocol it is of.
        family.add_metric(("any", "leaseOver"), self._withheld())
        return family

    def _interfaces(self) -> Metric:
        family = GaugeMetricFamily(
            "baremetal_lb_speaker_interface",
            "Interfaces on which this node announces",
            labels=("interface",),
        )
        for name in self._ports.names:
            family.add_metric((name,), 1)
        return family


def _by_address(tallies: Mapping[IPAddress, Counts]) -> Iterable[Metric]:
    received = _untyped("requests_received", "Requests for the address that were to be answered")
    sent = _untyped("responses_sent", "Answers that were sent")
    gratuitous = _untyped("gratuitous_sent", "Gratuitous ARP and unsolicited NDP frames that were sent")
    for address, tally in tallies.items():
        labels = (str(address),)
        received.add_metric(labels, tally.answered)
        sent.add_metric(labels, tally.answered - tally.unsent)
        gratuitous.add_metric(labels, tally.shouted)
    return received, sent, gratuitous


def _untyped(name: str, text: str) -> UnknownMetricFamily:
    return UnknownMetricFamily(f"metallb_layer2_{name}", text, labels=("ip",))
