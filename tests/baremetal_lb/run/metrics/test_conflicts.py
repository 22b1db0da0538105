"""What /metrics says of conflicts."""

from ipaddress import ip_address

from prometheus_client import CollectorRegistry

from baremetal_lb.decide.eligibility import Speaker
from baremetal_lb.decide.layer2.acd.detector import ConflictDetector
from baremetal_lb.decide.layer2.acd.events import Ask, Defend, Probe
from baremetal_lb.decide.layer2.gratuitous import Announcer
from baremetal_lb.decide.layer2.ownership import Ownership
from baremetal_lb.decide.speaker.machine import SpeakerMachine
from baremetal_lb.model.conflicts import Conflict, ConflictKind, Finding, FindingKind, Unheeded
from baremetal_lb.run.metrics.conflicts import ConflictMetrics

VIP = ip_address("192.0.2.200")


def test_counts_and_what_stands_now() -> None:
    """Every kind and reason is there from the beginning."""
    machine = SpeakerMachine(Ownership(Speaker("node-1")), ConflictDetector("node-1"), Announcer())
    registry = CollectorRegistry()
    counts = {ConflictKind.CLAIMED: 3, Probe: 6, Defend: 2, Ask: 5}
    registry.register(ConflictMetrics(machine, counts, {Unheeded.OWN: 4, Unheeded.TOO_MANY: 1}))
    machine.detector.conflicts[VIP] = Conflict(VIP, ConflictKind.CLAIMED, bytes(6), "eth0")
    machine.detector.findings[VIP] = Finding(VIP, FindingKind.SILENT, "node-2")
    machine.unheeded[Unheeded.OWN] = 3

    def sample(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"baremetal_lb_speaker_{name}", labels)

    assert [sample("conflicts_total", kind=kind) for kind in ConflictKind] == [0, 0, 3, 0, 0]
    assert [sample("conflicts_standing", kind=kind) for kind in ConflictKind] == [0, 0, 1, 0, 0]
    assert [sample("watchdog_findings", kind=kind) for kind in FindingKind] == [1, 0, None, None, None]
    assert [sample(f"{name}_total") for name in ("probes", "defences", "questions")] == [6, 2, 5]
    assert {why: sample("claims_unheeded_total", reason=why) for why in Unheeded} == {
        why: {Unheeded.OWN: 7, Unheeded.TOO_MANY: 1}.get(why, 0) for why in Unheeded
    }
