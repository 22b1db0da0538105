"""Conversations with one controller's machine on a virtual clock: what it is told, what it wants done."""

from dataclasses import dataclass, field, replace
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.controller.commands import (
    Allocated,
    Began,
    ConfigNews,
    JudgeConfig,
    MakeNamespace,
    Record,
    TellConfig,
    WriteStatus,
    WriteVerdict,
)
from baremetal_lb.decide.controller.configuration import parse
from baremetal_lb.decide.controller.events import (
    ClusterListed,
    ConfigJudged,
    ConfigMap,
    ConfigMapSeen,
    NamespaceSeen,
    NodeInterfacesSeen,
    NodeSeen,
    ReportLost,
    ReportSeen,
    ReportsListed,
    RetryDue,
    ServiceRangesSeen,
    ServiceSeen,
    StatusRefused,
    StatusWritten,
    TermEnded,
)
from baremetal_lb.decide.controller.machine import FIRST_REPORTS, QUIET, ControllerMachine, Options
from baremetal_lb.decide.controller.statuses import WORKERS
from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.conflicts import Conflict, ConflictKind
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.model.nodes import NodeFacts
from baremetal_lb.model.objects import ObjectKey, Subject
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Left, Report
from baremetal_lb.model.services import ServiceStatus, ServiceView
from baremetal_lb.model.times import Times

CONFIG, SPEAKERS = ObjectKey("system", "config"), "speakers"
STEADY = 1_700_000_000.0  # what the steady clock is ahead
QUARANTINE = 300.0
STRANGER = bytes.fromhex("0200000000aa")
ONE, TWO, THREE = (ip_address(f"10.0.0.{last}") for last in (1, 2, 3))
SMALL, LARGE = "10.0.0.1-10.0.0.2", "10.0.0.1-10.0.0.250"


def web(name: str, *addresses, uid: str = "u", **fields) -> ServiceView:
    """A Service as it is when made, or with these addresses in its status."""
    status = ServiceStatus(addresses, (), "lan" if addresses else None)
    made = {"created": f"2026-01-01T00:00:00Z {name}", "cluster_ips": (ip_address("10.96.0.1"),), **fields}
    return ServiceView(ObjectKey("x", name), uid, "7", is_load_balancer=True, status=status, **made)


def pools(addresses: str, version: str = "1", verdict: str | None = None, more: str = "") -> ConfigMapSeen:
    text = f"address-pools: [{{name: lan, protocol: layer2, addresses: [{addresses}]{more}}}]"
    return ConfigMapSeen(ConfigMap(Subject("ConfigMap", CONFIG, "uid", version), text, verdict))


def announces(node: str, *addresses, **more) -> Report:
    return Report(node, (Place(addresses, node, (Port("eth0", "02:00:00:00:00:01"),)),), **more)


def in_use(*addresses) -> Report:
    return Report("node-1", conflicts=tuple(taken(each) for each in addresses))


def taken(address) -> Conflict:
    return Conflict(address, ConflictKind.IN_USE, STRANGER, "eth0")


@dataclass
class Story:
    """One term. `said`: all commands but wake-ups. What they want judged and written is so when told to."""

    machine: ControllerMachine = field(
        default_factory=lambda: ControllerMachine(Options(CONFIG, SPEAKERS, quarantine=QUARANTINE))
    )
    now: float = 100.0
    wake: float = float("inf")
    said: list[object] = field(default_factory=list)
    services: dict[str, ServiceView] = field(default_factory=dict)
    version: int = 7

    def feed(self, *events: object) -> list[object]:
        """These events, now; what they led to, with the decision that they make due."""
        start = len(self.said)
        for event in events:
            self._handle(event)
        while self.wake <= self.now:
            self._handle(Tick())
        return self.said[start:]

    def _handle(self, event: object) -> None:
        if isinstance(event, ServiceSeen) and event.new is not None:
            self.services[event.new.key.name] = event.new
        self.wake = float("inf")
        for command in self.machine.handle(event, Times(self.now, self.now + STEADY)):
            if isinstance(command, WakeAt):
                self.wake = command.at
            else:
                self.said.append(command)

    def wait(self, seconds: float) -> list[object]:
        start, end = len(self.said), self.now + seconds
        while self.wake <= end:
            self.now = max(self.wake, self.now)
            self._handle(Tick())
        self.now = end
        return self.said[start:]

    def judge(self, asked: JudgeConfig) -> list[object]:
        """The configuration is judged."""
        try:
            result = parse(asked.text, asked.claimed)
        except ConfigRejected as exc:
            result = exc
        return self.feed(ConfigJudged(result))

    def write(self, command: WriteStatus) -> list[object]:
        """It is written: the API shows it, and says so."""
        write, before = command.write, self.services[command.write.key.name]
        self.version += 1
        condition = write.allocated.condition if write.allocated else before.status.condition
        announced = write.announced.condition if write.announced else before.status.announced
        status = ServiceStatus(write.addresses, (), write.pool, condition, announced, write.served_by)
        after = replace(before, version=str(self.version), status=status)
        return self.feed(ServiceSeen(before, after), StatusWritten(write.key))

    def write_all(self, commands: list[object]) -> list[object]:
        """All that is asked for, and what is asked for then."""
        said = list(commands)
        for each in said:  # grows meanwhile
            if isinstance(each, WriteStatus):
                said += self.write(each)
        return said

    def has(self, name: str) -> str:
        return " ".join(map(str, self.services[name].status.addresses))

    def announced(self, name: str) -> str:
        condition = self.services[name].status.announced
        return condition.reason if condition is not None else ""


def writes(commands: list[object]) -> dict[str, str]:
    """Who is written, and the addresses."""
    found = (each.write for each in commands if isinstance(each, WriteStatus))
    return {write.key.name: " ".join(map(str, write.addresses)) for write in found}


def told(commands: list[object], name: str | None = None) -> list[str]:
    """The reasons of Events, of one object or of all."""
    records = (each for each in commands if isinstance(each, Record))
    return [str(each.note.reason) for each in records if name in (None, each.subject.key.name)]


def of(kind: type, commands: list[object]) -> list:
    return [each for each in commands if isinstance(each, kind)]


def began(*events: object, addresses: str = SMALL) -> Story:
    """A term that has begun with these Services and the like."""
    story = Story()
    (asked,) = of(JudgeConfig, story.feed(*events, pools(addresses), ClusterListed()))
    story.write_all([*story.judge(asked), *story.feed(ReportsListed())])
    return story


# How a term begins


def test_nothing_is_given_before_the_configuration_is_judged():
    """Though all else is known, and that takes long."""
    story = Story()
    said = story.feed(ServiceSeen(None, web("a")), pools(SMALL), ReportsListed(), ClusterListed())
    assert [type(each) for each in said] == [JudgeConfig]
    assert story.wait(60.0) == []
    said += story.judge(said[0])
    assert writes(said) == {"a": "10.0.0.1"}
    assert of(Began, said) == [Began()]


def test_nothing_is_judged_before_the_cluster_is_listed():
    """A node's pods, or another Service range, may still come."""
    pods = NodeFacts((), (parse_entry("10.0.0.0/24"),))
    story = Story()
    assert story.feed(pools(SMALL), NodeSeen("node-1", pods), ReportsListed()) == []
    (asked,) = story.feed(ClusterListed())
    assert [each.owner for each in asked.claimed] == ["the pods of node node-1"]


def test_a_missing_configuration_is_judged_too():
    """Services are told why they get nothing; what they have they keep."""
    story = Story()
    services = ServiceSeen(None, web("a")), ServiceSeen(None, web("b", ONE))
    said = story.feed(*services, ConfigMapSeen(None), ReportsListed(), ClusterListed())
    assert said[0] == TellConfig(ConfigNews.MISSING, ("none",), gone_stale=True)
    assert writes(said) == {"a": ""}
    assert told(said) == ["AllocationFailed"]


def test_the_first_decision_waits_for_the_reports_that_are_there():
    """They say which addresses are somebody else's; those that were left before are not given anew."""
    story = Story()
    (asked,) = story.feed(ServiceSeen(None, web("a")), pools(SMALL), ClusterListed())
    assert writes(story.judge(asked)) == {}
    assert story.wait(FIRST_REPORTS / 2) == []
    assert story.feed(NodeSeen("node-1", NodeFacts((), ())), Tick()) == []
    report = Report("node-1", left=(Left(taken(ONE), int(story.now + STEADY)),))
    said = story.feed(ReportSeen(report, story.now), ReportsListed())
    assert writes(said) == {"a": "10.0.0.2"}
    story.write_all(said)
    story.write_all(story.feed(ServiceSeen(None, web("b"))))
    story.write_all(story.wait(QUARANTINE - 1))
    assert story.has("b") == ""
    story.write_all(story.wait(1.1))
    assert story.has("b") == "10.0.0.1"


def test_the_first_decision_does_not_wait_for_reports_for_ever():
    """The speakers' namespace may not be to be read."""
    story = Story()
    (asked,) = story.feed(ServiceSeen(None, web("a")), pools(SMALL), ClusterListed())
    story.judge(asked)
    assert writes(story.wait(FIRST_REPORTS * 0.9)) == {}
    assert writes(story.wait(FIRST_REPORTS * 0.2)) == {"a": "10.0.0.1"}


def test_what_is_held_is_adopted_before_anything_is_given():
    """The older Service waits, though its wish would be free if nobody looked."""
    story = began(ServiceSeen(None, web("a")), ServiceSeen(None, web("b", ONE)), ServiceSeen(None, web("c")))
    assert [story.has(name) for name in "abc"] == ["10.0.0.2", "10.0.0.1", ""]


def test_nobody_is_taken_for_silent_before_all_reports_are_told():
    """What an earlier leader wrote of who announces stays, however long the list takes."""
    story = Story()
    view = web("a", ONE)
    (asked,) = story.feed(
        ServiceSeen(None, view), NodeSeen("n", NodeFacts((), ())), pools(SMALL), ClusterListed()
    )
    story.write_all(story.judge(asked))
    assert told(story.write_all(story.wait(60.0))) == []
    story.feed(ReportsListed())
    assert told(story.write_all(story.wait(60.0))) == ["NotAnnounced"]
    assert story.announced("a") == "NobodyAnnounces"


# What is written, and in which order


def test_an_address_is_written_and_then_told_once():
    """The Event names the Service as it was decided by; how long it took is counted when it is written."""
    story = began()
    said = story.feed(ServiceSeen(None, web("a")))
    assert [type(each) for each in said] == [Record, WriteStatus]
    assert said[0].subject == Subject("Service", ObjectKey("x", "a"), "u", "7")
    story.now += 0.25
    assert story.write(said[1]) == [Allocated(0.25)]
    assert story.wait(5.0) == []


def test_one_status_is_written_by_one_write_at_a_time():
    """What changes meanwhile is written when the first one is done, as it is then."""
    story = began()
    (first,) = of(WriteStatus, story.feed(ServiceSeen(None, web("a"))))
    wish = web("a", load_balancer_ip="10.0.0.2")
    assert writes(story.feed(ServiceSeen(story.services["a"], wish))) == {}
    assert writes(story.feed(StatusRefused(first.write.key))) == {"a": "10.0.0.2"}


def test_no_more_is_on_its_way_than_there_are_workers():
    """The others follow one by one."""
    story = began(addresses=LARGE)
    said = story.feed(*(ServiceSeen(None, web(f"s{number:02}")) for number in range(WORKERS + 3)))
    assert len(of(WriteStatus, said)) == WORKERS
    assert len(story.machine.statuses) == 3
    assert len(of(WriteStatus, story.write(of(WriteStatus, said)[0]))) == 1


def test_what_could_not_be_written_is_written_as_it_should_be_by_then():
    """Not as it should have been: the Service asks for something else now. Nothing, where it is gone."""
    story = began()
    (first,) = of(WriteStatus, story.feed(ServiceSeen(None, web("a"))))
    story.feed(ServiceSeen(story.services["a"], web("a", load_balancer_ip="10.0.0.2")))
    assert writes(story.feed(RetryDue(first.write.key))) == {"a": "10.0.0.2"}
    story.feed(ServiceSeen(story.services["a"], None))
    assert writes(story.feed(RetryDue(first.write.key))) == {}
    assert story.machine.statuses.is_idle


def test_who_leaves_an_address_is_written_before_who_gets_it():
    """At no moment is it in two statuses."""
    story = began(ServiceSeen(None, web("a", ONE)), addresses="10.0.0.1")
    changed = replace(story.services["a"], is_load_balancer=False, version="9")
    story.write_all(story.feed(ServiceSeen(None, web("b"))))
    said = story.feed(ServiceSeen(story.services["a"], changed))
    assert writes(said) == {"a": ""}
    story.wait(10.0)
    said = story.write(of(WriteStatus, said)[0])
    assert writes(said) == {"b": "10.0.0.1"}


def test_the_last_event_of_a_service_names_the_one_that_was():
    """Though it is known no more."""
    story = began(ServiceSeen(None, web("a", ONE, uid="the-first")))
    said = story.feed(ServiceSeen(story.services["a"], None))
    assert [(each.subject.uid, str(each.note.reason)) for each in said] == [("the-first", "IPReleased")]


def test_who_waits_is_told_anew_when_it_has_been_quiet():
    """Counts in a reason move on while many things happen; they are told once after that."""
    story = began(ServiceSeen(None, web("a", ONE)), addresses="10.0.0.1-10.0.0.3")
    for name in "bcde":
        story.write_all(story.feed(ServiceSeen(None, web(name))))
    wish = replace(story.services["a"], load_balancer_ip="10.0.0.9", version="90")
    story.write_all(story.feed(ServiceSeen(story.services["a"], wish)))
    story.write_all(story.feed(pools("10.0.0.1-10.0.0.4", "2")))
    (asked,) = of(JudgeConfig, story.said[-1:])
    story.write_all(story.judge(asked))
    assert story.has("d") == "10.0.0.4"
    story.write_all(story.wait(QUIET * 2))
    assert "4 of 4" in story.services["e"].status.condition.message


def test_after_its_end_a_term_wants_nothing_more():
    """Whatever comes in: somebody else leads."""
    story = began()
    assert story.feed(ServiceSeen(None, web("a")))
    assert (
        story.feed(
            TermEnded(), ServiceSeen(None, web("b")), pools(LARGE, "2"), ReportSeen(in_use(ONE), story.now)
        )
        == []
    )
    assert story.feed(StatusWritten(ObjectKey("x", "a")), RetryDue(ObjectKey("x", "a")), Tick()) == []
    assert story.wait(600.0) == []


# The configuration


def test_versions_of_the_configuration_are_judged_one_after_the_other():
    """Of those that come meanwhile only the newest; the verdict is written on it once."""
    story = began()
    (asked,) = story.feed(pools("10.0.0.9", "2"))
    assert story.feed(pools("10.0.0.8", "3"), pools("10.0.0.7-10.0.0.1", "4")) == []
    said = story.judge(asked)
    assert [type(each) for each in said] == [TellConfig, Record, JudgeConfig]
    said = story.judge(said[-1])
    assert said[0].gone_stale
    assert told(said) == ["ConfigRejected"]
    assert of(WriteVerdict, said)[0].verdict.startswith("rejected: ")
    assert (
        of(WriteVerdict, story.feed(pools("10.0.0.7-10.0.0.1", "5", of(WriteVerdict, said)[0].verdict))) == []
    )


def test_a_verdict_that_stands_there_already_is_not_written():
    """After a restart, say."""
    story = Story()
    (asked,) = story.feed(pools(SMALL, verdict="accepted: 1 pool"), ClusterListed())
    assert of(WriteVerdict, story.judge(asked)) == []


def test_a_configuration_that_is_deleted_while_it_is_judged_is_missing_afterwards():
    """What was judged is in force all the same, as the last good one."""
    story = began()
    (asked,) = story.feed(pools("10.0.0.9", "2"))
    story.feed(ConfigMapSeen(None))
    said = story.judge(asked)
    assert [each.news for each in of(TellConfig, said)] == [ConfigNews.ACCEPTED, ConfigNews.MISSING]
    assert writes(story.feed(ServiceSeen(None, web("a")))) == {"a": "10.0.0.9"}


# Nodes and Namespaces


def test_what_a_node_has_is_not_given_and_people_are_told_of_the_pool():
    """By its Node, or by what its speaker sees on its interfaces."""
    story = began(NodeSeen("n", NodeFacts((), ())))
    said = story.feed(NodeSeen("n", NodeFacts((ONE,), ())))
    assert [each.news for each in of(TellConfig, said)] == [ConfigNews.FOREIGN]
    assert told(said) == ["ConfigWarning"]
    held = NodeInterfaces("n", (NodeInterface("eth1", bytes(6), (TWO,)),))
    assert told(story.feed(NodeInterfacesSeen("n", held))) == ["ConfigWarning"]
    story.write_all(story.feed(ServiceSeen(None, web("a"))))
    assert story.has("a") == ""
    assert writes(story.feed(NodeInterfacesSeen("n", None))) == {"a": "10.0.0.2"}


def test_a_range_of_services_in_a_pool_is_told():
    """It takes nothing away."""
    story = began(ServiceSeen(None, web("a", ONE)))
    said = story.feed(ServiceRangesSeen("kubernetes", (parse_entry("10.0.0.0/28"),)))
    assert told(said) == ["ConfigWarning"]
    assert writes(said) == {}
    assert story.feed(NodeSeen("gone", None), ServiceRangesSeen("gone", None)) == []


def test_only_the_speakers_namespace_is_made_anew():
    """Others are their makers' matter."""
    story = began(NamespaceSeen("x", {}), NamespaceSeen(SPEAKERS, {}))
    assert story.feed(NamespaceSeen("x", None)) == []
    assert story.feed(NamespaceSeen(SPEAKERS, None)) == [MakeNamespace()]


# Who announces


@pytest.fixture
def story() -> Story:
    """A Service with an address, on which a speaker's word is waited for."""
    made = began(NodeSeen("node-1", NodeFacts((), ())))
    made.write_all(made.feed(ServiceSeen(None, web("a"))))
    return made


def test_who_announces_is_written_when_a_speaker_says_so(story):
    """And why nobody does, when no speaker says anything any more."""
    said = story.feed(ReportSeen(announces("node-1", ONE), story.now))
    story.write_all([*said, *story.wait(1.0)])
    assert story.announced("a") == "Announced"
    story.feed(ReportLost("node-1"))
    assert told(story.write_all(story.wait(60.0))) == ["NotAnnounced"]
    assert story.announced("a") == "NobodyAnnounces"


def test_a_word_from_before_the_address_was_written_is_no_word_on_it():
    """A speaker that had not seen the Service with the address speaks of one that had it before."""
    story = began(NodeSeen("node-1", NodeFacts((), ())))
    old = announces("node-1", ONE, seen=story.version)
    said = story.feed(ReportSeen(old, story.now), ServiceSeen(None, web("a")))
    said += story.wait(1.0)
    story.write_all([*said, *story.wait(1.0)])
    assert (story.has("a"), story.announced("a")) == ("10.0.0.1", "")
    story.feed(ReportSeen(announces("node-1", ONE, seen=story.version), story.now))
    story.write_all(story.wait(1.0))
    assert story.announced("a") == "Announced"


def test_who_else_has_an_address_leads_to_another_one(story):
    """First the allocation, then what is said of who announces it."""
    said = story.feed(ReportSeen(in_use(ONE), story.now))
    said += story.wait(0.05)
    assert told(said) == ["AddressInUse", "IPAllocated"]
    story.write_all(said)
    assert story.has("a") == "10.0.0.2"
    assert writes(story.feed(ServiceSeen(None, web("b")))) == {"b": ""}


def test_addresses_go_before_what_is_said_of_them():
    """Nothing is written of who announces while many addresses wait to be written."""
    names = [f"s{number:03}" for number in range(200)]
    story = began(NodeSeen("node-1", NodeFacts((), ())), addresses=LARGE)
    story.write_all(story.feed(*(ServiceSeen(None, web(name)) for name in names[:100])))
    given = [address for each in names[:100] for address in story.services[each].status.addresses]
    busy = story.feed(*(ServiceSeen(None, web(name)) for name in names[100:]))
    busy += story.feed(ReportSeen(announces("node-1", *given), story.now))
    busy += story.wait(1.0)
    assert set(writes(busy)) <= set(names[100:])
    assert len(story.machine.statuses) == 100 - WORKERS
    story.write_all(busy)
    for _ in range(12):
        story.write_all(story.wait(0.1))
    assert {story.announced(name) for name in names[:100]} == {"Announced"}
