"""Target groups: what they are by default, what may be changed, and when they may go."""

import pytest

from mockcloud.cloud.core.elastic import groups
from mockcloud.cloud.core.elastic.groups import CheckWish
from mockcloud.cloud.core.elastic_values import GroupCheck, Protocol, TargetGroup
from mockcloud.cloud.core.refusal import Refusal, Why
from tests.mockcloud.cloud.core.elastic.cloud import Cloud

TCP, HTTP, HTTPS = Protocol.TCP, Protocol.HTTP, Protocol.HTTPS


@pytest.mark.parametrize(
    ("protocol", "wish", "expected"),
    [
        pytest.param(TCP, {}, GroupCheck(TCP, 0, 30, 10, 5, 2), id="tcp"),
        pytest.param(Protocol.UDP, {}, GroupCheck(TCP, 0, 30, 10, 5, 2), id="udp is checked by tcp"),
        pytest.param(TCP, {"protocol": HTTP}, GroupCheck(HTTP, 0, 30, 6, 5, 2, "/", "200-399"), id="http"),
        pytest.param(HTTP, {}, GroupCheck(HTTP, 0, 30, 6, 5, 2, "/", "200"), id="requests"),
        pytest.param(HTTPS, {}, GroupCheck(HTTP, 0, 30, 10, 5, 2, "/", "200"), id="requests by tls"),
        pytest.param(TCP, {"interval": 5}, GroupCheck(TCP, 0, 5, 5, 5, 2), id="no longer than the interval"),
        pytest.param(TCP, {"port": 10_256}, GroupCheck(TCP, 10_256, 30, 10, 5, 2), id="another port"),
    ],
)
def test_what_is_not_said_is_as_aws_has_it(protocol, wish, expected):
    """Timeouts and codes differ by protocol, and a client that relies on them sees the same."""
    assert groups.first_check(protocol, CheckWish(**wish)) == expected


@pytest.mark.parametrize(
    ("protocol", "wish", "why"),
    [
        pytest.param(HTTP, {"protocol": TCP}, Why.CONFIGURATION, id="requests are not checked by tcp"),
        pytest.param(TCP, {"protocol": Protocol.UDP}, Why.CONFIGURATION, id="nothing is checked by udp"),
        pytest.param(TCP, {"path": "/healthz"}, Why.CONFIGURATION, id="a path without http"),
        pytest.param(TCP, {"interval": 10, "timeout": 11}, Why.INVALID, id="longer than the interval"),
    ],
)
def test_a_check_that_makes_no_sense_is_refused(protocol, wish, why):
    """With the reason that AWS has an exception for."""
    with pytest.raises(Refusal) as refused:
        groups.first_check(protocol, CheckWish(**wish))
    assert refused.value.why is why


def test_the_same_group_again_is_the_same_group():
    """Who lost the answer asks again, and gets no second one."""
    cloud = Cloud()
    first = cloud.group(labels={"a": "b"})
    assert cloud.group(labels={"a": "b"}) == first


@pytest.mark.parametrize("more", [{"port": 31_000}, {"check": {"interval": 10}}, {"labels": {"c": "d"}}])
def test_another_group_of_the_name_is_refused(more):
    """Whatever differs."""
    cloud = Cloud()
    cloud.group()
    with pytest.raises(Refusal) as refused:
        cloud.group(**more)
    assert refused.value.why is Why.NOT_UNIQUE


def test_a_group_in_use_stays():
    """Until no listener forwards to it."""
    cloud = Cloud()
    group = cloud.group()
    frontend = cloud.frontend(cloud.balancer(), group)
    with pytest.raises(Refusal) as refused:
        cloud.do(lambda draft: groups.delete(draft, group))
    assert refused.value.why is Why.IN_USE
    cloud.do(lambda draft: draft.drop(frontend))
    cloud.do(lambda draft: groups.delete(draft, group))
    assert cloud.state.all(TargetGroup) == []


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "a" * 33, "internal-a"])
def test_names_are_as_aws_has_them(name):
    """Letters, digits and hyphens, 32 of them at most."""
    with pytest.raises(Refusal) as refused:
        Cloud().group(name)
    assert (refused.value.why, refused.value.field) == (Why.INVALID, "name")


def test_a_changed_check_keeps_the_rest():
    """Only what is said changes; a path of its own is gone with http."""
    cloud = Cloud()
    group = cloud.group(check={"protocol": HTTP, "path": "/healthz", "port": 10_256})
    changed = cloud.do(lambda draft: groups.modify_check(draft, group, CheckWish(protocol=TCP, interval=10)))
    assert changed.check == GroupCheck(TCP, 10_256, 10, 6, 5, 2)
    assert groups.check_port(changed, 30_000) == 10_256
    assert groups.check_port(cloud.group("other"), 30_001) == 30_001
