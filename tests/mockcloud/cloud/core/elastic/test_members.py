"""Targets: registered with their own ports, deregistered, drained by the cloud's clock."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from mockcloud.cloud.core import instances
from mockcloud.cloud.core.catalogue import Catalogue
from mockcloud.cloud.core.elastic.members import MemberWish
from mockcloud.cloud.core.elastic_values import Member, TargetGroup, TargetType
from mockcloud.cloud.core.refusal import Refusal, Why
from tests.mockcloud.cloud.core.elastic.cloud import NOW, Cloud


@pytest.fixture
def cloud():
    """A group behind a balancer, and an instance `a`."""
    made = Cloud()
    made.a = made.instance("a")
    made.nodes = made.group()
    made.frontend(made.balancer(), made.nodes)
    return made


def test_two_ports_of_one_instance_are_two_targets(cloud):
    """The group's port is that of those who say none."""
    group = cloud.register(cloud.nodes, cloud.a.id, MemberWish(cloud.a.id, 31_000))
    assert [(each.instance, each.port) for each in group.members] == [
        (cloud.a.id, 30_000),
        (cloud.a.id, 31_000),
    ]
    group = cloud.register(group, cloud.a.id)
    assert len(group.members) == 2


def test_who_is_deregistered_drains_as_long_as_the_group_says(cloud):
    """300 seconds by default; then it is gone, though nobody called."""
    cloud.register(cloud.nodes, cloud.a.id)
    group = cloud.deregister(cloud.nodes, cloud.a.id)
    (member,) = group.members
    assert member.drains(NOW + 299)
    assert group.present(NOW + 299) == (member,)
    assert group.present(NOW + 300) == ()


def test_who_drains_already_is_not_held_longer(cloud):
    """A second call does not begin anew."""
    cloud.register(cloud.nodes, cloud.a.id)
    cloud.deregister(cloud.nodes, cloud.a.id)
    group = cloud.deregister(cloud.nodes, cloud.a.id, now=NOW + 100)
    assert group.members[0].leaves == NOW + 300


def test_who_comes_back_drains_no_more(cloud):
    """A node that was excluded for a moment serves again."""
    cloud.register(cloud.nodes, cloud.a.id)
    cloud.deregister(cloud.nodes, cloud.a.id)
    group = cloud.register(cloud.nodes, cloud.a.id, now=NOW + 5)
    assert group.members == (Member(cloud.a.id, None, 30_000, NOW + 5),)


def test_nobody_drains_where_no_balancer_sends_anything():
    """A group that is not in use lets go at once."""
    cloud = Cloud()
    group = cloud.register(cloud.group(), cloud.instance().id)
    assert cloud.deregister(group, group.members[0].instance).members == ()


def test_strangers_are_passed_over(cloud):
    """As AWS does it: the call succeeds."""
    assert cloud.deregister(cloud.nodes, 4711).members == ()


def test_an_instance_that_is_gone_is_in_no_group(cloud):
    """Terminated, not stopped."""
    cloud.register(cloud.nodes, cloud.a.id)
    cloud.do(lambda draft: instances.delete(draft, cloud.a))
    assert cloud.state.get(TargetGroup, cloud.nodes.id).members == ()


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param(MemberWish(4711), id="no such instance"),
        pytest.param(MemberWish(IPv4Address("10.0.1.9")), id="an address in a group of instances"),
    ],
)
def test_a_target_that_cannot_be_had_is_refused(cloud, wish):
    """Nothing of the call is done."""
    with pytest.raises(Refusal) as refused:
        cloud.register(cloud.nodes, cloud.a.id, wish)
    assert refused.value.why is Why.BAD_TARGET
    assert cloud.state.get(TargetGroup, cloud.nodes.id).members == ()


def test_an_instance_has_to_run_in_the_groups_network(cloud):
    """Neither a stopped one nor a stranger."""
    outside = cloud.instance("outside", inside=False)
    off = cloud.instance("off")
    cloud.do(lambda draft: instances.order(draft, off, "stop_server"))
    for each in (outside, off):
        with pytest.raises(Refusal) as refused:
            cloud.register(cloud.nodes, each.id)
        assert refused.value.why is Why.BAD_TARGET
        assert each.name in refused.value.message


@pytest.mark.parametrize(("ip", "allowed"), [("10.0.1.9", True), ("192.168.3.4", True), ("8.8.8.8", False)])
def test_addresses_are_private_ones(ip, allowed):
    """AWS takes no address that is routed publicly."""
    cloud = Cloud()
    group = cloud.group(target_type=TargetType.IP)
    wish = MemberWish(IPv4Address(ip))
    if allowed:
        assert cloud.register(group, wish).members[0].ip == wish.who
        return
    with pytest.raises(Refusal):
        cloud.register(group, wish)


def test_there_is_a_most_of_a_group_and_of_a_balancer():
    """Of a balancer over all its groups."""
    sizes = [replace(each, targets=2) for each in Catalogue().elastic_sizes]
    cloud = Cloud(Catalogue(elastic_sizes=sizes, group_targets=3))
    who = [cloud.instance(name).id for name in "abcd"]
    one, other = cloud.group("one"), cloud.group("other", port=31_000)
    cloud.register(one, *who[:2])
    made = cloud.balancer()
    cloud.frontend(made, one)
    cloud.frontend(made, other, port=81)
    with pytest.raises(Refusal) as refused:
        cloud.register(other, who[0])
    assert (refused.value.why, refused.value.field) == (Why.QUOTA, "targets")
    with pytest.raises(Refusal):
        cloud.register(cloud.group("alone"), *who)
