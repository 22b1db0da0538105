"""What is told of what was seen: tables of sights that a lab has no easy way to show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.trace.explain import explain, service_at, service_key
from mockcloud.trace.model import (
    Attempt,
    Break,
    Cluster,
    End,
    Flow,
    Outcome,
    Passage,
    Protocol,
    ServiceFacts,
    ServicePort,
    Sight,
    Stage,
    Step,
    Target,
    Tracked,
)
from mockcloud.trace.render import as_json, as_text

VIP, POD, CLIENT = End("192.168.10.200", 80), End("10.244.2.2", 8080), End("192.168.10.100", 40000)
PORT = ServicePort(80, Protocol.TCP, 30080, ("10.244.2.2",), ("node-2",))
WEB = ServiceFacts("default/web", ("10.96.0.9",), ("192.168.10.200",), (PORT,))
CLUSTER = Cluster((WEB,), {"10.244.2.2": ("default/web-1", "node-2")}, {"192.168.10.11": "node-1"})
MACS = {"02:00:00:00:00:01": "eth0"}
DROP = Step("ip mockcloud", "filter-forward", "vmap @no-endpoints", "drop")

ISOLATED = Step("ip mockcloud-policies", "ingress-pods-1", "drop", "drop")


def sight(outcome, *passages, cluster=CLUSTER, asked=True, answers=tuple(MACS)):
    attempt = Attempt(outcome, 0.001, "", asked, answers)
    return Sight(
        "client", Target(VIP.ip, VIP.port), cluster, attempt, Flow(CLIENT, VIP, Protocol.TCP), passages
    )


def with_service(**changes):
    fields = {name: getattr(WEB, name) for name in ServiceFacts.__slots__}
    return Cluster((ServiceFacts(**{**fields, **changes}),), CLUSTER.pods, CLUSTER.nodes)


def test_a_whole_way_is_told_in_order():
    """Neighbour, rule, translations, pod, way back, answer."""
    tracked = Tracked(POD, End("192.168.10.11", 50000), answered=True)
    rule = Step("ip mockcloud", "nat-prerouting", "vmap @services", "goto pick")
    story = explain(sight(Outcome.CONNECTED, Passage("node-1", MACS, (rule,), tracked)))

    assert [hop.stage for hop in story.hops] == [
        Stage.NEIGHBOUR, Stage.RULE, Stage.DNAT, Stage.SNAT, Stage.POD, Stage.BACK, Stage.ANSWER,
    ]  # fmt: skip
    assert story.broken is None
    assert "02:00:00:00:00:01 answers: node-1 (eth0)" in as_text(story)


def test_two_that_answer_are_a_conflict():
    """Whoever the packets go to, both are told."""
    story = explain(sight(Outcome.CONNECTED, Passage("node-1", MACS), answers=(*MACS, "02:00:00:00:00:99")))

    assert "a host that is not a node" in as_text(story)
    assert "2 hosts answer for 192.168.10.200" in as_text(story)


@pytest.mark.parametrize(
    ("seen", "why", "text"),
    [
        pytest.param(
            sight(
                Outcome.UNREACHABLE,
                answers=(),
                cluster=with_service(conditions={"Announced": "node-1: excluded"}),
            ),
            Break.NOBODY_ANNOUNCES,
            "node-1: excluded",
            id="condition-says-why-nobody",
        ),
        pytest.param(
            sight(
                Outcome.TIMED_OUT,
                Passage("node-1", MACS, (Step("ip kube-proxy", "firewall-X", "drop", "drop"),)),
                cluster=with_service(source_ranges=("10.0.0.0/8",)),
            ),
            Break.SOURCE_RANGE,
            "(10.0.0.0/8)",
            id="kube-proxy's-firewall",
        ),
        pytest.param(
            sight(
                Outcome.TIMED_OUT, Passage("node-1", MACS, (DROP,)), cluster=with_service(local_policy=True)
            ),
            Break.NO_LOCAL_ENDPOINT,
            "node-2 has",
            id="local",
        ),
        pytest.param(
            sight(Outcome.TIMED_OUT, Passage("node-2", MACS, (DROP,))),
            Break.DENIED,
            "not of its making",
            id="somebody-else's-rule",
        ),
        pytest.param(
            sight(
                Outcome.TIMED_OUT,
                Passage("node-1", MACS, (), None, POD),
                Passage("node-2", {}, (ISOLATED,), None, POD),
            ),
            Break.POLICY,
            "pod default/web-1 for ingress, and none lets this pass (kubectl get networkpolicies -n default)",
            id="policy-of-a-pod-on-another-node",
        ),
        pytest.param(
            sight(Outcome.TIMED_OUT, Passage("node-1", MACS, (), None, POD)),
            Break.POD_SILENT,
            "pod default/web-1 does not answer on 10.244.2.2:8080",
            id="silent",
        ),
        pytest.param(
            sight(Outcome.REFUSED, Passage("node-1", MACS, (), None, POD)),
            Break.POD_REFUSES,
            "nothing listens on 10.244.2.2:8080",
            id="refuses",
        ),
        pytest.param(
            sight(Outcome.TIMED_OUT, Passage("node-1", MACS), cluster=with_service(ports=())),
            Break.WRONG_PORT,
            "has no port tcp/80",
            id="wrong-port",
        ),
        pytest.param(
            sight(Outcome.REFUSED, cluster=Cluster((), {}, {})),
            Break.NO_SERVICE,
            "no Service has",
            id="nobody's",
        ),
    ],
)
def test_a_broken_chain_has_one_reason(seen, why, text):
    """The kernels' word first, the API's for the reason."""
    story = explain(seen)

    assert story.broken is not None
    assert story.broken.why is why
    assert text in story.broken.text
    assert as_json(story)["connected"] is False


@pytest.mark.parametrize(
    ("source", "host", "changes", "why", "text"),
    [
        pytest.param(
            "client", "web", {"type": "ClusterIP"}, Break.NO_ADDRESS, "type is ClusterIP", id="type"
        ),
        pytest.param("client", "web", {}, Break.NO_ADDRESS, "none has been assigned", id="not-yet"),
        pytest.param("client", "web", {"alias": "db.example"}, Break.NO_SUCH_NAME, "only pods", id="alias"),
        pytest.param(
            "default/a", "web", {"alias": "db.example"}, Break.NO_SUCH_NAME, "of db.example", id="pod-alias"
        ),
        pytest.param("default/a", "web", {"ips": ()}, Break.NO_ENDPOINTS, "headless", id="pod-headless"),
        pytest.param("default/a", "web", {}, Break.NO_SUCH_NAME, "though there is", id="pod-without-dns"),
        pytest.param("team/a", "web", {}, Break.NO_SUCH_NAME, "web: no such name", id="pod-elsewhere"),
    ],
)
def test_a_name_without_an_address_says_what_it_names(source, host, changes, why, text):
    """A pod's short name is of its own namespace; a host's of the namespace default."""
    attempt = Attempt(Outcome.NO_NAME, 0.0)
    story = explain(Sight(source, Target(host, 80), with_service(**changes), attempt))

    assert story.broken is not None
    assert story.broken.why is why
    assert text in story.broken.text


def test_a_pod_reached_by_its_own_address_is_told_once():
    """Both nodes know of the packet; no rule and no Service is in its way."""
    flow = Flow(End("10.244.1.9", 40000), POD, Protocol.TCP)
    passages = tuple(
        Passage(node, MACS, (), Tracked(POD, flow.source, True)) for node in ("node-1", "node-2")
    )
    told = [
        explain(Sight("default/a", Target(POD.ip, POD.port), CLUSTER, Attempt(outcome, 0.1), flow, passages))
        for outcome in (Outcome.CONNECTED, Outcome.REFUSED)
    ]

    assert [[hop.stage for hop in story.hops] for story in told] == [[Stage.POD, Stage.ANSWER], [Stage.POD]]
    assert told[1].broken is not None
    assert told[1].broken.why is Break.POD_REFUSES


@pytest.mark.parametrize(
    ("host", "key"),
    [("web", "default/web"), ("web.team", "team/web"), ("web.team.svc.cluster.local", "team/web")],
)
def test_a_name_is_a_services(host, key):
    """As DNS would have it in the namespace default."""
    assert service_key(host) == key


def test_a_node_port_is_found_on_nodes_only():
    """The same number on another host is nobody's."""
    on_node = Flow(CLIENT, End("192.168.10.11", 30080), Protocol.TCP)
    elsewhere = Flow(CLIENT, End("192.168.10.99", 30080), Protocol.TCP)

    assert service_at(CLUSTER, on_node) == (WEB, PORT)
    assert service_at(CLUSTER, elsewhere) == (None, None)


ENDS = st.sampled_from([VIP, POD, CLIENT, End("192.168.10.11", 1), End("fd00::1", 80)])
STEPS = st.builds(Step, st.text(max_size=5), st.text(max_size=9), st.text(max_size=9), st.text(max_size=9))
PASSAGES = st.builds(
    Passage,
    st.sampled_from(["node-1", "node-2"]),
    st.just(MACS),
    st.lists(STEPS, max_size=3).map(tuple),
    st.none() | st.builds(Tracked, ENDS, ENDS, st.booleans()),
    st.none() | ENDS,
)


@given(st.sampled_from(Outcome), st.lists(PASSAGES, max_size=3), st.booleans())
def test_any_sight_has_a_story(outcome, passages, asked):
    """It is told without an error, and it is broken exactly where the attempt failed."""
    story = explain(sight(outcome, *passages, asked=asked))

    assert (story.broken is None) == (outcome is Outcome.CONNECTED)
    assert as_text(story)


FRONT, NODE_PORT = End("198.18.0.3", 80), End("10.0.1.11", 30080)
BEHIND = Flow(CLIENT, NODE_PORT, Protocol.TCP)  # what an edge that translates makes of it
IN_A_CLOUD = Cluster((WEB,), CLUSTER.pods, {"10.0.1.11": "node-1"})


def through_an_edge(outcome, *passages):
    flow = Flow(CLIENT, FRONT, Protocol.TCP)
    attempt = Attempt(outcome, 0.001)
    return explain(Sight("client", Target(FRONT.ip, 80), IN_A_CLOUD, attempt, flow, passages))


def test_a_balancer_that_translates_is_a_hop():
    """It comes first, the node tells of what came to it, and the answer passes the balancer last."""
    edge = Passage("edge", {}, (), Tracked(NODE_PORT, CLIENT, answered=True), is_edge=True)
    node = Passage("node-1", MACS, (), Tracked(POD, CLIENT, answered=True), arrived_as=BEHIND)
    story = through_an_edge(Outcome.CONNECTED, edge, node)

    assert [(hop.where, hop.stage) for hop in story.hops] == [
        ("edge", Stage.DNAT),
        ("node-1", Stage.DNAT),
        ("node-2", Stage.POD),
        ("node-1", Stage.BACK),
        ("edge", Stage.BACK),
        ("client", Stage.ANSWER),
    ]
    assert story.hops[1].text == "DNAT 10.0.1.11:30080 -> 10.244.2.2:8080"


def test_a_balancer_that_is_a_proxy_is_a_hop():
    """The node tells of the connection that the balancer made, and the pod of it, too."""
    own = Flow(End("10.0.1.4", 40_000), NODE_PORT, Protocol.TCP)
    edge = Passage("edge", {}, (), Tracked(FRONT, CLIENT, answered=True), is_edge=True, relayed=own)
    node = Passage("node-1", MACS, (), Tracked(POD, own.source, answered=True), arrived_as=own)
    story = through_an_edge(Outcome.CONNECTED, edge, node)
    assert [(hop.where, hop.stage) for hop in story.hops] == [
        ("edge", Stage.PROXY),
        ("node-1", Stage.DNAT),
        ("node-2", Stage.POD),
        ("node-1", Stage.BACK),
        ("client", Stage.ANSWER),
    ]
    assert story.hops[0].text.endswith("makes one of its own: 10.0.1.4:40000 -> 10.0.1.11:30080")
    assert story.hops[3].text.endswith("goes on as 10.0.1.11:30080 -> 10.0.1.4:40000")


def test_a_proxy_that_says_nothing_of_its_connection():
    """What it does with the connection is its own then."""
    edge = Passage("edge", {}, (), Tracked(FRONT, CLIENT, answered=True), is_edge=True)
    story = through_an_edge(Outcome.CONNECTED, edge)
    assert [(hop.where, hop.stage) for hop in story.hops] == [
        ("edge", Stage.PROXY),
        ("client", Stage.ANSWER),
    ]


def test_an_edge_that_sends_it_on_to_nobody_is_where_it_breaks():
    """An address without a balancer, or a balancer without a target there: no proxy took the connection."""
    story = through_an_edge(Outcome.REFUSED, Passage("edge", {}, (), sent_to=FRONT, is_edge=True))
    assert story.hops == ()
    assert (story.broken.where, story.broken.why) == ("edge", Break.NO_TARGET)
    assert story.broken.text == (
        "refused: no balancer listens on 198.18.0.3:80, or it has no healthy target there"
    )


def test_a_proxy_that_takes_a_connection_and_gives_nothing_back():
    """That it took it is told, and that no target answered."""
    edge = Passage("edge", {}, (), Tracked(FRONT, CLIENT, answered=True), is_edge=True)
    story = through_an_edge(Outcome.RESET, edge)
    assert [hop.stage for hop in story.hops] == [Stage.PROXY]
    assert story.broken.text.endswith("took the connection to 198.18.0.3:80, and no target answered it")


def test_a_connection_without_an_http_answer_is_told_as_such():
    """A proxy takes connections also where no target is healthy: curl says 'Empty reply from server'."""
    flow = Flow(CLIENT, FRONT, Protocol.TCP)
    edge = Passage("edge", {}, (), Tracked(FRONT, CLIENT, answered=True), is_edge=True)
    target, attempt = Target(FRONT.ip, 80, path="/"), Attempt(Outcome.CONNECTED, 0.001)
    story = explain(Sight("client", target, IN_A_CLOUD, attempt, flow, (edge,)))
    assert story.hops[-1].text == "connected, but without an HTTP answer, after 1.0 ms"


def test_a_security_group_that_drops_is_named():
    """At the edge nothing else does."""
    step = Step("ip mockcloud-edge", "groups-1002", "drop", "drop")
    story = through_an_edge(Outcome.TIMED_OUT, Passage("edge", {}, (step,), is_edge=True))
    assert (story.broken.where, story.broken.why) == ("edge", Break.DENIED)
    assert story.broken.text.endswith(f"no security group there lets in {CLIENT.ip}")


def test_a_pod_that_refuses_behind_a_balancer():
    """The node's word counts, not that of the edge, which sent it on."""
    edge = Passage("edge", {}, (), Tracked(NODE_PORT, CLIENT, answered=True), is_edge=True)
    node = Passage("node-1", MACS, (), Tracked(POD, CLIENT, answered=True), arrived_as=BEHIND)
    story = through_an_edge(Outcome.REFUSED, edge, node)
    assert (story.broken.where, story.broken.why) == ("node-2", Break.POD_REFUSES)
