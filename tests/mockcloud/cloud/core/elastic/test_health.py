"""What AWS says of targets: states, reasons and words, each where it is due."""

from ipaddress import IPv4Address

import pytest

from mockcloud.cloud.core import instances
from mockcloud.cloud.core.elastic.health import (
    TargetHealth,
    TargetReason,
    TargetState,
    address_of,
    target_health,
)
from mockcloud.cloud.core.elastic.members import MemberWish
from mockcloud.cloud.core.elastic_values import TargetGroup, TargetType
from mockcloud.cloud.core.health import Health, HealthReason, HealthStatus
from tests.mockcloud.cloud.core.elastic.cloud import NOW, Cloud

HEALTHY = Health(HealthStatus.HEALTHY)


class Scene(Cloud):
    """A balancer in one zone, made for 10 seconds, a group of nodes behind it."""

    def __init__(self, **more) -> None:
        super().__init__()
        self.nodes = self.group(**more)
        self.web = self.balancer(takes=10.0)
        self.frontend(self.web, self.nodes)

    def seen(self, known=HEALTHY, *, now=NOW + 10) -> TargetHealth:
        """Of the first target."""
        group = self.state.get(TargetGroup, self.nodes.id)
        return target_health(self.state, group, group.members[0], known, now)


def test_a_target_waits_for_its_balancer():
    """Registration is in progress as long as the balancer is made."""
    scene = Scene()
    scene.register(scene.nodes, scene.instance().id)
    found = scene.seen(now=NOW + 9)
    assert (found.state, found.reason) == (TargetState.INITIAL, TargetReason.REGISTERING)
    assert scene.seen() == TargetHealth(TargetState.HEALTHY)


@pytest.mark.parametrize(
    ("known", "state", "reason", "words"),
    [
        (Health(), "initial", "Elb.InitialHealthChecking", "Initial health checks in progress"),
        (
            Health(HealthStatus.UNHEALTHY, reason=HealthReason.TIMEOUT),
            "unhealthy",
            "Target.Timeout",
            "Request timed out",
        ),
        (
            Health(HealthStatus.UNHEALTHY, reason=HealthReason.FAILED),
            "unhealthy",
            "Target.FailedHealthChecks",
            "Health checks failed",
        ),
        (
            Health(HealthStatus.UNHEALTHY, http_status=503, reason=HealthReason.STATUS_CODE),
            "unhealthy",
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [503]",
        ),
    ],
)
def test_what_was_seen_is_said_in_aws_words(known, state, reason, words):
    """Nobody looked, or not often enough: the first checks are in progress."""
    scene = Scene()
    scene.register(scene.nodes, scene.instance().id)
    assert scene.seen(known) == TargetHealth(TargetState(state), TargetReason(reason), words)


def test_a_stopped_instance_is_unused_whatever_was_seen_of_it():
    """AWS does not look at it at all."""
    scene = Scene()
    instance = scene.instance()
    scene.register(scene.nodes, instance.id)
    scene.do(lambda draft: instances.order(draft, instance, "stop_server"))
    assert scene.seen().reason is TargetReason.INVALID_STATE


def test_a_zone_that_is_not_enabled_gets_nothing():
    """The instance is in another zone than the balancer."""
    scene = Scene()
    scene.register(scene.nodes, scene.instance(zone="nbg1").id)
    found = scene.seen()
    assert (found.state, found.reason) == (TargetState.UNUSED, TargetReason.NOT_IN_USE)
    assert "Availability Zone" in found.description


def test_a_group_that_nobody_forwards_to_is_not_in_use():
    """Its targets are there, and unused."""
    cloud = Cloud()
    group = cloud.register(cloud.group(), cloud.instance().id)
    found = target_health(cloud.state, group, group.members[0], HEALTHY, NOW)
    assert (found.state, found.reason) == (TargetState.UNUSED, TargetReason.NOT_IN_USE)


def test_a_draining_target_says_so_and_then_it_is_not_registered():
    """By the cloud's clock."""
    scene = Scene()
    instance = scene.instance()
    scene.register(scene.nodes, instance.id)
    scene.deregister(scene.nodes, instance.id)
    found = scene.seen()
    assert (found.state, found.reason) == (TargetState.DRAINING, TargetReason.DRAINING)
    assert scene.seen(now=NOW + 300).reason is TargetReason.NOT_REGISTERED


def test_an_address_of_a_balancer_is_no_target():
    """It would forward to itself."""
    scene = Scene(target_type=TargetType.IP)
    scene.register(scene.nodes, MemberWish(scene.web.places[0].ip))
    assert scene.seen().reason is TargetReason.IP_UNUSABLE


def test_a_target_is_reached_in_the_groups_network():
    """An instance by its address there, an address by itself."""
    cloud = Cloud()
    instance = cloud.instance()
    nodes = cloud.register(cloud.group(), instance.id)
    assert address_of(cloud.state, nodes, nodes.members[0]) == instance.at(cloud.network)
    pods = cloud.group("pods", target_type=TargetType.IP)
    pods = cloud.register(pods, MemberWish(IPv4Address("10.0.1.9")))
    assert address_of(cloud.state, pods, pods.members[0]) == IPv4Address("10.0.1.9")
