"""How a cluster stands, for people and as values."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.explain.overview import (
    Configuration,
    Overview,
    PoolUse,
    Seen,
    Waiting,
    lines,
    not_announced,
    pool_use,
    waiting,
)
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.reasons import (
    Refusal,
)
from baremetal_lb.model.services import Condition, ServiceStatus, ServiceView

VIP = ip_address("10.0.0.1")
YES, NO = Condition(True, "Allocated", ""), Condition(False, "Exhausted", "full")


def service(*addresses, condition=None, announced=None) -> ServiceView:
    status = ServiceStatus(tuple(map(ip_address, addresses)), (), None, condition, announced)
    return ServiceView(ObjectKey("x", "a"), "u", "1", "", is_load_balancer=True, status=status)


def test_a_pool_is_as_full_as_the_statuses_say():
    """Each address once; what is never given is not there to be given."""
    config = parse_config(
        "address-pools: [{name: a, protocol: layer2, addresses: [10.0.0.1-10.0.0.4, 'fd00::1']}]"
    )
    reserved = {ip_address("10.0.0.4"): Refusal(Reason.NODE_ADDRESS, "10.0.0.4", "belongs to node n")}
    services = [service("10.0.0.1"), service("10.0.0.1", "10.9.9.9")]
    assert pool_use(config, reserved, services) == (PoolUse("a", "IPv4", 1, 3), PoolUse("a", "IPv6", 0, 1))


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        pytest.param(service(condition=NO), "Exhausted", id="waits"),
        pytest.param(service(), "NotJudged", id="nobody-looked"),
        pytest.param(service("10.0.0.1"), None, id="has-one-from-elsewhere"),
        pytest.param(service("10.0.0.1", condition=YES), None, id="has-one"),
        pytest.param(
            service("10.0.0.1", condition=Condition(True, "RequestRefused", "no")),
            "RequestRefused",
            id="wish",
        ),
    ],
)
def test_who_waits_is_named_with_the_reason(view, reason):
    """Also who has an address, but not the one that it asks for."""
    assert [each.reason for each in waiting([view])] == ([reason] if reason else [])


def test_who_is_not_announced_is_named_with_the_reason():
    """Of those that have an address, and of which something is known."""
    silent = Condition(False, "NoEndpoints", "no pod")
    views = [service("10.0.0.1", announced=silent), service("10.0.0.1", announced=YES), service("10.0.0.1")]
    assert not_announced(views) == (Waiting("x/a", "NoEndpoints", "no pod"),)


def test_people_read_it_in_lines():
    """What is wrong stands where it belongs."""
    found = Overview(
        Configuration("lb/config", "rejected", ("x: is not a known key",), ("w",), "rejected: x"),
        (PoolUse("a", "IPv4", 3, 3),),
        Seen("one", 12.4, "silent"),
        2,
        (Waiting("x/a", "Exhausted", "full"),),
        (Waiting("x/b", "NoEndpoints", "no pod"),),
        (Seen("node-1", None, "announces 1 address"),),
    )
    assert list(lines(found)) == [
        "configuration  lb/config: rejected",
        "  error: x: is not a known key",
        "  warning: w",
        "  the controller says: rejected: x",
        "pool           a: 3 of 3 IPv4 addresses in use  FULL",
        "leader         one, 12 s ago: silent",
        "speakers       1",
        "  node-1: announces 1 address",
        "services       2 of type LoadBalancer",
        "  waits: x/a: Exhausted: full",
        "  not announced: x/b: NoEndpoints: no pod",
    ]
