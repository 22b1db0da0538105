"""Listeners that forward to groups: what goes together."""

from dataclasses import replace

import pytest

from mockcloud.cloud.core.catalogue import Catalogue
from mockcloud.cloud.core.elastic import frontends
from mockcloud.cloud.core.elastic_values import Action, BalancerKind, Frontend, Protocol, Routing
from mockcloud.cloud.core.refusal import Refusal, Why
from tests.mockcloud.cloud.core.elastic.cloud import Cloud, forward

NETWORK, APPLICATION = BalancerKind.NETWORK, BalancerKind.APPLICATION
BOTH = ("fsn1", "nbg1")


@pytest.mark.parametrize(
    ("kind", "listens", "group", "why"),
    [
        (NETWORK, Protocol.TCP, Protocol.TCP, None),
        (NETWORK, Protocol.TCP, Protocol.TCP_UDP, None),
        (NETWORK, Protocol.UDP, Protocol.UDP, None),
        (NETWORK, Protocol.TCP_UDP, Protocol.TCP_UDP, None),
        (APPLICATION, Protocol.HTTP, Protocol.HTTPS, None),
        (NETWORK, Protocol.TCP, Protocol.UDP, Why.PROTOCOLS),
        (NETWORK, Protocol.TCP_UDP, Protocol.TCP, Why.PROTOCOLS),
        (NETWORK, Protocol.UDP, Protocol.TCP, Why.PROTOCOLS),
        (NETWORK, Protocol.HTTP, Protocol.HTTP, Why.PROTOCOL),
        (APPLICATION, Protocol.TCP, Protocol.TCP, Why.PROTOCOL),
        (BalancerKind.CLASSIC, Protocol.TCP, Protocol.TCP, Why.WRONG_KIND),
    ],
)
def test_protocols_that_go_together(kind, listens, group, why):
    """By AWS' table of listeners and groups."""
    cloud = Cloud()
    balancer, target = cloud.balancer(kind=kind, zones=BOTH), cloud.group(protocol=group)
    if why is None:
        assert cloud.frontend(balancer, target, listens).groups == (target.id,)
        return
    with pytest.raises(Refusal) as refused:
        cloud.frontend(balancer, target, listens)
    assert refused.value.why is why


def test_a_port_is_taken_once_whatever_is_spoken():
    """TCP and UDP on one port are one listener of TCP_UDP."""
    cloud = Cloud()
    balancer = cloud.balancer()
    cloud.frontend(balancer, cloud.group())
    with pytest.raises(Refusal) as refused:
        cloud.frontend(balancer, cloud.group("udp", Protocol.UDP), Protocol.UDP)
    assert refused.value.why is Why.PORT_TAKEN


def test_the_same_listener_again_is_the_same_listener():
    """Who lost the answer asks again, and gets no second one."""
    cloud = Cloud()
    balancer, group = cloud.balancer(), cloud.group()
    first = cloud.frontend(balancer, group, labels={"a": "b"})
    assert cloud.frontend(balancer, group) == first
    assert cloud.state.all(Frontend) == [first]


def test_a_group_is_one_balancers_only():
    """Two listeners of one may share it."""
    cloud = Cloud()
    group, balancer = cloud.group(), cloud.balancer()
    cloud.frontend(balancer, group)
    cloud.frontend(balancer, group, port=81)
    with pytest.raises(Refusal) as refused:
        cloud.frontend(cloud.balancer("other"), group)
    assert refused.value.why is Why.GROUP_TAKEN


def test_what_speaks_tls_needs_a_certificate_and_what_does_not_has_none():
    """TLS and HTTPS; the policy is AWS' by default."""
    cloud = Cloud()
    balancer, group = cloud.balancer(), cloud.group()
    for protocol, more in ((Protocol.TLS, {}), (Protocol.TCP, {"certificate": 1001})):
        with pytest.raises(Refusal) as refused:
            cloud.frontend(balancer, group, protocol, **more)
        assert (refused.value.why, refused.value.field) == (Why.INVALID, "certificates")


def test_a_changed_listener_keeps_its_id_and_obeys_the_same_rules():
    """It may go to another port and another group, not to a port that is taken."""
    cloud = Cloud()
    balancer = cloud.balancer()
    first = cloud.frontend(balancer, cloud.group())
    second = cloud.frontend(balancer, cloud.group("other"), port=81)
    after = replace(second, port=82, action=forward(first.groups[0]))
    changed = cloud.do(lambda draft: frontends.modify(draft, second, after, cloud.catalogue))
    assert changed == after
    with pytest.raises(Refusal) as refused:
        cloud.do(lambda draft: frontends.modify(draft, second, replace(after, port=80), cloud.catalogue))
    assert refused.value.why is Why.PORT_TAKEN


def test_only_an_application_balancer_answers_by_itself():
    """Redirects and fixed responses need HTTP."""
    cloud = Cloud()
    balancer = cloud.balancer()
    first = cloud.frontend(balancer, cloud.group())
    after = replace(first, action=Action(Routing.REDIRECT, options={"Port": "443"}))
    with pytest.raises(Refusal) as refused:
        cloud.do(lambda draft: frontends.modify(draft, first, after, cloud.catalogue))
    assert refused.value.why is Why.CONFIGURATION


def test_a_balancer_has_as_many_listeners_as_its_kind_allows():
    """Quotas are the catalogue's."""
    sizes = [replace(each, listeners=1) for each in Catalogue().elastic_sizes]
    cloud = Cloud(Catalogue(elastic_sizes=sizes))
    balancer, group = cloud.balancer(), cloud.group()
    cloud.frontend(balancer, group)
    with pytest.raises(Refusal) as refused:
        cloud.frontend(balancer, group, port=81)
    assert (refused.value.why, refused.value.field) == (Why.QUOTA, "listeners")
