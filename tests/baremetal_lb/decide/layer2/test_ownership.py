"""The speaker's view: what it announces after each thing it sees."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.eligibility import (
    Speaker,
)
from baremetal_lb.decide.layer2.election import rank
from baremetal_lb.decide.layer2.ownership import Decision, Ownership
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.announcements import NodeOut, Standing
from baremetal_lb.model.api_names import (
    EXCLUDE_LABEL,
)
from baremetal_lb.model.membership import MemberState, Uplink
from baremetal_lb.model.membership import View as Members
from baremetal_lb.model.nodes import NodeView, SliceView
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.pools import PoolConfig
from baremetal_lb.model.services import Condition, PortName, ServiceStatus, ServiceView, TrafficPolicy

NODES = ("node-1", "node-2", "node-3")
POOLS = parse_config(
    """
address-pools:
- {name: lan, protocol: layer2, addresses: [192.0.2.0/24, "2001:db8::/64"]}
- {name: routed, protocol: bgp, addresses: [198.51.100.0/24]}
"""
)
VIP, VIP_6 = "192.0.2.200", "2001:db8::200"
LOCAL = TrafficPolicy.LOCAL


def key(name: str) -> ObjectKey:
    return ObjectKey("default", name)


def service(name: str, *addresses: str, **changes) -> ServiceView:
    fields = {"uid": name, "version": "1", "created": "", "is_load_balancer": True}
    status = ServiceStatus(tuple(map(ip_address, addresses)))
    return ServiceView(key=key(name), status=status, **fields | changes)


def endpoints(name: str, *nodes: str, part: str = "a") -> SliceView:
    return SliceView(key(f"{name}-{part}"), key(name), frozenset(nodes))


@dataclass
class View:
    """An Ownership that has seen NODES and POOLS; it keeps what was seen, as a watch does."""

    ownership: Ownership
    services: dict[ObjectKey, ServiceView] = field(default_factory=dict)
    slices: dict[ObjectKey, SliceView] = field(default_factory=dict)

    @classmethod
    def of(cls, node: str, nodes: Iterable[str] = NODES, **speaker) -> "View":
        view = cls(Ownership(Speaker(node, **speaker)))
        view.ownership.see_pools(POOLS)
        for name in nodes:
            view.ownership.see_node(name, NodeView(name))
        return view

    def sees(self, *things: ServiceView | SliceView | NodeView) -> Decision:
        for thing in things:
            match thing:
                case ServiceView():
                    self.ownership.see_service(self.services.get(thing.key), thing)
                    self.services[thing.key] = thing
                case SliceView():
                    self.ownership.see_slice(self.slices.get(thing.key), thing)
                    self.slices[thing.key] = thing
                case NodeView():
                    self.ownership.see_node(thing.name, thing)
        return self.ownership.decide()

    def loses(self, thing: ServiceView | SliceView | NodeView) -> Decision:
        match thing:
            case ServiceView():
                self.ownership.see_service(self.services.pop(thing.key), None)
            case SliceView():
                self.ownership.see_slice(self.slices.pop(thing.key), None)
            case NodeView():
                self.ownership.see_node(thing.name, None)
        return self.ownership.decide()

    def stands(self, name: str) -> tuple[Standing, str | None]:
        verdict = self.ownership.verdicts[key(name)]
        return verdict.standing, verdict.owner

    def announced(self) -> set[str]:
        return set(map(str, self.ownership.announced()))


def gist(ruling: Decision) -> tuple[set[str], set[str]]:
    return set(map(str, ruling.won)), set(map(str, ruling.lost))


OWNER = rank(NODES, ip_address(VIP))[0]
HEIR = rank(NODES, ip_address(VIP))[1]


def test_the_newest_version_that_counted_is_known() -> None:
    """Of Services that we announce, for the report; also where nothing but the version changed."""
    view = View.of(OWNER)
    view.sees(service("a", VIP), endpoints("a", "node-1"))
    view.sees(replace(service("a", VIP), version="12"), replace(service("b"), version="15"))
    assert view.ownership.newest == 12
    view.loses(service("a", VIP))
    assert view.ownership.newest == 12


def test_exactly_the_owner_wins_and_everybody_names_it() -> None:
    """Three speakers with one view: one announces, the others know who."""
    views = {name: View.of(name) for name in NODES}
    won = {
        name: gist(view.sees(service("a", VIP), endpoints("a", "node-1")))[0] for name, view in views.items()
    }
    assert won == {name: {VIP} if name == OWNER else set() for name in NODES}
    for name, view in views.items():
        assert view.stands("a") == (Standing.ANNOUNCED if name == OWNER else Standing.OTHER_NODE, OWNER)


def test_pass_that_changes_nothing_rules_nothing() -> None:
    """Neither the same things again, nor a node's label, nor a second slice move anything."""
    view = View.of(OWNER)
    view.sees(service("a", VIP), endpoints("a", "node-1"))
    assert view.sees() == Decision()
    assert view.sees(service("a", VIP, version="2"), NodeView("node-1", labels={"zone": "b"})) == Decision()
    assert view.sees(endpoints("a", "node-2", part="b")) == Decision()
    view.ownership.see_pools(POOLS)
    assert view.ownership.decide() == Decision()


@pytest.mark.parametrize(
    ("changes", "addresses", "standing"),
    [
        pytest.param({"is_load_balancer": False}, [VIP], Standing.NOT_LOAD_BALANCER, id="no-load-balancer"),
        pytest.param({"load_balancer_class": "x/y"}, [VIP], Standing.OTHER_CLASS, id="other-class"),
        pytest.param({}, [], Standing.NO_ADDRESS, id="no-address-yet"),
        pytest.param({}, ["203.0.113.1"], Standing.NOT_IN_POOL, id="in-no-pool"),
        pytest.param({}, ["198.51.100.1"], Standing.NOT_IN_POOL, id="pool-of-another-protocol"),
    ],
)
def test_service_that_is_not_announced_says_why(changes, addresses, standing) -> None:
    """Each reason not to announce is a standing of its own."""
    view = View.of(OWNER)
    assert gist(view.sees(service("a", *addresses, **changes), endpoints("a", "node-1"))) == (set(), set())
    assert view.stands("a") == (standing, None)


def test_class_is_served_by_the_speaker_of_that_class_only() -> None:
    """With a class set, Services without one are left to others."""
    view = View.of("node-1", ["node-1"], load_balancer_class="x/y")
    view.sees(service("a", VIP, load_balancer_class="x/y"), endpoints("a", "node-1"))
    view.sees(service("b", "192.0.2.1"), endpoints("b", "node-1"))
    assert (view.stands("a")[0], view.stands("b")[0]) == (Standing.ANNOUNCED, Standing.OTHER_CLASS)


def test_service_without_endpoints_is_announced_by_nobody_until_it_has_one() -> None:
    """The address follows the first and the last endpoint, whichever slice has it."""
    view = View.of(OWNER)
    view.sees(service("a", VIP))
    assert view.stands("a") == (Standing.NO_ENDPOINTS, None)
    assert gist(view.sees(endpoints("a", "node-1"))) == ({VIP}, set())
    assert gist(view.sees(endpoints("a", "node-2", part="b"), endpoints("a"))) == (set(), set())
    assert gist(view.loses(endpoints("a", part="b"))) == (set(), {VIP})


def test_local_policy_needs_the_endpoint_on_the_node_and_says_where_it_lacks() -> None:
    """The owner is among the nodes with an endpoint; each other node is out for that reason."""
    view = View.of("node-1")
    view.sees(service("a", VIP, traffic_policy=LOCAL), endpoints("a", "node-2"))
    assert view.stands("a") == (Standing.OTHER_NODE, "node-2")
    out = view.ownership.verdicts[key("a")].out
    assert out == {"node-1": NodeOut.NO_LOCAL_ENDPOINT, "node-3": NodeOut.NO_LOCAL_ENDPOINT}
    view.sees(endpoints("a", "node-9"))
    assert view.stands("a") == (Standing.NO_NODE, None)


@pytest.mark.parametrize(
    "out",
    [
        pytest.param(NodeView(OWNER, ready=False), id="not-ready"),
        pytest.param(NodeView(OWNER, network_unavailable=True), id="no-network"),
        pytest.param(NodeView(OWNER, labels={EXCLUDE_LABEL: "true"}), id="excluded"),
        pytest.param(None, id="deleted"),
    ],
)
def test_address_moves_from_a_node_that_falls_out_and_back(out: NodeView | None) -> None:
    """Both sides rule at once: the old owner loses, the next in rank wins; and back again."""
    old, new = View.of(OWNER), View.of(HEIR)
    for view in (old, new):
        view.sees(service("a", VIP), endpoints("a", "node-1"))
    fall = [view.sees(out) if out else view.loses(NodeView(OWNER)) for view in (old, new)]
    assert [gist(each) for each in fall] == [(set(), {VIP}), ({VIP}, set())]
    back = [view.sees(NodeView(OWNER)) for view in (old, new)]
    assert [gist(each) for each in back] == [({VIP}, set()), (set(), {VIP})]


def test_both_families_of_a_service_stay_together() -> None:
    """The IPv4 address decides for both, whatever the order in the status."""
    for addresses in ((VIP, VIP_6), (VIP_6, VIP)):
        view = View.of(OWNER)
        assert gist(view.sees(service("a", *addresses), endpoints("a", "node-1"))) == ({VIP, VIP_6}, set())


def test_services_that_share_an_address_have_one_owner_until_the_last_one_goes() -> None:
    """Two Services on one address: it is announced once, and lost with the second only."""
    view = View.of(OWNER)
    assert gist(view.sees(service("a", VIP), endpoints("a", "node-1"))) == ({VIP}, set())
    assert gist(view.sees(service("b", VIP), endpoints("b", "node-2"))) == (set(), set())
    assert view.stands("a") == view.stands("b")
    assert gist(view.loses(service("a"))) == (set(), set())
    assert key("a") not in view.ownership.verdicts
    assert gist(view.loses(service("b"))) == (set(), {VIP})


def test_services_linked_by_a_third_go_together_and_part_with_it() -> None:
    """a and c share nothing, but b shares with both: one owner for all while b is there."""
    low, high = "192.0.2.1", "192.0.2.2"
    views = {name: View.of(name) for name in NODES}
    for view in views.values():
        view.sees(service("a", low), service("b", low, VIP_6), service("c", VIP_6, high))
        view.sees(*(endpoints(name, "node-1") for name in "abc"))
    owner = rank(NODES, ip_address(low))[0]
    assert {view.stands(name)[1] for view in views.values() for name in "abc"} == {owner}
    for view in views.values():
        view.loses(service("b"))
    assert views[owner].stands("c")[1] == rank(NODES, ip_address(high))[0]


def test_address_that_changes_hands_in_one_pass_is_neither_lost_nor_won() -> None:
    """One Service lets go what another gets: neighbours need not hear of it."""
    view = View.of(OWNER)
    view.sees(service("a", VIP), endpoints("a", "node-1"), endpoints("b", "node-1"))
    view.ownership.see_service(view.services.pop(key("a")), None)
    assert gist(view.sees(service("b", VIP))) == (set(), set())
    assert view.announced() == {VIP}


def test_pools_that_change_under_an_address_withdraw_it_and_bring_it_back() -> None:
    """Only what an accepted configuration has in a layer2 pool is announced."""
    view = View.of(OWNER)
    view.sees(service("a", VIP), endpoints("a", "node-1"))
    view.ownership.see_pools(PoolConfig())
    assert gist(view.ownership.decide()) == (set(), {VIP})
    view.ownership.see_pools(POOLS)
    assert gist(view.ownership.decide()) == ({VIP}, set())


GIVEN = Condition(True, "Allocated", "said by the controller")
TAKEN_BACK = Condition(False, "NoPools", "said by the controller")
NARROW = parse_config(
    """
address-pools:
- {name: lan, protocol: layer2, addresses: [203.0.113.0/24], interfaces: [eth1]}
- {name: routed, protocol: bgp, addresses: [198.51.100.0/24]}
"""
)


def handed_out(pool: str | None, condition: Condition | None = GIVEN) -> ServiceView:
    status = ServiceStatus((ip_address(VIP),), pool=pool, condition=condition)
    return replace(service("a"), status=status)


@pytest.mark.parametrize(
    ("left", "announced", "interfaces"),
    [
        pytest.param(handed_out("lan"), {VIP}, {"eth1"}, id="of-a-pool-that-has-others-now"),
        pytest.param(handed_out(None), {VIP}, {"eth0", "eth1"}, id="of-no-pool"),
        pytest.param(handed_out("gone"), {VIP}, {"eth0", "eth1"}, id="of-a-pool-that-is-gone"),
        pytest.param(handed_out("routed"), set(), set(), id="of-a-pool-of-another-protocol"),
        pytest.param(handed_out("lan", TAKEN_BACK), set(), set(), id="not-given"),
        pytest.param(handed_out("lan", None), set(), set(), id="nobody-says-anything"),
    ],
)
def test_what_the_controller_leaves_outside_of_pools_stays_announced(left, announced, interfaces) -> None:
    """As the pool says that it is of; and strangers are listened for on it, too."""
    view = View.of(OWNER)
    view.sees(left, endpoints("a", "node-1"))
    view.ownership.see_pools(NARROW)
    view.ownership.decide()
    address = ip_address(VIP)
    assert view.announced() == announced
    assert {each for each in ("eth0", "eth1") if view.ownership.reaches(address, each)} == interfaces
    assert any(address in each for each in view.ownership.ranges()) is bool(announced)


def test_slice_that_names_no_service_or_another_one_is_followed() -> None:
    """A slice may be relabelled: the Service that it leaves loses its endpoints."""
    view = View.of(OWNER)
    view.sees(service("a", VIP), SliceView(key("s"), None, frozenset({"node-1"})))
    assert view.stands("a")[0] is Standing.NO_ENDPOINTS
    assert gist(view.sees(SliceView(key("s"), key("a"), frozenset({"node-1"})))) == ({VIP}, set())
    assert gist(view.sees(SliceView(key("s"), key("b"), frozenset({"node-1"})))) == (set(), {VIP})


NAMES = st.sampled_from("abcd")
SOME_ADDRESSES = st.lists(st.sampled_from([VIP, "192.0.2.1", VIP_6, "203.0.113.1"]), unique=True, max_size=3)
STEPS = st.one_of(
    st.builds(
        lambda name, addresses, policy: service(name, *addresses, traffic_policy=policy),
        NAMES,
        SOME_ADDRESSES,
        st.sampled_from(TrafficPolicy),
    ),
    st.builds(lambda name, nodes: endpoints(name, *nodes), NAMES, st.sets(st.sampled_from(NODES))),
    st.builds(lambda name, ready: NodeView(name, ready=ready), st.sampled_from(NODES), st.booleans()),
    st.builds(lambda name: ("gone", name), NAMES),
)


@given(st.lists(STEPS, max_size=25))
def test_any_history_ends_as_if_its_end_had_been_seen_at_once(steps) -> None:
    """Piece by piece gives what all at once gives; won and lost add up; no address has two owners."""
    views = {name: View.of(name) for name in NODES}
    tally = {name: set() for name in NODES}
    owners = {name: {} for name in NODES}
    ready = {}
    for step in steps:
        for name, view in views.items():
            if isinstance(step, tuple):
                ruling = view.loses(service(step[1])) if key(step[1]) in view.services else Decision()
            else:
                ruling = view.sees(step)
                ready |= {step.name: step} if isinstance(step, NodeView) else {}
            assert not ruling.won & tally[name]
            assert ruling.lost <= tally[name]
            tally[name] = (tally[name] | ruling.won) - ruling.lost
            assert all(owners[name].get(each) != owner for each, owner in ruling.owners.items())
            owners[name] |= ruling.owners
    assert owners[NODES[0]] == owners[NODES[1]] == owners[NODES[2]]
    for name, view in views.items():
        assert {each for each, owner in owners[name].items() if owner == name} == tally[name]
        fresh = View.of(name)
        fresh.sees(*ready.values(), *view.services.values(), *view.slices.values())
        assert fresh.ownership.announced() == view.ownership.announced() == tally[name]
        for service_key in view.services:
            assert fresh.ownership.verdicts[service_key] == view.ownership.verdicts[service_key]
    announced = [address for addresses in tally.values() for address in addresses]
    assert len(announced) == len(set(announced))


def test_owner_without_an_interface_announces_nothing_and_says_so() -> None:
    """Never Announced for what is not on the wire; when the interface is back, so is the address."""
    view = View.of("node-1", ["node-1"])
    view.sees(service("web", VIP, VIP_6), endpoints("web", "node-1"))
    view.ownership.see_links(())
    ruling = view.ownership.decide()
    assert ruling.lost == {ip_address(VIP), ip_address(VIP_6)}
    verdict = view.ownership.verdicts[key("web")]
    assert (verdict.standing, verdict.owner) == (Standing.NO_INTERFACE, None)
    assert verdict.out == {"node-1": NodeOut.NO_INTERFACE}
    assert view.ownership.announced() == set()
    view.ownership.see_links(())
    assert view.ownership.decide() == Decision()
    view.ownership.see_links(["eth0"])
    assert view.ownership.decide().won == {ip_address(VIP), ip_address(VIP_6)}


def test_missing_interface_here_is_nothing_to_what_others_own() -> None:
    """The verdict on a Service of another node stays."""
    other = rank(NODES, ip_address(VIP))[0]
    view = View.of(next(each for each in NODES if each != other))
    view.sees(service("web", VIP), endpoints("web", *NODES))
    view.ownership.see_links(())
    assert view.ownership.decide() == Decision()
    assert view.ownership.verdicts[key("web")].owner == other


@pytest.mark.parametrize(
    ("ports", "standing"),
    [
        pytest.param({("web", "TCP")}, Standing.ANNOUNCED, id="the-same"),
        pytest.param({("web", "TCP"), ("x", "UDP")}, Standing.ANNOUNCED, id="one-of-two"),
        pytest.param({("web", "UDP")}, Standing.NO_ENDPOINTS, id="another-protocol"),
        pytest.param({("web-2", "TCP")}, Standing.NO_ENDPOINTS, id="another-name"),
        pytest.param(set(), Standing.NO_ENDPOINTS, id="no-ports"),
    ],
)
def test_an_endpoint_serves_only_ports_of_its_name_and_protocol(ports, standing):
    """kube-proxy passes it over, so an announced address would refuse."""
    names = frozenset(PortName(*each) for each in ports)
    web = service("a", VIP, port_names=frozenset({PortName("web", "TCP"), PortName("dns", "UDP")}))
    view = View.of(OWNER)
    view.sees(web, replace(endpoints("a", "node-1"), ports=names))
    assert view.stands("a")[0] is standing
    view.sees(replace(web, port_names=frozenset({PortName("sip", "SCTP")})))
    assert view.stands("a")[0] is Standing.NO_ENDPOINTS


def test_ipv6_goes_where_the_kernel_takes_it_and_ipv4_does_not_wait_for_that() -> None:
    """A node without it announces no IPv6 address; of two families it announces one rather than none."""
    off, on = Uplink("eth0", b"\2" * 6, ipv6=False), Uplink("eth0", b"\2" * 6)
    view = View.of(rank(NODES, ip_address(VIP))[0])
    states = dict.fromkeys(NODES, MemberState.ACTIVE)
    view.ownership.see_members(Members(states, dict.fromkeys(NODES, (off,))))
    view.sees(service("six", VIP_6), service("dual", VIP, str(ip_address(VIP_6) + 1)))
    view.sees(endpoints("six", *NODES), endpoints("dual", *NODES))
    assert view.ownership.verdicts[key("six")].out == dict.fromkeys(NODES, NodeOut.IPV6_OFF)
    assert view.stands("dual") == (Standing.ANNOUNCED, OWNER)
    other = next(each for each in NODES if each != OWNER)
    view.ownership.see_members(Members(states, {name: (on if name == other else off,) for name in NODES}))
    view.ownership.decide()
    assert [view.stands(name)[1] for name in ("six", "dual")] == [other, other]


def test_nothing_is_announced_while_that_is_held() -> None:
    """Each Service with an address of ours says so; what is held is withdrawn, and won again afterwards."""
    view = View.of("node-1", ["node-1"])
    won = view.sees(service("a", VIP), endpoints("a", "node-1")).won
    view.ownership.see_hold(True)
    decision = view.sees(service("b", "203.0.113.1"))
    assert (decision.lost, decision.won) == (won, frozenset())
    assert [view.stands(name)[0] for name in "ab"] == [Standing.HELD, Standing.NOT_IN_POOL]
    view.ownership.see_hold(False)
    assert view.sees().won == won


@pytest.mark.parametrize(
    ("release", "served_by", "standing"),
    [
        pytest.param("lb", None, Standing.ANNOUNCED, id="nobody-says"),
        pytest.param("lb", "lb", Standing.ANNOUNCED, id="ours"),
        pytest.param("lb", "other", Standing.OTHER_RELEASE, id="another-release's"),
        pytest.param("", "other", Standing.ANNOUNCED, id="whosever"),
    ],
)
def test_what_another_release_has_given_is_left_to_its_speakers(release, served_by, standing) -> None:
    """Two releases of one class would announce every address twice."""
    view = View.of("node-1", ["node-1"], release=release)
    status = ServiceStatus((ip_address(VIP),), served_by=served_by)
    view.sees(replace(service("a"), status=status), endpoints("a", "node-1"))
    assert view.stands("a")[0] is standing
