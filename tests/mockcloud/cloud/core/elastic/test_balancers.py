"""AWS' balancers as a whole: zones, addresses, names, protection."""

from ipaddress import IPv4Address

import pytest

from mockcloud.cloud.core import addresses
from mockcloud.cloud.core import balancers as any_kind
from mockcloud.cloud.core.addresses import NewAddress
from mockcloud.cloud.core.balancers import NewBalancer
from mockcloud.cloud.core.elastic import attributes, balancers
from mockcloud.cloud.core.elastic.balancers import NewElastic
from mockcloud.cloud.core.elastic.names import host_name
from mockcloud.cloud.core.elastic_values import BalancerKind, Frontend
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import Address, Algorithm, Balancer, Family, Operation, Use
from tests.mockcloud.cloud.core.elastic.cloud import Cloud

BOTH = ("fsn1", "nbg1")


def test_it_has_an_address_in_each_zone():
    """A private one in the zone's subnet, and a public one where it faces the internet."""
    cloud = Cloud()
    made = cloud.balancer(zones=BOTH)
    held = [cloud.state.get(Address, each.address).ip for each in made.places]
    assert [str(each.ip) for each in made.places] == ["10.0.1.2", "10.0.2.2"]
    assert len(set(held)) == 2
    inside = cloud.balancer("inside", zones=BOTH, public=False)
    assert [each.address for each in inside.places] == [None, None]
    assert inside.addresses == ()
    assert [str(each.ip) for each in inside.places] == ["10.0.1.3", "10.0.2.3"]


def test_zones_come_and_go_and_who_stays_keeps_its_address():
    """Nothing is left of a zone that is given up."""
    cloud = Cloud()
    made = cloud.balancer(zones=BOTH)
    kept = made.places[1]
    made = cloud.do(lambda draft: balancers.set_places(draft, made, [cloud.place("nbg1")], cloud.catalogue))
    assert made.places == (kept,)
    assert [each.id for each in cloud.state.all(Address)] == [kept.address]
    wanted = [cloud.place("nbg1"), cloud.place("fsn1")]
    made = cloud.do(lambda draft: balancers.set_places(draft, made, wanted, cloud.catalogue))
    assert [each.zone for each in made.places] == ["nbg1", "fsn1"]


def test_an_address_that_somebody_brought_outlives_the_balancer():
    """It is nobody's to take while the balancer has it."""
    cloud = Cloud()
    mine = cloud.do(
        lambda draft: addresses.allocate(draft, NewAddress(Use.FLOATING, Family.V4, "fsn1"), cloud.catalogue)
    )
    place = cloud.place("fsn1", address=mine.id, ip=IPv4Address("10.0.1.77"))
    wanted = NewElastic("web", BalancerKind.NETWORK, [place])
    made, _ = cloud.do(lambda draft: balancers.create(draft, wanted, cloud.catalogue))
    assert (made.places[0].address, str(made.places[0].ip)) == (mine.id, "10.0.1.77")
    for take in (addresses.unassign, addresses.release):
        with pytest.raises(Refusal) as refused:
            cloud.do(lambda draft, take=take: take(draft, draft.state.get(Address, mine.id)))
        assert refused.value.why is Why.IN_USE
    cloud.do(lambda draft: any_kind.delete(draft, made))
    assert cloud.state.get(Address, mine.id).holder is None


def test_the_same_balancer_again_is_the_same_balancer():
    """Who lost the answer asks again, and gets no second one."""
    cloud = Cloud()
    first = cloud.balancer(labels={"a": "b"})
    assert cloud.balancer(labels={"a": "b"}) == first
    assert len(cloud.state.all(Operation)) == 1


@pytest.mark.parametrize(
    "more", [{"zones": BOTH}, {"public": False}, {"labels": {"a": "c"}}, {"security_groups": (1,)}]
)
def test_another_balancer_of_the_name_is_refused(more):
    """Whatever differs."""
    cloud = Cloud()
    cloud.balancer()
    with pytest.raises(Refusal) as refused:
        cloud.balancer(**more)
    assert refused.value.why is Why.NOT_UNIQUE


def test_a_classic_one_may_be_called_as_a_network_one():
    """AWS has two services, each with its own names; a Service that changes its kind keeps its name."""
    cloud = Cloud()
    assert cloud.balancer(kind=BalancerKind.CLASSIC).id != cloud.balancer().id


@pytest.mark.parametrize(
    ("kind", "zones", "why"),
    [
        (BalancerKind.NETWORK, (), Why.INVALID),
        (BalancerKind.APPLICATION, ("fsn1",), Why.INVALID),
        (BalancerKind.NETWORK, ("fsn1", "fsn1"), Why.CONFIGURATION),
    ],
)
def test_zones_have_to_be_enough_and_each_once(kind, zones, why):
    """An application one needs two."""
    with pytest.raises(Refusal) as refused:
        Cloud().balancer(kind=kind, zones=zones)
    assert refused.value.why is why


def test_a_protected_one_stays_and_a_deleted_one_leaves_nothing_but_its_groups():
    """Listeners, addresses and places go with it."""
    cloud = Cloud()
    made, group = cloud.balancer(zones=BOTH), cloud.group()
    cloud.frontend(made, group)
    protect = {attributes.PROTECTION: "true"}
    made = cloud.do(lambda draft: balancers.change_attributes(draft, made, protect))
    with pytest.raises(Refusal) as refused:
        cloud.do(lambda draft: any_kind.delete(draft, made))
    assert refused.value.why is Why.PROTECTED
    free = {attributes.PROTECTION: "false"}
    made = cloud.do(lambda draft: balancers.change_attributes(draft, made, free))
    cloud.do(lambda draft: any_kind.delete(draft, made))
    assert [cloud.state.all(kind) for kind in (Balancer, Frontend, Address)] == [[], [], []]
    assert cloud.group() == group


def test_security_groups_can_be_changed_only_where_there_were_some():
    """A network balancer that was made without any never gets one."""
    cloud = Cloud()
    without, having = cloud.balancer(), cloud.balancer("having", security_groups=(7,))
    having = cloud.do(lambda draft: balancers.set_security_groups(draft, having, [8, 9]))
    assert having.security_groups == (8, 9)
    for balancer, wanted in ((without, [7]), (having, [])):
        with pytest.raises(Refusal) as refused:
            cloud.do(lambda draft, b=balancer, w=wanted: balancers.set_security_groups(draft, b, w))
        assert refused.value.why is Why.CONFIGURATION


def test_what_only_hetzners_can_is_refused_for_aws():
    """Types, networks and algorithms are Hetzner's."""
    cloud = Cloud()
    made = cloud.balancer()
    for command in (
        lambda draft: any_kind.change_size(draft, made, "lb21", cloud.catalogue),
        lambda draft: any_kind.change_algorithm(draft, made, Algorithm.LEAST_CONNECTIONS),
        lambda draft: any_kind.open_to_public(draft, made, public=False),
    ):
        with pytest.raises(Refusal) as refused:
            cloud.do(command)
        assert refused.value.why is Why.WRONG_KIND


def test_nobody_can_ask_hetzner_for_a_type_of_aws():
    """They are no offers."""
    cloud = Cloud()
    with pytest.raises(Refusal):
        cloud.do(lambda draft: any_kind.create(draft, NewBalancer("a", "network", "fsn1"), cloud.catalogue))


@pytest.mark.parametrize(
    ("kind", "public", "name"),
    [
        (BalancerKind.NETWORK, True, "Web-00000000000003e9.elb.eu-central-1.mockcloud.test"),
        (BalancerKind.NETWORK, False, "Web-00000000000003e9.elb.eu-central-1.mockcloud.test"),
        (BalancerKind.CLASSIC, True, "web-1001.eu-central-1.elb.mockcloud.test"),
        (BalancerKind.APPLICATION, False, "internal-web-1001.eu-central-1.elb.mockcloud.test"),
    ],
)
def test_host_names_have_aws_form(kind, public, name):
    """By which clients, and the AWS controller's users, find it."""
    made = Cloud().balancer("Web", kind, BOTH, public=public)
    assert host_name(made, "eu-central-1") == name
