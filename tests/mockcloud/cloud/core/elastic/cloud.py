"""A state with a network in two zones and running instances: for tests of AWS' balancers in the core."""

from ipaddress import IPv4Network

from mockcloud.cloud.core import instances, networks
from mockcloud.cloud.core.catalogue import Catalogue
from mockcloud.cloud.core.elastic import balancers, frontends, groups, members
from mockcloud.cloud.core.elastic.balancers import NewElastic, PlaceWish
from mockcloud.cloud.core.elastic.frontends import NewFrontend
from mockcloud.cloud.core.elastic.groups import CheckWish, NewGroup
from mockcloud.cloud.core.elastic.members import MemberWish
from mockcloud.cloud.core.elastic_values import (
    Action,
    BalancerKind,
    Forward,
    Protocol,
    Routing,
    TargetGroup,
    TargetType,
)
from mockcloud.cloud.core.instances import NewInstance
from mockcloud.cloud.core.networks import NewNetwork
from mockcloud.cloud.core.state import Draft, State
from mockcloud.cloud.core.values import Instance, Subnet

CATALOGUE = Catalogue()
NOW = 1_000.0
ZONES = {"fsn1": IPv4Network("10.0.1.0/24"), "nbg1": IPv4Network("10.0.2.0/24")}


class Cloud:
    """`do` runs a command as the service does."""

    def __init__(self, catalogue: Catalogue = CATALOGUE) -> None:
        self.state, self.catalogue = State(), catalogue
        subnets = [Subnet(each, "eu-central") for each in ZONES.values()]
        wanted = NewNetwork("vpc", IPv4Network("10.0.0.0/16"), subnets)
        self.network = self.do(lambda draft: networks.create(draft, wanted, catalogue)).id

    def do(self, command, *, now=NOW, takes=0.0, failure=None):
        draft = Draft(self.state, now, takes, failure)
        result = command(draft)
        self.state = draft.state
        return result

    def instance(self, name="a", zone="fsn1", *, inside=True) -> Instance:
        wanted = NewInstance(
            name, "cx22", "debian-12", zone, networks=[self.network] if inside else [], public={}
        )
        return self.do(lambda draft: instances.create(draft, wanted, self.catalogue))[0]

    def place(self, zone="fsn1", **more) -> PlaceWish:
        return PlaceWish(zone, self.network, ZONES[zone], **more)

    def balancer(self, name="web", kind=BalancerKind.NETWORK, zones=("fsn1",), *, takes=0.0, **more):
        wanted = NewElastic(name, kind, [self.place(zone) for zone in zones], **more)
        return self.do(lambda draft: balancers.create(draft, wanted, self.catalogue), takes=takes)[0]

    def group(self, name="nodes", protocol=Protocol.TCP, port=30_000, **more) -> TargetGroup:
        kind, check = more.pop("target_type", TargetType.INSTANCE), CheckWish(**more.pop("check", {}))
        wanted = NewGroup(name, protocol, port, self.network, kind, check, **more)
        return self.do(lambda draft: groups.create(draft, wanted, self.catalogue))

    def frontend(self, balancer, group, protocol=Protocol.TCP, port=80, **more):
        wanted = NewFrontend(protocol, port, forward(group.id), **more)
        return self.do(lambda draft: frontends.create(draft, balancer, wanted, self.catalogue))

    def register(self, group, *who, now=NOW) -> TargetGroup:
        current = self.state.get(TargetGroup, group.id)
        return self.do(lambda draft: members.register(draft, current, wishes(who), self.catalogue), now=now)

    def deregister(self, group, *who, now=NOW) -> TargetGroup:
        current = self.state.get(TargetGroup, group.id)
        return self.do(lambda draft: members.deregister(draft, current, wishes(who)), now=now)


def forward(*numbers: int) -> Action:
    return Action(Routing.FORWARD, tuple(map(Forward, numbers)))


def wishes(who) -> list[MemberWish]:
    return [each if isinstance(each, MemberWish) else MemberWish(each) for each in who]
