"""From a Service to its answers, link by link."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.explain.chain import Answer, Asked, Facts, Heard, Link, Scope, chain, lines
from baremetal_lb.decide.explain.overview import Configuration, Seen
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import Condition, ServiceStatus, ServiceView, TrafficPolicy

KEY = ObjectKey("shop", "web")
MESSAGE = "10.0.0.1 by node-1 on eth0 (02:00:00:00:00:01)"
GOOD = ServiceStatus(
    (ip_address("10.0.0.1"),),
    pool="lan",
    condition=Condition(True, "Allocated", ""),
    announced=Condition(True, "Announced", MESSAGE),
)
VIEW = ServiceView(
    KEY, "u", "1", "", is_load_balancer=True, selector=(("app", "web"), ("tier", "front")), status=GOOD
)
FACTS = Facts(
    KEY,
    Scope("", "lb-system", "config"),
    service=VIEW,
    type="LoadBalancer",
    since={"Allocated": "T1", "Announced": "T2"},
    configuration=Configuration("lb-system/config", "accepted"),
    leader=Seen("ctl-1", 2.2),
    speakers=(Seen("node-1", 3.0), Seen("node-2", 4.0)),
    serving_nodes=("node-1", "node-2", "node-1"),
)
PENDING = replace(VIEW, status=ServiceStatus(condition=Condition(False, "Exhausted", 'pool "lan": full')))
LATE = Seen("ctl-1", 60.0, "silent for longer than its Lease lasts")
REJECTED = Configuration("lb-system/config", "rejected", ("address-pools: is required",))
QUIET = (Seen("node-1", 3.0), Seen("node-2", 31.0))


def status(**fields) -> ServiceView:
    return replace(VIEW, status=replace(GOOD, **fields))


def test_a_chain_without_a_broken_link():
    """What is there, since when, and where it is announced."""
    told = chain(FACTS)
    assert told.broken is None
    assert told.announced_by == ("node-1",)
    assert list(lines(told)) == [
        "ok  service     is of type LoadBalancer",
        "ok  class       is of no class, which the release in lb-system serves",
        "ok  controller  ctl-1 leads, heard 2 s ago",
        "ok  pools       ConfigMap lb-system/config is accepted",
        "ok  address     10.0.0.1 from pool lan, since T1",
        "ok  endpoints   3 ready, on node-1, node-2",
        "ok  speakers    2 report",
        f"ok  announced   {MESSAGE}, since T2",
        "shop/web: 10.0.0.1 by node-1. If a client gets no answer all the same, look at the way behind: "
        "docs/troubleshooting.md#an-address-does-not-answer",
    ]


@pytest.mark.parametrize(
    ("changed", "about", "said", "remedy"),
    [
        pytest.param(
            {"service": None}, "service", "there is no Service shop/web", "kubectl get services -A", id="none"
        ),
        pytest.param(
            {"service": None, "namesakes": ("a", "b")},
            "service",
            "there is no Service shop/web",
            "there is one in a, b: -n says where to look",
            id="elsewhere",
        ),
        pytest.param(
            {"service": replace(VIEW, is_load_balancer=False), "type": "NodePort"},
            "service",
            "is of type NodePort: only one of type LoadBalancer gets an external address",
            'kubectl -n shop patch service web -p \'{"spec":{"type":"LoadBalancer"}}\'',
            id="type",
        ),
        pytest.param(
            {"service": replace(VIEW, load_balancer_class="x/y")},
            "class",
            "is of class x/y; the release in lb-system serves those of no class",
            "ask about the release that serves it (--load-balancer-class x/y); the class of a Service never "
            "changes: to have another, delete it and make it anew",
            id="class",
        ),
        pytest.param(
            {"service": status(served_by="other")},
            "class",
            "its address is of the release in other",
            "ask about that: --namespace other",
            id="another release's",
        ),
        pytest.param(
            {"service": PENDING, "leader": None},
            "controller",
            "none leads; what is asked for now is not decided",
            "kubectl -n lb-system get pods -l app.kubernetes.io/component=controller",
            id="no leader",
        ),
        pytest.param(
            {"service": PENDING, "configuration": REJECTED},
            "pools",
            "lb-system/config is rejected: address-pools: is required",
            "kubectl -n lb-system get configmap config -o yaml | baremetal-lb check-config -",
            id="rejected",
        ),
        pytest.param(
            {"service": replace(VIEW, status=ServiceStatus())},
            "address",
            "none, and no controller has said why",
            "kubectl -n lb-system logs -l app.kubernetes.io/component=controller",
            id="not judged",
        ),
        pytest.param(
            {"service": PENDING, "since": {"Exhausted": "T0"}},
            "address",
            'Exhausted, since T0: pool "lan": full',
            "add addresses to the pool in ConfigMap lb-system/config (who waits is served at once, the "
            "oldest first), or delete Services that are not needed; `baremetal-lb status` shows how full "
            "each pool is",
            id="full",
        ),
        pytest.param(
            {"serving_nodes": ()},
            "endpoints",
            "none is ready",
            "kubectl -n shop get pods -l app=web,tier=front",
            id="no endpoint",
        ),
        pytest.param(
            {"serving_nodes": (), "service": replace(VIEW, selector=())},
            "endpoints",
            "none is ready",
            "it has no selector: somebody else is to write its EndpointSlices",
            id="no selector",
        ),
        pytest.param(
            {"speakers": (), "service": status(announced=None)},
            "speakers",
            "none has reported",
            "kubectl -n lb-system get pods -o wide -l app.kubernetes.io/component=speaker",
            id="no speaker",
        ),
        pytest.param(
            {"service": status(announced=None)},
            "announced",
            "no speaker has said anything of it",
            "kubectl -n lb-system logs -l app.kubernetes.io/component=speaker",
            id="not announced",
        ),
        pytest.param(
            {"service": status(announced=Condition(False, "AnnouncingHeld", "held"))},
            "announced",
            "AnnouncingHeld: held",
            "once nothing stands against it: `kubectl -n lb-system annotate configmap config "
            "baremetal-lb.io/hold-announcing-`",
            id="held",
        ),
    ],
)
def test_the_first_broken_link_is_the_last(changed, about, said, remedy):
    """With what to do; it is the conclusion, too."""
    told = chain(replace(FACTS, **changed))
    assert told.links[-1] == Link(about, Answer.BROKEN, said, remedy)
    assert told.broken == told.links[-1]
    assert [each.answer for each in told.links[:-1]].count(Answer.BROKEN) == 0
    shown = list(lines(told))
    assert shown[-1] == f"shop/web: {about}: {said}"
    assert shown[-2].endswith(f"-> {remedy}")


@pytest.mark.parametrize(
    ("changed", "about", "said"),
    [
        pytest.param(
            {"leader": LATE},
            "controller",
            "ctl-1 was heard 60 s ago: silent for longer than its Lease lasts; what is asked for now is not "
            "decided",
            id="controller",
        ),
        pytest.param(
            {"configuration": REJECTED},
            "pools",
            "lb-system/config is rejected: address-pools: is required",
            id="pools",
        ),
        pytest.param(
            {"speakers": QUIET}, "speakers", "1 report; node-2 reported 31 s ago, and not since", id="speaker"
        ),
        pytest.param({"speakers": ()}, "speakers", "none has reported", id="speakers"),
        pytest.param(
            {"service": status(condition=Condition(True, "RequestRefused", "is taken"))},
            "address",
            "10.0.0.1 from pool lan; RequestRefused: is taken",
            id="wish",
        ),
        pytest.param(
            {"service": status(condition=None)},
            "address",
            "has 10.0.0.1, of which no controller has said anything",
            id="not judged",
        ),
    ],
)
def test_what_does_no_harm_now_is_a_remark(changed, about, said):
    """The Service is served all the same, and that is what is concluded."""
    told = chain(replace(FACTS, **changed))
    (remark,) = [each for each in told.links if each.answer is not Answer.GOOD and each.about == about]
    assert (remark.answer, remark.said) == (Answer.REMARK, said)
    assert remark.remedy
    assert told.broken is None


@pytest.mark.parametrize(
    ("unreadable", "about"),
    [
        ("controller", "controller"),
        ("configuration", "pools"),
        ("endpoints", "endpoints"),
        ("speakers", "speakers"),
    ],
)
def test_what_may_not_be_read_is_said_and_the_rest_is_told(unreadable, about):
    """The right that is missing stands in the reason."""
    told = chain(replace(FACTS, unreadable={unreadable: "403 Forbidden"}))
    assert Link(about, Answer.UNKNOWN, "cannot be read: 403 Forbidden") in told.links
    assert told.links[-1].about == "announced"
    assert told.broken is None


def test_a_service_that_may_not_be_read():
    """Nothing more can be said."""
    told = chain(replace(FACTS, service=None, unreadable={"service": "403 Forbidden"}))
    assert told.links == (Link("service", Answer.BROKEN, "cannot be read: 403 Forbidden"),)


def test_local_traffic_and_events():
    """Only nodes with an endpoint announce; the newest events are shown."""
    local = replace(VIEW, traffic_policy=TrafficPolicy.LOCAL)
    told = chain(replace(FACTS, service=local, events=("T  NodeAssigned: node-1",)))
    (link,) = [each for each in told.links if each.about == "endpoints"]
    assert link.said.endswith("with externalTrafficPolicy Local only these nodes announce")
    assert list(lines(told))[-3:-1] == ["its newest events:", "    T  NodeAssigned: node-1"]


OWNER, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:99"


def asked(*macs: str, own: str = "02:00:00:00:00:77") -> Asked:
    return Asked({"eth1": own}, tuple(Heard(ip_address("10.0.0.1"), mac, "eth1") for mac in macs), 2.0)


@pytest.mark.parametrize(
    ("lan", "answer", "said"),
    [
        pytest.param(asked(OWNER), Answer.GOOD, f"by node-1 ({OWNER}) on eth1", id="its owner"),
        pytest.param(
            asked(OWNER, OTHER), Answer.BROKEN, f"by {OTHER}, which is no MAC", id="somebody else, too"
        ),
        pytest.param(asked(OTHER), Answer.BROKEN, f"by {OTHER}, which is no MAC", id="somebody else"),
        pytest.param(asked(), Answer.BROKEN, "nobody answers for 10.0.0.1 on eth1 within 2 s", id="nobody"),
        pytest.param(asked(own=OWNER), Answer.GOOD, "from this very interface", id="asked by its owner"),
        pytest.param(asked(OTHER, own=OWNER), Answer.BROKEN, f"by {OTHER}", id="another than its owner"),
    ],
)
def test_what_the_lan_says(lan, answer, said):
    """No object tells of a stranger that has the address, or of a switch that drops the answers."""
    link = chain(replace(FACTS, lan=lan)).links[-1]
    assert (link.about, link.answer) == ("LAN", answer)
    assert said in link.said
    assert bool(link.remedy) is (answer is Answer.BROKEN)


def test_the_lan_is_not_looked_at_for_what_is_not_announced():
    """Whoever has it then is nobody of ours, and the chain has a break already."""
    quiet = status(announced=Condition(False, "NoEndpoints", "none"))
    assert chain(replace(FACTS, service=quiet, lan=asked())).broken.about == "announced"
