"""Which pools a Service may draw from, in which order."""

from baremetal_lb.decide.ipam.pool_choice import Client, admission, admissions, select
from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.pools import LabelSelector, Pool, PoolConfig, ServiceAllocation

WEB = LabelSelector((("app", "web"),))
CLIENT = Client("shop", {"team": "a"}, {"app": "web"})


def pool(name, **fields):
    return Pool(name, (parse_entry("10.0.0.1"),), **fields)


def pinned(name, **allocation):
    namespaces = frozenset(allocation.pop("namespaces", ()))
    return pool(name, allocation=ServiceAllocation(namespaces=namespaces, **allocation))


def test_pinned_pools_come_first_by_priority_then_the_others_in_their_order():
    """Priority 1 is best, 0 is none and comes last; of equals the name decides."""
    config = PoolConfig(
        (
            *(pool("b"), pool("a"), pinned("none"), pinned("two", priority=2)),
            *(pinned("one", priority=1), pinned("also", priority=2)),
        )
    )
    assert [each.name for each in select(config, CLIENT).pools] == ["one", "also", "two", "none", "b", "a"]


def test_pools_that_are_ruled_out_say_why():
    """In the order of the configuration."""
    config = PoolConfig(
        (
            pool("manual", auto_assign=False),
            pinned("elsewhere", namespaces=["x", "b"]),
            pinned("others", service_selectors=(LabelSelector((("app", "db"),)),)),
            pinned("labels", namespace_selectors=(LabelSelector((("team", "b"),)),)),
        )
    )
    selection = select(config, CLIENT)
    assert selection.pools == ()
    assert [str(each) for each in selection.refusals] == [
        'pool "manual": not auto-assign',
        'pool "elsewhere": pinned to other namespaces (b, x)',
        'pool "others": pinned to Services with other labels',
        'pool "labels": pinned to namespaces with other labels',
    ]


def test_a_pool_that_is_not_pinned_is_for_everybody():
    """One that is, for those it names."""
    assert admission(pool("any"), CLIENT) is None
    assert admission(pinned("web", service_selectors=(WEB,)), CLIENT) is None
    assert admission(pinned("x", namespaces=["y"]), CLIENT).reason is Reason.PINNED_ELSEWHERE


def test_those_that_pinned_pools_tell_the_same_have_the_same_prospects():
    """Pools that are not pinned say nothing to it."""
    config = PoolConfig((pool("any"), pinned("x", namespaces=["shop"]), pinned("y", namespaces=["z"])))
    mine, other = admissions(config, CLIENT), admissions(config, Client("z", {}, {}))
    assert (mine[0], mine[1] is None, len(mine)) == (None, False, 2)
    assert mine != other
    assert admissions(config, Client("shop", {}, {})) == mine
