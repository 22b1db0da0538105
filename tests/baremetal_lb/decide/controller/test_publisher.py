"""What speakers report reaches the Services without a storm: conversations on a clock of the test's own."""

from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.controller.publisher import BATCH, BREATH, PACE, Publisher
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.conflicts import Conflict, ConflictKind
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Report

ADDRESSES = [ip_address("10.0.0.1") + at for at in range(35)]
TAKEN = Conflict(ADDRESSES[0], ConflictKind.IN_USE, bytes.fromhex("0200000000aa"), "eth0")
POOLS = parse_config("address-pools: [{name: p, protocol: layer2, addresses: [10.0.0.0/24]}]")


@dataclass
class Story:
    """Many Services, each with an address; what is published of them, with the times."""

    publisher: Publisher = field(default_factory=Publisher)
    now: float = 100.0
    busy: bool = False
    written: list[tuple[float, ObjectKey]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    in_use: list[set] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)

    def __post_init__(self):
        self.publisher.aggregator.see_pools(POOLS)
        for name in ("node-1", "node-2"):
            self.publisher.aggregator.see_node(name, None)
        for at, address in enumerate(ADDRESSES):
            self.publisher.aggregator.see_service(ObjectKey("x", f"s{at}"), (address,), None)

    def say(self, report: Report) -> None:
        self.publisher.aggregator.see_report(report, self.now)
        self.publisher.hear()

    def wait(self, seconds: float) -> None:
        """Time passes; the publisher is asked whenever it wished to be."""
        end = self.now + seconds
        while (at := max(self.now, self.publisher.wake_at())) <= end:
            self.now = at
            self._look()
        self.now = end

    def _look(self) -> None:
        changes = self.publisher.aggregate(self.now)
        if changes is not None:
            self.looks.append(self.now)
            self.told += [f"{key.name} {note.message.split(':')[0]}" for key, note in changes.notes]
            found = self.publisher.in_use()
            if found is not None:
                self.in_use.append(set(found))
        batch = self.publisher.next_batch(self.now, is_busy=self.busy)
        self.written += [(self.now, key) for key in batch]


@pytest.fixture
def story() -> Story:
    """One speaker announces all; every report that was there is told."""
    made = Story()
    made.say(announces("node-1"))
    made.publisher.see_all_reports()
    return made


def announces(node: str, **more) -> Report:
    return Report(node, (Place(tuple(ADDRESSES), node, (Port("eth0", "02:00:00:00:00:01"),)),), **more)


def test_many_that_change_at_once_are_written_one_after_the_other(story):
    """Each once, a few at a time; and again after a failover."""
    story.wait(1.0)
    times = [at for at, _ in story.written]
    assert len(times) == len(ADDRESSES)
    assert len({key for _, key in story.written}) == len(ADDRESSES)
    assert times[-1] - times[0] >= (len(ADDRESSES) // BATCH) * BATCH / PACE * 0.9
    story.say(announces("node-2"))
    story.wait(1.0)
    assert len(story.written) == 2 * len(ADDRESSES)
    story.say(announces("node-2"))
    story.wait(1.0)
    assert len(story.written) == 2 * len(ADDRESSES)


def test_what_is_more_urgent_goes_first(story):
    """While addresses are being given, nothing is written about who announces them."""
    story.busy = True
    story.wait(1.0)
    assert story.written == []
    story.busy = False
    story.wait(1.0)
    assert story.written


def test_who_else_has_addresses_is_passed_on():
    """Whenever that changes, and only then."""
    story = Story()
    story.publisher.see_all_reports()
    for report in (*(Report("node-1", conflicts=(TAKEN,)) for _ in range(2)), announces("node-1")):
        story.say(report)
        story.wait(0.1)
    assert story.in_use == [{TAKEN.address}, set()]
    assert story.told == []


def test_a_no_that_lasts_is_told():
    """By the clock, though no speaker says anything more."""
    story = Story()
    story.say(Report("node-1", conflicts=(TAKEN,)))
    story.publisher.see_all_reports()
    story.wait(5.0)
    assert story.told == ["s0 AddressInUse"]


def test_it_takes_a_breath_between_two_looks(story):
    """A thousand reports in a second are not a thousand looks at all Services."""
    for _ in range(1000):
        story.say(announces("node-2"))
        story.wait(0.001)
    assert 2 < len(story.looks) <= 1.0 / BREATH + 1


def test_nothing_follows_before_all_reports_are_told():
    """A speaker that is not listed yet is not one that is silent."""
    story = Story()
    story.say(announces("node-1"))
    story.wait(60.0)
    assert (story.written, story.told, story.looks) == ([], [], [])
