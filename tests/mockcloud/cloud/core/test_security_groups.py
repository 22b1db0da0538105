"""Security groups: random histories against the core, and what they let through."""

from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mockcloud.cloud.clock import Clock
from mockcloud.cloud.core import default_network, instances, networks, security_groups
from mockcloud.cloud.core.catalogue import QUOTAS, Catalogue
from mockcloud.cloud.core.instances import NewInstance
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.security_groups import NewGroup, Opening
from mockcloud.cloud.core.security_values import SecurityGroup, SecurityRule
from mockcloud.cloud.core.state import Draft, State
from mockcloud.cloud.core.values import Instance, Network, ResourceKind
from mockcloud.cloud.journal import SqliteJournal
from mockcloud.cloud.service import CloudService

MOST = 5
MOST_RULES = 7
LIMITED = Catalogue(quotas={**QUOTAS, ResourceKind.SECURITY_GROUP: MOST})
IDS = st.integers(1001, 1007)
RANGES = st.sampled_from([IPv4Network("0.0.0.0/0"), IPv4Network("10.0.0.0/8"), IPv6Network("::/0")])
PORTS = st.sampled_from([(80, 80), (443, 443), (30_000, 32_767)])


@st.composite
def rules(draw):
    """A rule for one peer."""
    first, last = draw(PORTS)
    peer = {"group": draw(IDS)} if draw(st.booleans()) else {"cidr": draw(RANGES)}
    return SecurityRule("tcp", first, last, **peer, description=draw(st.sampled_from(["", "why"])))


class Histories(RuleBasedStateMachine):
    """Groups in the default network; what is refused changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = SqliteJournal(Path(":memory:"))
        self.cloud = CloudService(Clock(lambda: 0.0, 1_000.0), LIMITED, self.journal)
        self.network = self.cloud.run(lambda draft: default_network.ensure(draft, LIMITED, "eu-central")).id

    def teardown(self) -> None:
        self.journal.close()

    def attempt(self, command) -> None:
        before = self.cloud.state
        try:
            self.cloud.run(command)
        except Refusal:
            assert self.cloud.state is before

    @rule(name=st.sampled_from("abcdef"))
    def make(self, name):
        self.attempt(lambda draft: security_groups.create(draft, NewGroup(name, "", self.network), LIMITED))

    @rule(number=IDS, some=st.lists(rules(), min_size=1, max_size=4), egress=st.booleans())
    def authorize(self, number, some, egress):
        self.attempt(
            lambda draft: security_groups.authorize(
                draft, draft.state.get(SecurityGroup, number), some, most=MOST_RULES, egress=egress
            )
        )

    @rule(number=IDS, some=st.lists(rules(), min_size=1, max_size=2), egress=st.booleans())
    def revoke(self, number, some, egress):
        self.attempt(
            lambda draft: security_groups.revoke(
                draft, draft.state.get(SecurityGroup, number), some, egress=egress
            )
        )

    @rule(name=st.sampled_from("uvw"), groups=st.lists(IDS, max_size=2, unique=True))
    def make_instance(self, name, groups):
        def command(draft):
            found = tuple(draft.state.get(SecurityGroup, each).id for each in groups)
            wanted = NewInstance(
                name, "cx22", "debian-12", "fsn1", networks=[self.network], security_groups=found
            )
            instances.create(draft, wanted, LIMITED)

        self.attempt(command)

    @rule(number=IDS)
    def end_instance(self, number):
        self.attempt(lambda draft: instances.delete(draft, draft.state.get(Instance, number)))

    @rule(number=IDS)
    def delete(self, number):
        self.attempt(lambda draft: security_groups.delete(draft, draft.state.get(SecurityGroup, number)))

    @invariant()
    def there_is_always_a_default_group(self):
        assert security_groups.named(self.cloud.state, self.network, "default") is not None

    @invariant()
    def nothing_is_there_twice_nor_more_than_may_be(self):
        groups = self.cloud.state.all(SecurityGroup)
        assert len(groups) <= MOST
        assert len({each.name for each in groups}) == len(groups)
        for group in groups:
            for some in (group.ingress, group.egress):
                assert len({each.gist for each in some}) == len(some) <= MOST_RULES

    @invariant()
    def every_group_that_is_named_is_there(self):
        there = {each.id for each in self.cloud.state.all(SecurityGroup)}
        for group in self.cloud.state.all(SecurityGroup):
            named = {each.group for each in (*group.ingress, *group.egress)} - {None}
            assert named <= there
        for instance in self.cloud.state.all(Instance):
            assert set(instance.security_groups) <= there

    @invariant()
    def what_was_kept_is_what_there_is(self):
        assert self.journal.load().tables == self.cloud.state.tables


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)


def test_a_group_as_source_is_its_members_addresses():
    """Ranges are themselves, ports stay, and who is in no group is open to all."""
    draft, catalogue = Draft(State(), 0.0), Catalogue()
    network = default_network.ensure(draft, catalogue, "eu-central")
    group = security_groups.create(draft, NewGroup("web", "", network.id), catalogue)
    web, other = (
        instances.create(
            draft,
            NewInstance(name, "cx22", "debian-12", "fsn1", networks=[network.id], security_groups=groups),
            catalogue,
        )[0]
        for name, groups in (("web", (group.id,)), ("other", ()))
    )
    wanted = [
        SecurityRule("tcp", 80, 80, cidr=IPv4Network("0.0.0.0/0")),
        SecurityRule("-1", group=group.id),
    ]
    security_groups.authorize(draft, group, wanted, most=MOST_RULES)
    assert security_groups.openings(draft.state, web) == (
        Opening("tcp", (80, 80), (IPv4Network("0.0.0.0/0"),)),
        Opening("-1", None, (IPv4Network("172.31.0.4"),)),
    )
    assert web.private[0].ip == IPv4Address("172.31.0.4")
    assert security_groups.openings(draft.state, other) is None


def test_a_network_takes_its_groups_with_it():
    """The default one, too, which nobody could delete."""
    draft = Draft(State(), 0.0)
    network = default_network.ensure(draft, Catalogue(), "eu-central")
    (group,) = draft.state.all(SecurityGroup)
    with pytest.raises(Refusal) as caught:
        security_groups.delete(draft, group)
    assert caught.value.why is Why.IS_DEFAULT
    networks.delete(draft, draft.state.get(Network, network.id))
    assert draft.state.all(SecurityGroup) == []
