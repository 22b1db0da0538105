"""Attributes: the right ones are there by default, and they take what AWS takes."""

import pytest

from mockcloud.cloud.core.elastic import attributes, balancers, frontends, groups
from mockcloud.cloud.core.elastic.attributes import balancer_attributes, frontend_attributes, group_attributes
from mockcloud.cloud.core.elastic_values import BalancerKind, Protocol, TargetType
from mockcloud.cloud.core.refusal import Refusal, Why
from tests.mockcloud.cloud.core.elastic.cloud import Cloud


@pytest.mark.parametrize(
    ("protocol", "target_type", "kept"),
    [
        (Protocol.TCP, TargetType.INSTANCE, "true"),
        (Protocol.TLS, TargetType.INSTANCE, "true"),
        (Protocol.TCP, TargetType.IP, "false"),
        (Protocol.UDP, TargetType.IP, "true"),
    ],
)
def test_the_clients_address_is_kept_by_default_but_for_tcp_to_addresses(protocol, target_type, kept):
    """As AWS documents it."""
    group = Cloud().group(protocol=protocol, target_type=target_type)
    assert group_attributes(group)[attributes.KEEPS_CLIENT] == kept


def test_what_the_aws_controller_may_set_is_there():
    """It passes over an attribute that it does not find, without an error."""
    found = group_attributes(Cloud().group())
    assert found["proxy_protocol_v2.enabled"] == "false"
    assert found["deregistration_delay.timeout_seconds"] == "300"
    assert found["deregistration_delay.connection_termination.enabled"] == "false"
    assert found["stickiness.type"] == "source_ip"
    assert found["load_balancing.cross_zone.enabled"] == "use_load_balancer_configuration"
    assert found["target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage"] == "off"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"deregistration_delay.timeout_seconds": "3601"}, Why.INVALID),
        ({"deregistration_delay.timeout_seconds": "-1"}, Why.INVALID),
        ({"deregistration_delay.timeout_seconds": "²"}, Why.INVALID),
        ({"preserve_client_ip.enabled": "yes"}, Why.INVALID),
        ({"slow_start.duration_seconds": "30"}, Why.UNKNOWN_ATTRIBUTE),
    ],
)
def test_what_aws_would_not_take_is_refused(given, why):
    """By value, or because a group of this protocol has no such attribute."""
    cloud = Cloud()
    group = cloud.group()
    with pytest.raises(Refusal) as refused:
        cloud.do(lambda draft: groups.change_attributes(draft, group, given))
    assert refused.value.why is why


def test_udp_cannot_give_up_the_clients_address():
    """AWS refuses it for UDP and TCP_UDP."""
    cloud = Cloud()
    group = cloud.group(protocol=Protocol.TCP_UDP)
    given = {attributes.KEEPS_CLIENT: "false"}
    with pytest.raises(Refusal):
        cloud.do(lambda draft: groups.change_attributes(draft, group, given))


def test_protection_is_one_thing_in_both_clouds_words():
    """Hetzner's protection and AWS' attribute are the same."""
    cloud = Cloud()
    made = cloud.balancer()
    given = {attributes.PROTECTION: "true", attributes.CROSS_ZONE: "true"}
    made = cloud.do(lambda draft: balancers.change_attributes(draft, made, given))
    assert made.protected
    assert balancer_attributes(made)[attributes.PROTECTION] == "true"
    assert balancer_attributes(made)[attributes.CROSS_ZONE] == "true"
    made = cloud.do(lambda draft: balancers.change_attributes(draft, made, {attributes.CROSS_ZONE: "false"}))
    assert made.protected
    assert made.attributes == {}


def test_a_listener_waits_350_seconds_for_packets_unless_told():
    """AWS' idle timeout of TCP; UDP has none to set."""
    cloud = Cloud()
    made = cloud.frontend(cloud.balancer(), cloud.group())
    assert frontend_attributes(made) == {"tcp.idle_timeout.seconds": "350"}
    given = {"tcp.idle_timeout.seconds": "60"}
    made = cloud.do(lambda draft: frontends.change_attributes(draft, made, given))
    assert frontend_attributes(made) == given
    assert attributes.of_frontend(Protocol.UDP) == {}


@pytest.mark.parametrize("kind", list(BalancerKind))
def test_every_default_is_allowed(kind):
    """Nothing is as it could not be set."""
    tables = [attributes.BALANCER_ATTRIBUTES[kind]]
    tables += [attributes.of_group(protocol, each) for protocol in Protocol for each in TargetType]
    tables += [attributes.of_frontend(protocol) for protocol in Protocol]
    for table in tables:
        for name, attribute in table.items():
            assert attribute.allows(attribute.default), name
