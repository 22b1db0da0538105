"""Whatever is asked in whatever order: nothing leaks, nothing is had twice, and what was kept is what is."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core import addresses, balancers, instances, networks
from mockcloud.cloud.core.addresses import NewAddress
from mockcloud.cloud.core.balancers import NewBalancer
from mockcloud.cloud.core.catalogue import QUOTAS, Catalogue
from mockcloud.cloud.core.instances import NewInstance
from mockcloud.cloud.core.networks import NewNetwork
from mockcloud.cloud.core.refusal import Refusal
from mockcloud.cloud.core.state import State
from mockcloud.cloud.core.values import (
    Address,
    Balancer,
    Family,
    HealthCheck,
    HolderKind,
    Instance,
    InstanceTarget,
    Listener,
    Network,
    Protocol,
    ResourceKind,
    Subnet,
    Use,
)
from mockcloud.cloud.journal import SqliteJournal
from mockcloud.cloud.service import CloudService

MOST = 6
LIMITED = Catalogue(quotas={**QUOTAS, ResourceKind.BALANCER: MOST, ResourceKind.INSTANCE: MOST})
NAMES = st.sampled_from([f"n{number}" for number in range(10)])
IDS = st.integers(1001, 1010)
PORTS = st.integers(1, 8)


def listener(port: int) -> Listener:
    return Listener(Protocol.TCP, port, 30_000, HealthCheck(Protocol.TCP, 30_000))


class Histories(RuleBasedStateMachine):
    """A cloud whose operations take three seconds; what it refuses changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.journal = SqliteJournal(Path(":memory:"))
        self.cloud = CloudService(
            Clock(lambda: self.seconds, 1_000.0), LIMITED, self.journal, operation_seconds=3.0
        )
        self.ids_given: dict[ResourceKind, int] = {}

    def teardown(self) -> None:
        self.journal.close()

    def attempt(self, command) -> None:
        before = self.cloud.state
        try:
            self.cloud.run(command)
        except Refusal:
            assert self.cloud.state is before

    @rule(name=NAMES, networks_=st.lists(IDS, max_size=2))
    def make_instance(self, name, networks_):
        wanted = NewInstance(name, "cx22", "debian-12", "fsn1", networks=networks_)
        self.attempt(lambda draft: instances.create(draft, wanted, LIMITED))

    @rule(name=NAMES, network=st.none() | IDS, ports=st.lists(PORTS, max_size=7))
    def make_balancer(self, name, network, ports):
        wanted = NewBalancer(
            name, "lb11", "fsn1", listeners=[listener(port) for port in ports], network=network
        )
        self.attempt(lambda draft: balancers.create(draft, wanted, LIMITED))

    @rule(name=NAMES)
    def make_network(self, name):
        parts = (Subnet(IPv4Network("10.0.0.0/29"), "eu-central"),)
        wanted = NewNetwork(name, IPv4Network("10.0.0.0/16"), parts)
        self.attempt(lambda draft: networks.create(draft, wanted, LIMITED))

    @rule(number=IDS, instance=IDS, private=st.booleans())
    def add_target(self, number, instance, private):
        target = InstanceTarget(instance, private)
        self.attempt(
            lambda draft: balancers.add_target(draft, draft.state.get(Balancer, number), target, LIMITED)
        )

    @rule(number=IDS, port=PORTS)
    def add_listener(self, number, port):
        self.attempt(
            lambda draft: balancers.add_listener(
                draft, draft.state.get(Balancer, number), listener(port), LIMITED
            )
        )

    @rule(number=IDS, network=IDS, ip=st.none() | st.sampled_from(["10.0.0.3", "10.0.0.4", "10.0.0.1"]))
    def attach(self, number, network, ip):
        wanted = IPv4Address(ip) if ip else None
        self.attempt(
            lambda draft: instances.attach(
                draft, draft.state.get(Instance, number), draft.state.get(Network, network), wanted
            )
        )

    @rule(number=IDS, holder=IDS)
    def move_address(self, number, holder):
        def command(draft):
            made = addresses.allocate(draft, NewAddress(Use.FLOATING, Family.V4, "fsn1"), LIMITED)
            addresses.give(draft, made, draft.state.get(Instance, holder))

        self.attempt(command)
        self.attempt(lambda draft: addresses.take_back(draft, draft.state.get(Address, number)))

    @rule(kind=st.sampled_from([Instance, Balancer, Network, Address]), number=IDS)
    def delete(self, kind, number):
        delete = {
            Instance: instances.delete,
            Balancer: balancers.delete,
            Network: networks.delete,
            Address: addresses.release,
        }[kind]
        self.attempt(lambda draft: delete(draft, draft.state.get(kind, number)))

    @rule(seconds=st.floats(0, 5))
    def wait(self, seconds):
        self.seconds += seconds

    @invariant()
    def nobody_has_what_another_has(self):
        state = self.cloud.state
        for kind in (ResourceKind.INSTANCE, ResourceKind.BALANCER):
            assert len(state.tables[kind]) <= MOST
        public = [each.ip for each in state.all(Address)]
        assert len(public) == len(set(public))
        for network in state.all(Network):
            inside = [each.at(network.id) for each in state.all(Instance)]
            inside += [
                each.private.ip
                for each in state.all(Balancer)
                if each.private and each.private.network == network.id
            ]
            held = [ip for ip in inside if ip is not None]
            assert len(held) == len(set(held))
            assert all(any(ip in part.range for part in network.subnets) for ip in held)

    @invariant()
    def both_sides_agree_on_who_holds_an_address(self):
        state = self.cloud.state
        for holder, kind in [(each, HolderKind.INSTANCE) for each in state.all(Instance)] + [
            (each, HolderKind.BALANCER) for each in state.all(Balancer)
        ]:
            for address in state.addresses_of(holder).values():
                assert address.holder is not None
                assert (address.holder.kind, address.holder.id) == (kind, holder.id)
        for address in state.all(Address):
            if address.holder is not None:
                made = Instance if address.holder.kind is HolderKind.INSTANCE else Balancer
                assert state.find(made, address.holder.id) is not None

    @invariant()
    def balancers_name_only_what_there_is(self):
        state = self.cloud.state
        for balancer in state.all(Balancer):
            assert len({each.port for each in balancer.listeners}) == len(balancer.listeners)
            for target in balancer.targets:
                assert isinstance(target, InstanceTarget)
                assert state.find(Instance, target.instance) is not None

    @invariant()
    def what_was_kept_is_what_there_is(self):
        kept, state = self.journal.load(), self.cloud.state
        assert kept.tables == state.tables
        assert kept.next_ids == state.next_ids

    @invariant()
    def no_id_is_given_twice(self):
        for kind, number in self.cloud.state.next_ids.items():
            assert number >= self.ids_given.get(kind, 0)
            self.ids_given[kind] = number


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def test_an_empty_state_is_the_state_of_an_empty_journal():
    """So that a cloud without a file and one with a new file begin alike."""
    assert SqliteJournal(Path(":memory:")).load() == State()
