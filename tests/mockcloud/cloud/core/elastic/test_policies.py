"""Policies of classic balancers, and what they change in what is forwarded."""

import pytest

from mockcloud.cloud.core import certificates
from mockcloud.cloud.core.certificates import NewCertificate
from mockcloud.cloud.core.elastic import classic, policies
from mockcloud.cloud.core.elastic.classic import ListenerWish
from mockcloud.cloud.core.elastic_values import Policy, Protocol
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import CertificateKind
from tests.mockcloud.cloud.core.elastic.test_classic import WEB, Classic

PROXY = Policy("k8s-proxyprotocol-enabled", "ProxyProtocolPolicyType", (("ProxyProtocol", "true"),))


@pytest.fixture
def cloud():
    made = Classic()
    made.change(policies.create, PROXY)
    return made


def test_a_port_with_the_proxy_protocol_has_it_on_each_listener_that_sends_there(cloud):
    """Also on those that come later; taken away, it is off."""
    cloud.change(policies.give_to_port, 30_080, [PROXY.name])
    cloud.change(
        classic.add_listeners,
        [
            ListenerWish(Protocol.TCP, 81, 30_080, Protocol.TCP),
            ListenerWish(Protocol.TCP, 82, 1, Protocol.TCP),
        ],
        cloud.catalogue,
    )
    assert [each.proxy_protocol for each in cloud.web.listeners] == [True, True, False]
    assert cloud.web.port_policies == {30_080: (PROXY.name,)}
    cloud.change(policies.give_to_port, 30_080, [])
    assert [each.proxy_protocol for each in cloud.web.listeners] == [False, False, False]
    assert cloud.web.port_policies == {}


def test_a_port_keeps_its_policies_though_no_listener_sends_there(cloud):
    """As AWS does: the controller takes them away by itself."""
    cloud.change(policies.give_to_port, 30_080, [PROXY.name])
    cloud.change(classic.delete_listeners, [80])
    assert cloud.web.port_policies == {30_080: (PROXY.name,)}
    cloud.change(classic.add_listeners, [WEB], cloud.catalogue)
    assert cloud.web.listeners[0].proxy_protocol


def test_the_same_policy_again_is_no_mistake_and_another_of_the_name_is(cloud):
    """The controller makes it anew each time."""
    assert cloud.change(policies.create, PROXY).policies == (PROXY,)
    other = Policy(PROXY.name, PROXY.type, (("ProxyProtocol", "false"),))
    with pytest.raises(Refusal) as refused:
        cloud.change(policies.create, other)
    assert refused.value.why is Why.POLICY_EXISTS


@pytest.mark.parametrize(
    ("command", "given", "why"),
    [
        (policies.create, (Policy("a", "NobodysType"),), Why.NO_POLICY_TYPE),
        (policies.give_to_port, (1, ["nobodys"]), Why.NO_POLICY),
        (policies.give_to_listener, (80, ["nobodys"]), Why.NO_POLICY),
        (policies.give_to_listener, (4711, []), Why.NOT_FOUND),
    ],
)
def test_what_is_not_there_is_refused(cloud, command, given, why):
    """Types, policies, listeners."""
    with pytest.raises(Refusal) as refused:
        cloud.change(command, *given)
    assert refused.value.why is why


def test_a_policy_in_use_stays(cloud):
    """Until it is taken away."""
    cloud.change(policies.give_to_port, 1, [PROXY.name])
    with pytest.raises(Refusal) as refused:
        cloud.change(policies.delete, PROXY.name)
    assert refused.value.why is Why.CONFIGURATION
    cloud.change(policies.give_to_port, 1, [])
    assert cloud.change(policies.delete, PROXY.name).policies == ()


def test_there_are_a_hundred_at_most(cloud):
    """AWS' quota."""
    for number in range(policies.MOST - 1):
        cloud.change(policies.create, Policy(f"p{number}", PROXY.type))
    with pytest.raises(Refusal) as refused:
        cloud.change(policies.create, Policy("more", PROXY.type))
    assert (refused.value.why, refused.value.field) == (Why.QUOTA, "policies")


def test_a_cookie_makes_a_listener_of_http_sticky(cloud):
    """With the time that the policy has; others stay as they were."""
    cookie = Policy("sticky", policies.COOKIE, (("CookieExpirationPeriod", "60"),))
    cloud.change(policies.create, cookie)
    wish = ListenerWish(Protocol.HTTP, 81, 30_081, Protocol.HTTP)
    cloud.change(classic.add_listeners, [wish], cloud.catalogue)
    cloud.change(policies.give_to_listener, 81, ["sticky"])
    options = cloud.web.listener(81).http
    assert (options.sticky_sessions, options.cookie_lifetime) == (True, 60)
    cloud.change(policies.give_to_listener, 81, [])
    assert not cloud.web.listener(81).http.sticky_sessions
    assert cloud.web.listener(80).http is None


def test_a_listener_of_tls_has_aws_policy_unless_it_is_told(cloud):
    """It is among the balancer's, once."""
    wanted = NewCertificate("c", CertificateKind.UPLOADED, ("a.test",), "PEM", "", 0.0, 1.0)
    number = cloud.do(lambda draft: certificates.create(draft, wanted, cloud.catalogue))[0].id
    secure = [ListenerWish(Protocol.TLS, port, 30_443, Protocol.TCP, number) for port in (443, 444)]
    cloud.change(classic.add_listeners, secure, cloud.catalogue)
    assert cloud.web.listener(443).policies == ("ELBSecurityPolicy-2016-08",)
    assert [each.name for each in cloud.web.policies] == [PROXY.name, "ELBSecurityPolicy-2016-08"]
