"""Whatever is asked of AWS' balancers, in any order: nothing leaks, is had twice, or is lost."""

from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core import balancers as any_kind
from mockcloud.cloud.core import instances, networks
from mockcloud.cloud.core.catalogue import QUOTAS, Catalogue
from mockcloud.cloud.core.elastic import attributes, balancers, classic, frontends, groups, members, policies
from mockcloud.cloud.core.elastic.balancers import NewElastic, PlaceWish
from mockcloud.cloud.core.elastic.classic import ListenerWish
from mockcloud.cloud.core.elastic.frontends import NewFrontend
from mockcloud.cloud.core.elastic.groups import CheckWish, NewGroup
from mockcloud.cloud.core.elastic.health import target_health
from mockcloud.cloud.core.elastic.lookup import users_by_group
from mockcloud.cloud.core.elastic.members import MemberWish
from mockcloud.cloud.core.elastic_values import BalancerKind, Frontend, Policy, Protocol, TargetGroup
from mockcloud.cloud.core.health import Health
from mockcloud.cloud.core.instances import NewInstance
from mockcloud.cloud.core.networks import NewNetwork
from mockcloud.cloud.core.refusal import Refusal
from mockcloud.cloud.core.values import Address, Balancer, Instance, ResourceKind, Subnet
from mockcloud.cloud.journal import SqliteJournal
from mockcloud.cloud.service import CloudService
from tests.mockcloud.cloud.core.elastic.cloud import forward

MOST, MOST_MEMBERS, MOST_LISTENERS = 4, 3, 2
LIMITED = Catalogue(
    quotas={**QUOTAS, ResourceKind.BALANCER: MOST, ResourceKind.TARGET_GROUP: MOST},
    elastic_sizes=[
        replace(each, targets=MOST_MEMBERS + 1, listeners=MOST_LISTENERS)
        for each in Catalogue().elastic_sizes
    ],
    group_targets=MOST_MEMBERS,
)
ZONES = {"fsn1": IPv4Network("10.0.1.0/29"), "nbg1": IPv4Network("10.0.2.0/29")}
NAMES = st.sampled_from(["a", "b", "c"])
# Mostly what goes together, so that histories get somewhere.
KINDS = st.sampled_from([BalancerKind.NETWORK] * 4 + [BalancerKind.APPLICATION, BalancerKind.CLASSIC])
PROTOCOLS = st.sampled_from([Protocol.TCP] * 4 + [Protocol.UDP, Protocol.HTTP])
SOME = st.integers(0, 3)  # of what there is
IN = st.lists(st.sampled_from(list(ZONES)), min_size=1, max_size=2, unique=True)
PORTS = st.integers(80, 82)


PROXY = Policy("proxy", policies.PROXY_PROTOCOL, (("ProxyProtocol", "true"),))


def listeners(ports):
    return [ListenerWish(Protocol.TCP, port, port, Protocol.TCP) for port in ports]


def needs(*kinds):
    """A rule for when there is one of each of these."""
    return precondition(lambda self: all(self.cloud.state.all(each) for each in kinds))


class Histories(RuleBasedStateMachine):
    """Operations take three seconds; what is refused changes nothing; a restart loses nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.journal = SqliteJournal(Path(":memory:"))
        self.cloud = self.started()

    def started(self) -> CloudService:
        clock = Clock(lambda: self.seconds, 1_000.0 + self.seconds)
        return CloudService(clock, LIMITED, self.journal, operation_seconds=3.0)

    def teardown(self) -> None:
        self.journal.close()

    @property
    def now(self) -> float:
        return self.cloud.clock.now()

    @initialize()
    def make_network(self):
        wanted = NewNetwork(
            "vpc", IPv4Network("10.0.0.0/16"), [Subnet(each, "eu-central") for each in ZONES.values()]
        )
        self.network = self.cloud.run(lambda draft: networks.create(draft, wanted, LIMITED)).id
        for name in ("x", "y"):
            self.make_instance(name, "fsn1")
        self.seconds += 3.0
        self.make_balancer("a", BalancerKind.NETWORK, ["fsn1"], public=True)
        self.make_group("a", Protocol.TCP, 80)
        self.make_frontend(0, Protocol.TCP, 80, 0)
        self.register(0, 0, None)

    def attempt(self, command) -> None:
        before = self.cloud.state
        try:
            self.cloud.run(command)
        except Refusal:
            assert self.cloud.state is before

    def some(self, kind, number):
        """The id of one of a kind, if there is any."""
        there = self.cloud.state.all(kind)
        return there[number % len(there)].id if there else 4711

    def places(self, zones):
        return [PlaceWish(zone, self.network, ZONES[zone]) for zone in zones]

    @rule(name=NAMES, zone=st.sampled_from(list(ZONES)))
    def make_instance(self, name, zone):
        wanted = NewInstance(name, "cx22", "debian-12", zone, networks=[self.network], public={})
        self.attempt(lambda draft: instances.create(draft, wanted, LIMITED))

    @rule(name=NAMES, kind=KINDS, zones=IN, public=st.booleans())
    def make_balancer(self, name, kind, zones, public):
        wanted = NewElastic(name, kind, self.places(zones), public)
        self.attempt(lambda draft: balancers.create(draft, wanted, LIMITED))

    @rule(name=NAMES, protocol=PROTOCOLS, port=PORTS)
    def make_group(self, name, protocol, port):
        wanted = NewGroup(name, protocol, port, self.network)
        self.attempt(lambda draft: groups.create(draft, wanted, LIMITED))

    @needs(Balancer, TargetGroup)
    @rule(balancer=SOME, protocol=PROTOCOLS, port=PORTS, group=SOME)
    def make_frontend(self, balancer, protocol, port, group):
        wanted = NewFrontend(protocol, port, forward(self.some(TargetGroup, group)))
        number = self.some(Balancer, balancer)
        self.attempt(
            lambda draft: frontends.create(draft, draft.state.get(Balancer, number), wanted, LIMITED)
        )

    @needs(Frontend, TargetGroup)
    @rule(number=SOME, port=PORTS, group=SOME)
    def modify_frontend(self, number, port, group):
        action = forward(self.some(TargetGroup, group))
        number = self.some(Frontend, number)

        def command(draft):
            before = draft.state.get(Frontend, number)
            frontends.modify(draft, before, replace(before, port=port, action=action), LIMITED)

        self.attempt(command)

    @needs(TargetGroup, Instance)
    @rule(number=SOME, instance=SOME, port=st.none() | PORTS)
    def register(self, number, instance, port):
        wishes = [MemberWish(self.some(Instance, instance), port)]
        number = self.some(TargetGroup, number)
        self.attempt(
            lambda draft: members.register(draft, draft.state.get(TargetGroup, number), wishes, LIMITED)
        )

    @needs(TargetGroup, Instance)
    @rule(number=SOME, instance=SOME, port=st.none() | PORTS)
    def deregister(self, number, instance, port):
        wishes = [MemberWish(self.some(Instance, instance), port)]
        number = self.some(TargetGroup, number)
        self.attempt(lambda draft: members.deregister(draft, draft.state.get(TargetGroup, number), wishes))

    @rule(name=NAMES, ports=st.lists(PORTS, min_size=1, max_size=3), zones=IN)
    def make_classic(self, name, ports, zones):
        wanted = NewElastic(name, BalancerKind.CLASSIC, self.places(zones))
        self.attempt(lambda draft: classic.create(draft, wanted, listeners(ports), LIMITED))

    @rule(name=NAMES, ports=st.lists(PORTS, max_size=3), adds=st.booleans())
    def change_classic_listeners(self, name, ports, adds):
        def command(draft):
            balancer = classic.named(draft.state, name)
            if adds:
                classic.add_listeners(draft, balancer, listeners(ports), LIMITED)
            else:
                classic.delete_listeners(draft, balancer, ports)

        self.attempt(command)

    @rule(name=NAMES, numbers=st.lists(SOME, min_size=1, max_size=2), adds=st.booleans())
    def change_classic_instances(self, name, numbers, adds):
        numbers = [self.some(Instance, each) for each in numbers]

        def command(draft):
            balancer = classic.named(draft.state, name)
            if adds:
                classic.register(draft, balancer, numbers, LIMITED)
            else:
                classic.deregister(draft, balancer, numbers)

        self.attempt(command)

    @rule(name=NAMES, port=PORTS, on=st.booleans())
    def change_classic_policies(self, name, port, on):
        def command(draft):
            balancer = policies.create(draft, classic.named(draft.state, name), PROXY)
            balancer = balancers.change_attributes(draft, balancer, {attributes.DRAINING: "true"})
            policies.give_to_port(draft, balancer, port, [PROXY.name] if on else [])

        self.attempt(command)

    @needs(Balancer)
    @rule(number=SOME, zones=IN)
    def move(self, number, zones):
        number = self.some(Balancer, number)
        self.attempt(
            lambda draft: balancers.set_places(
                draft, draft.state.get(Balancer, number), self.places(zones), LIMITED
            )
        )

    @needs(Balancer)
    @rule(number=SOME, value=st.sampled_from(["true", "false", "false"]))
    def protect(self, number, value):
        given, number = {attributes.PROTECTION: value}, self.some(Balancer, number)
        self.attempt(
            lambda draft: balancers.change_attributes(draft, draft.state.get(Balancer, number), given)
        )

    @needs(TargetGroup)
    @rule(number=SOME, value=st.integers(0, 4))
    def change_delay(self, number, value):
        given, number = {attributes.DELAY: str(value)}, self.some(TargetGroup, number)
        self.attempt(
            lambda draft: groups.change_attributes(draft, draft.state.get(TargetGroup, number), given)
        )

    @needs(TargetGroup)
    @rule(number=SOME, interval=st.integers(5, 300))
    def change_check(self, number, interval):
        wish, number = CheckWish(interval=interval), self.some(TargetGroup, number)
        self.attempt(lambda draft: groups.modify_check(draft, draft.state.get(TargetGroup, number), wish))

    @rule(kind=st.sampled_from([Balancer, TargetGroup, Frontend, Instance]), number=SOME)
    def delete(self, kind, number):
        delete = {
            Balancer: any_kind.delete,
            TargetGroup: groups.delete,
            Frontend: frontends.delete,
            Instance: instances.delete,
        }[kind]
        number = self.some(kind, number)
        self.attempt(lambda draft: delete(draft, draft.state.get(kind, number)))

    @needs(Instance)
    @rule(number=SOME)
    def stop(self, number):
        number = self.some(Instance, number)
        self.attempt(lambda draft: instances.order(draft, draft.state.get(Instance, number), "stop_server"))

    @rule(seconds=st.floats(0, 5))
    def wait(self, seconds):
        self.seconds += seconds

    @rule()
    def restart(self):
        before = self.cloud.state
        self.cloud = self.started()
        assert self.cloud.state == before

    @invariant()
    def quotas_hold(self):
        state = self.cloud.state
        assert len(state.all(Balancer)) <= MOST
        assert len(state.all(TargetGroup)) <= MOST
        for balancer in state.all(Balancer):
            assert len(balancer.listeners) <= MOST_LISTENERS
            assert len(balancer.targets) <= MOST_MEMBERS + 1
            mine = [each for each in state.all(Frontend) if each.balancer == balancer.id]
            assert len(mine) <= MOST_LISTENERS
            used = {number for each in mine for number in each.groups}
            held = [len(state.get(TargetGroup, number).present(self.now)) for number in used]
            assert sum(held) <= MOST_MEMBERS + 1
        assert all(len(each.members) <= MOST_MEMBERS for each in state.all(TargetGroup))

    @invariant()
    def nothing_is_left_of_what_is_gone(self):
        state = self.cloud.state
        for frontend in state.all(Frontend):
            assert state.find(Balancer, frontend.balancer) is not None
            assert all(state.find(TargetGroup, number) is not None for number in frontend.groups)
        for group in state.all(TargetGroup):
            for member in group.members:
                assert state.find(Instance, member.instance) is not None
        for balancer in state.all(Balancer):
            for number in (*classic.instances_of(balancer), *(each.instance for each in balancer.leavers)):
                assert state.find(Instance, number) is not None
        places = [place for each in state.all(Balancer) for place in each.places]
        held = {each.address for each in places if each.address is not None}
        assert {each.id for each in state.all(Address)} == held

    @invariant()
    def nothing_is_had_twice(self):
        state = self.cloud.state
        assert all(len(users) == 1 for users in users_by_group(state).values())
        for balancer in state.all(Balancer):
            ports = [each.port for each in state.all(Frontend) if each.balancer == balancer.id]
            ports += [each.port for each in balancer.listeners]
            assert len({each.check for each in balancer.listeners}) <= 1
            drains = {each.instance for each in balancer.leavers if self.now < each.until}
            assert drains.isdisjoint(classic.instances_of(balancer))
            assert len(balancer.targets) == len(set(balancer.targets))
            assert len(ports) == len(set(ports))
            assert len({each.zone for each in balancer.places}) == len(balancer.places) > 0
        names = [(each.name, each.kind.has_groups) for each in state.all(Balancer)]
        assert len(names) == len(set(names))
        names = [each.name for each in state.all(TargetGroup)]
        assert len(names) == len(set(names))
        for group in state.all(TargetGroup):
            assert len({each.gist for each in group.members}) == len(group.members)
        inside = [each.at(self.network) for each in state.all(Instance)]
        inside += [place.ip for each in state.all(Balancer) for place in each.places]
        assert len(inside) == len(set(inside))

    @invariant()
    def every_target_has_a_state(self):
        state = self.cloud.state
        for group in state.all(TargetGroup):
            for member in group.members:
                assert target_health(state, group, member, Health(), self.now).state

    @invariant()
    def what_was_kept_is_what_there_is(self):
        kept, state = self.journal.load(), self.cloud.state
        assert kept.tables == state.tables
        assert kept.next_ids == state.next_ids


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
