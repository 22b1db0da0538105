"""Classic balancers: one check, ports, instances, and what Hetzner's have in common with them."""

import pytest

from mockcloud.cloud.core import balancers as any_kind
from mockcloud.cloud.core import instances
from mockcloud.cloud.core.balancers import NewBalancer
from mockcloud.cloud.core.elastic import balancers, classic
from mockcloud.cloud.core.elastic.attributes import DRAINING, DRAINING_SECONDS
from mockcloud.cloud.core.elastic.balancers import NewElastic
from mockcloud.cloud.core.elastic.classic import ListenerWish
from mockcloud.cloud.core.elastic.classic_health import InstanceState, instance_state
from mockcloud.cloud.core.elastic_values import BalancerKind, Leaver, Protocol
from mockcloud.cloud.core.health import Health, HealthStatus
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import Balancer, HealthCheck, Instance, InstanceTarget, Operation
from tests.mockcloud.cloud.core.elastic.cloud import NOW, Cloud

TCP, HTTP = Protocol.TCP, Protocol.HTTP
WEB = ListenerWish(TCP, 80, 30_080, TCP)
CHECK = HealthCheck(TCP, 30_080, 30, 5, 2, None, 10)


class Classic(Cloud):
    """With one balancer that listens on port 80."""

    def __init__(self) -> None:
        super().__init__()
        self.make()

    def make(self, listeners=(WEB,), **more) -> Balancer:
        wanted = NewElastic("web", BalancerKind.CLASSIC, [self.place()], **more)
        return self.do(lambda draft: classic.create(draft, wanted, listeners, self.catalogue))

    @property
    def web(self) -> Balancer:
        return self.state.all(Balancer)[0]

    def change(self, command, *given, now=NOW) -> Balancer:
        return self.do(lambda draft: command(draft, self.web, *given), now=now)


@pytest.fixture
def cloud():
    return Classic()


def test_a_new_one_is_checked_by_tcp_on_its_first_listeners_port(cloud):
    """With AWS' numbers."""
    assert classic.check_of(cloud.web) == CHECK
    assert cloud.web.listeners[0].check == CHECK


def test_the_same_again_is_the_same_and_another_is_refused(cloud):
    """By its listeners, too."""
    assert cloud.make() == cloud.web
    assert len(cloud.state.all(Operation)) == 1
    for more in ({"listeners": (WEB, ListenerWish(TCP, 81, 1, TCP))}, {"public": False}):
        with pytest.raises(Refusal) as refused:
            cloud.make(**more)
        assert refused.value.why is Why.NOT_UNIQUE


def test_all_listeners_have_the_one_check_which_outlives_them(cloud):
    """Whoever reads it while there is none finds the last."""
    check = HealthCheck(TCP, 32_123, 10, 5, 6, None, 2)
    cloud.change(classic.configure_check, check)
    cloud.change(classic.add_listeners, [ListenerWish(TCP, 81, 30_081, TCP)], cloud.catalogue)
    assert [each.check for each in cloud.web.listeners] == [check, check]
    cloud.change(classic.delete_listeners, [80, 81, 4711])
    assert (cloud.web.listeners, classic.check_of(cloud.web)) == ((), check)
    cloud.change(classic.add_listeners, [WEB], cloud.catalogue)
    assert cloud.web.listeners[0].check == check


def test_a_check_has_to_end_before_the_next_begins(cloud):
    """AWS wants the timeout below the interval."""
    with pytest.raises(Refusal) as refused:
        cloud.change(classic.configure_check, HealthCheck(TCP, 1, 5, 5, 2, None, 2))
    assert refused.value.why is Why.INVALID


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (ListenerWish(TCP, 80, 30_081, TCP), Why.PORT_TAKEN),
        (ListenerWish(TCP, 81, 1, HTTP), Why.CONFIGURATION),
        (ListenerWish(HTTP, 81, 1, TCP), Why.CONFIGURATION),
        (ListenerWish(Protocol.UDP, 81, 1, Protocol.UDP), Why.PROTOCOL),
        (ListenerWish(Protocol.TLS, 81, 1, TCP), Why.INVALID),
        (ListenerWish(TCP, 81, 1, TCP, 1001), Why.CONFIGURATION),
        (ListenerWish(Protocol.HTTPS, 81, 1, HTTP, 4711), Why.NOT_FOUND),
    ],
)
def test_a_listener_that_cannot_be_is_refused(cloud, wish, why):
    """The one that is there already is no mistake."""
    cloud.change(classic.add_listeners, [WEB], cloud.catalogue)
    with pytest.raises(Refusal) as refused:
        cloud.change(classic.add_listeners, [wish], cloud.catalogue)
    assert refused.value.why is why


def test_instances_drain_only_where_it_was_asked_for(cloud):
    """For as long as the balancer says; who comes back drains no more."""
    a = cloud.instance()
    cloud.change(classic.register, [a.id], cloud.catalogue)
    assert cloud.change(classic.deregister, [a.id]).leavers == ()
    cloud.change(balancers.change_attributes, {DRAINING: "true", DRAINING_SECONDS: "60"})
    cloud.change(classic.register, [a.id], cloud.catalogue)
    assert cloud.change(classic.deregister, [a.id, 4711]).leavers == (Leaver(a.id, NOW + 60),)
    assert cloud.change(classic.deregister, [a.id], now=NOW + 60).leavers == ()
    cloud.change(classic.register, [a.id], cloud.catalogue)
    cloud.change(classic.deregister, [a.id])
    made = cloud.change(classic.register, [a.id, a.id], cloud.catalogue)
    assert (classic.instances_of(made), made.leavers) == ([a.id], ())
    cloud.do(lambda draft: instances.delete(draft, a))
    assert classic.instances_of(cloud.web) == []


def test_an_instance_has_to_be_in_the_network(cloud):
    """Another VPC's is refused."""
    outside = cloud.instance("outside", inside=False)
    with pytest.raises(Refusal) as refused:
        cloud.change(classic.register, [outside.id], cloud.catalogue)
    assert refused.value.why is Why.BAD_TARGET


def test_subnets_are_attached_and_detached_but_for_the_last(cloud):
    """One a zone; a stranger is refused."""
    first, second = cloud.place(), cloud.place("nbg1")
    made = cloud.change(classic.attach, [second, first], cloud.catalogue)
    assert [each.zone for each in made.places] == ["fsn1", "nbg1"]
    made = cloud.change(classic.detach, [first], cloud.catalogue)
    assert [each.zone for each in made.places] == ["nbg1"]
    for gone in (second, first):
        with pytest.raises(Refusal) as refused:
            cloud.change(classic.detach, [gone], cloud.catalogue)
        assert refused.value.why is Why.CONFIGURATION


def test_hetzners_are_as_classic_ones_but_for_what_only_aws_has():
    """Ports and instances may be changed from here; zones and security groups it has none."""
    cloud = Cloud()
    wanted = NewBalancer("theirs", "lb11", "fsn1", network=cloud.network)
    cloud.do(lambda draft: any_kind.create(draft, wanted, cloud.catalogue))
    a = cloud.instance()

    def theirs():
        return classic.named(cloud.state, "theirs")

    cloud.do(lambda draft: classic.add_listeners(draft, theirs(), [WEB], cloud.catalogue))
    cloud.do(lambda draft: classic.register(draft, theirs(), [a.id], cloud.catalogue))
    assert theirs().targets == (InstanceTarget(a.id, private=True),)
    assert theirs().listeners[0].destination_port == 30_080
    for command in (
        lambda draft: classic.attach(draft, theirs(), [cloud.place()], cloud.catalogue),
        lambda draft: balancers.set_security_groups(draft, theirs(), [1]),
    ):
        with pytest.raises(Refusal) as refused:
            cloud.do(command)
        assert refused.value.why is Why.WRONG_KIND


HEALTHY = Health(HealthStatus.HEALTHY)


@pytest.mark.parametrize(
    ("known", "state", "reason", "begins"),
    [
        (HEALTHY, "InService", "N/A", "N/A"),
        (Health(), "OutOfService", "ELB", "Instance registration is still in progress."),
        (Health(HealthStatus.UNHEALTHY), "OutOfService", "Instance", "Instance has failed at least the"),
    ],
)
def test_what_was_seen_of_an_instance_is_said_in_aws_words(cloud, known, state, reason, begins):
    """Of one that is registered and runs in the balancer's zone."""
    a = cloud.instance()
    cloud.change(classic.register, [a.id], cloud.catalogue)
    found = instance_state(cloud.state, cloud.web, a, known, NOW)
    assert (found.state, found.reason) == (state, reason)
    assert found.description.startswith(begins)


def test_who_cannot_serve_is_out_of_service_whatever_was_seen(cloud):
    """A stranger, one in another zone, a stopped one; one that drains still serves."""

    def said(instance) -> InstanceState:
        current = cloud.state.get(Instance, instance.id)
        return instance_state(cloud.state, cloud.web, current, HEALTHY, NOW)

    a, far = cloud.instance(), cloud.instance("far", "nbg1")
    assert "not currently registered" in said(a).description
    cloud.change(classic.register, [a.id, far.id], cloud.catalogue)
    assert "Availability Zone" in said(far).description
    cloud.do(lambda draft: instances.order(draft, a, "stop_server"))
    assert said(a).description == "Instance is in stopped state."
    cloud.change(balancers.change_attributes, {DRAINING: "true"})
    cloud.change(classic.deregister, [a.id])
    assert (said(a).state, said(a).description) == (
        "InService",
        "Instance deregistration currently in progress.",
    )
